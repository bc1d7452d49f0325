"""A world to run the event registry in: a dataset, a clock, a tracking plan, and events as a collector publishes them.

The clock stands at noon of 2040-03-15, UTC, until a test sets it.
"""

import contextlib
import itertools
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mixpanel_data import registry
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.warehouse.base import OpenWarehouse, Row, Warehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES
from support.engines import Engine, opened
from support.published_events import PUBLISH, Publication, PublishedEvent
from support.settable_clock import SettableClock
from support.stored_rows import all_rows_of, as_sorted_text

OF_EVERY_RUN = {"job_runs", "job_locks"}
"""Tables that every run changes, even if it has nothing to do."""
REGISTRY_TABLES = (
    "event_observations",
    "event_registry",
    "event_properties",
    "property_dictionary",
    "schema_changes",
    "schema_violations",
)
"""What the registry publishes for readers."""
_OF_A_RUN = {"updated_at", "detected_at", "run_id", "retracted_at"}
TODAY = datetime(2040, 3, 15, 12, tzinfo=UTC)


def day_before(days: int) -> str:
    """The day so many days before the world's first today, in ISO 8601."""
    return (TODAY.date() - timedelta(days=days)).isoformat()


class RegistryWorld:
    """A dataset whose events the test publishes itself; the next run gets the plan in `plan`."""

    def __init__(
        self,
        engine: Engine,
        *given: PublishedEvent,
        plan: Mapping[str, Any] | None = None,
        channel: str = "",
        clock: SettableClock | None = None,
    ) -> None:
        self.engine = engine
        self.plan = plan
        self.channel = channel
        self.clock = clock or SettableClock(TODAY)
        self.brought: dict[str, PublishedEvent] = {}
        self._numbers = itertools.count(1)
        self.bring(*given)

    # What happens

    def bring(self, *events: PublishedEvent, gone: Iterable[str] = ()) -> None:
        """The collector publishes a part: these events, new or in place of those with their ids, and these ids go."""
        part = Publication.of(self.brought, events, gone)
        if part.changes_nothing:
            return
        run_id = f"collector-{uuid.uuid4().hex}"
        self.transact(PUBLISH, job="collector", run_id=run_id, at=self.clock(), **part.parameters())
        self.brought = part.known_afterwards()

    def update(
        self,
        *,
        full: bool = False,
        at: date | str | None = None,
        warehouse: Warehouse | None = None,
        deadline: Deadline | None = None,
    ) -> registry.Result:
        """Run the registry updater; by default in a new warehouse."""
        day = date.fromisoformat(at) if isinstance(at, str) else at
        with contextlib.nullcontext(warehouse) if warehouse else self.opened(deadline) as updated:
            return registry.run(
                registry.Request(full=full, at=day),
                run_id=f"registry{next(self._numbers)}-{uuid.uuid4().hex}",
                warehouse=updated,
                plan=self.tracking_plan(),
                options=registry.Options(lease_seconds=360.0, channel=self.channel),
                clock=self.clock,
                deadline=deadline or Deadline(),
            )

    def update_all(self) -> registry.Result:
        """Run as the schedule does: now, and again after midnight UTC, when older days have their turn."""
        self.update()
        self.pass_time(days=1)
        return self.update()

    def tracking_plan(self) -> TrackingPlan | None:
        """The plan as the library reads it."""
        return None if self.plan is None else parsed(TrackingPlan, json.dumps(self.plan), "TRACKING_PLAN")

    def pass_time(self, **span: float) -> None:
        """Set the clock forward."""
        self.clock.advance(**span)

    def transact(self, statements: Sequence[Statement], **parameters: Any) -> None:
        """Run statements of the test's own in one transaction."""
        with self.opened() as warehouse:
            warehouse.transact(f"given-{uuid.uuid4().hex}", statements, **parameters)

    @contextmanager
    def opened(self, deadline: Deadline | None = None) -> Iterator[OpenWarehouse]:
        """A warehouse of the dataset, as one call has it."""
        with opened(self.engine, deadline) as warehouse:
            yield warehouse

    def fresh(self) -> "RegistryWorld":
        """Another dataset with the same events, brought at once, and the same plan, channel and time."""
        copied = SettableClock(self.clock())
        return RegistryWorld(
            self.engine.fresh(), *self.brought.values(), plan=self.plan, channel=self.channel, clock=copied
        )

    # Contents

    def table(self, name: str) -> list[Row]:
        """All rows of a table, in any order."""
        with self.opened() as warehouse:
            return warehouse.rows(all_rows_of(name))

    def contents(self) -> dict[str, list[str]]:
        """All rows of all tables but those that every run writes, as sorted text."""
        with self.opened() as warehouse:
            return {name: as_sorted_text(warehouse.rows(all_rows_of(name))) for name in TABLES.keys() - OF_EVERY_RUN}

    def published(self) -> dict[str, list[str]]:
        """What any order of runs must lead to: of changes those that hold, and no column that tells of runs."""
        with self.opened() as warehouse:
            return {name: _without_runs(warehouse.rows(all_rows_of(name))) for name in REGISTRY_TABLES}

    def events(self) -> dict[str, Row]:
        """The rows of event_registry by name."""
        return {row["event_name"]: row for row in self.table("event_registry")}

    def properties(self, event_name: str, path: str | None = "") -> dict[str, Row]:
        """The rows of event_properties of an event, by property; with `path` None, by property and path together."""
        rows = [row for row in self.table("event_properties") if row["event_name"] == event_name]
        if path is None:
            return {row["property"] + row["path"]: row for row in rows}
        return {row["property"]: row for row in rows if row["path"] == path}

    def dictionary(self) -> dict[str, Row]:
        """The rows of property_dictionary by property."""
        return {row["property"]: row for row in self.table("property_dictionary")}

    def changes(self, kind: str | None = None, *, retracted: bool = False) -> list[Row]:
        """The changes that hold, or those that were retracted; in order of day, event, property and kind."""
        rows = [
            row
            for row in self.table("schema_changes")
            if (row["retracted_at"] is not None) == retracted and kind in (None, row["kind"])
        ]
        return sorted(rows, key=lambda row: (row["day"], row["event_name"], row["property"] or "", row["kind"]))

    # What must hold

    def assert_as_from_scratch(self) -> None:
        """All published rows are those of one run over all events; nothing is left to do."""
        assert self.table("registry_pending") == []
        assert self.table("registry_unjudged") == []
        other = self.fresh()
        other.update()
        expected = other.published()
        for name, rows in self.published().items():
            assert rows == expected[name], name

    def assert_settled(self) -> None:
        """Another run changes no row, and all tables are those of one run over everything."""
        before = self.contents()
        again = self.update()
        assert (again.new_events, again.new_properties, again.retracted, list(again.changes)) == (0, 0, 0, [])
        after = self.contents()
        for name, rows in before.items():
            assert after[name] == rows, name
        self.assert_as_from_scratch()


def _without_runs(rows: Iterable[Row]) -> list[str]:
    holding = (row for row in rows if row.get("retracted_at") is None)
    return as_sorted_text({name: value for name, value in row.items() if name not in _OF_A_RUN} for row in holding)
