"""One statement of a report in the making."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from mixpanel_data.configuration.base import Configuration
from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.clocks import WallClock
from mixpanel_data.reports.relations.events import CLUSTERS, events_of
from mixpanel_data.reports.relations.parameters import Parameters
from mixpanel_data.reports.relations.segments import users_of
from mixpanel_data.reports.relations.windows import Window
from mixpanel_data.warehouse.base import Row
from mixpanel_data.warehouse.statements import rendered


class Question:
    """A statement's parameters, and the relations that it begins with."""

    def __init__(self, asking: Asking) -> None:
        self.parameters = Parameters()
        self._asking = asking
        self._relations: dict[str, str] = {}

    def add_events(
        self,
        window: Window,
        names: Collection[str] | None = None,
        *,
        ids: Collection[str] | None = None,
        named: str = "events",
    ) -> None:
        """Let the statement begin with the events of a window, as `events_of` describes them; with a segment, those of
        its users.

        DuckDB keeps a relation that is read twice, with its properties: for a second scan give it a second name.
        """
        self._add_segment_users()
        users = "segment_users" if self._asking.segment is not None else None
        events = events_of(
            self._asking.source, self._asking.by, window, self.parameters, names=names, users=users, ids=ids
        )
        self._add(named, events)

    def add_users(self, segment: Configuration, as_of: datetime, *, named: str) -> None:
        """Let the statement begin with the users of a segment as of a moment, as `users_of` describes them."""
        self.add_clusters()
        self._add(named, users_of(segment, replace(self._asking, as_of=as_of), self.parameters))

    def add_clusters(self) -> None:
        """Let the statement begin with the ids of each cluster, where a user is a cluster."""
        if self._asking.by is By.CLUSTER:
            self._relations["clusters"] = CLUSTERS

    def clock(self, window: Window) -> WallClock:
        """The zone's wall clock within a window, as expressions over microseconds."""
        return WallClock(self._asking.zone, window, self.parameters)

    def rows(self, path: str, **given: Any) -> list[Row]:
        """The rows of a template that begins with `WITH {{ relations }}`; `given` is what else it takes.

        A TIMESTAMP is an aware datetime in UTC. Raises what the warehouse's `stream` raises.
        """
        source = self._asking.source
        # A fetched table can be called `events` too; after the relation of that name, nothing else could read it.
        names = sorted(self._relations, key=lambda name: name == source.table)
        relations = ",\n  ".join(self._relations[name] for name in names)
        statement = rendered(path, self.parameters.types, undeclared=source.undeclared, relations=relations, **given)
        values = {name: self.parameters.values[name] for name in statement.parameters}
        with source.warehouse.stream(statement, **values) as rows:
            return list(rows)

    def _add_segment_users(self) -> None:
        self.add_clusters()
        if self._asking.segment is not None and "segment_users" not in self._relations:
            self._add("segment_users", users_of(self._asking.segment, self._asking, self.parameters))

    def _add(self, name: str, select: str) -> None:
        self._relations[name] = f"{name} AS (\n    {select}\n  )"
