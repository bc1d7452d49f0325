"""A world to run the identity transition in: a dataset with events and source tables, and a clock."""

import contextlib
import itertools
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from mixpanel_data import identity
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.identity import IdentityConfig
from mixpanel_data.warehouse.base import OpenWarehouse, Row, Warehouse
from support.engines import Engine, opened
from support.identity_tables import IdentityTables, assert_consistent, identity_tables
from support.mirror_double import MirrorDouble, Sent
from support.published_events import PUBLISH, Publication, PublishedEvent
from support.settable_clock import SettableClock
from support.source_tables import add_rows, make_table
from support.stored_rows import all_rows_of

Document = Mapping[str, Any]
EVENTS: Document = {
    "name": "events",
    "table": "mixpanel_events",
    "ids": [{"kind": "user", "property": "$user_id"}, {"kind": "device", "property": "$device_id"}],
}
PAIRS: Document = {
    "name": "pairs",
    "table": "pairs",
    "time": "seen_at",
    "new_by": "no",
    "alone": True,
    "ids": [{"kind": "other", "column": "a"}, {"kind": "other", "column": "b"}],
}
LOGINS: Document = {
    "name": "logins",
    "table": "logins",
    "time": "seen_at",
    "new_by": "no",
    "ids": [{"kind": "user", "column": "a"}, {"kind": "device", "column": "b"}],
}
_TABLES: Mapping[str, Mapping[str, str]] = {
    name: {"a": "STRING", "b": "STRING", "seen_at": "TIMESTAMP", "no": "INT64"} for name in ("pairs", "logins")
}
_IGNORED_DIFFERENCES = {"inserted": 0, "updated": 0, "deleted": 0}


def configured(*sources: Document, **changed: Any) -> dict[str, Any]:
    """A configuration of these sources, by default of the original identity and without limits."""
    return {
        "identity": "original",
        "sources": list(sources),
        "ignore": [],
        "max_partners": {"device": None, "user": None, "other": None},
        "max_cluster_size": None,
        "shared_devices": "join",
        "max_withdrawn": None,
        **changed,
    }


class IdentityWorld:
    """A dataset with the tables `pairs` and `logins`; the next run gets the configuration in `document`."""

    def __init__(self, engine: Engine, document: Document | None = None, *, clock: SettableClock | None = None) -> None:
        self.engine = engine
        self.document = document or configured(PAIRS, LOGINS)
        self.clock = clock or SettableClock()
        self.brought: dict[str, PublishedEvent] = {}
        self.mirror = MirrorDouble()
        self._numbers = itertools.count(1)
        self._columns: dict[str, Mapping[str, str]] = {}
        with self.opened() as warehouse:
            # The dataset is made before the tables in it.
            warehouse.rows(all_rows_of("job_locks"))
        for name, columns in _TABLES.items():
            self.make(name, **columns)

    @contextmanager
    def opened(self, deadline: Deadline | None = None) -> Iterator[OpenWarehouse]:
        """A warehouse of the dataset, as one call has it."""
        with opened(self.engine, deadline) as warehouse:
            yield warehouse

    def pass_time(self, **span: float) -> None:
        """Set the clock forward."""
        self.clock.advance(**span)

    # What the sources hold

    def make(self, table: str, **columns: str) -> None:
        """Make a table of somebody's own, with columns by their GoogleSQL types."""
        self._columns[table] = columns
        make_table(self.engine, table, columns)

    def give(self, table: str, *rows: Mapping[str, object]) -> None:
        """Insert rows into such a table."""
        add_rows(self.engine, table, self._columns[table], rows)

    def pair(self, *pairs: str, at: datetime | None = None) -> None:
        """Rows of `pairs`, such as "foo bar", or "foo" for an id alone; each was seen a second after the one before."""
        self.give("pairs", *self._numbered(pairs, at))

    def login(self, *logins: str, at: datetime | None = None) -> None:
        """Rows of `logins`, such as "ann phone"."""
        self.give("logins", *self._numbered(logins, at))

    def bring(self, *events: PublishedEvent, gone: Iterable[str] = ()) -> None:
        """The collector publishes a part: these events, new or in place of those with their ids, and these ids go."""
        part = Publication.of(self.brought, events, gone)
        if part.changes_nothing:
            return
        run_id = f"collector-{uuid.uuid4().hex}"
        with self.opened() as warehouse:
            warehouse.transact(
                f"given-{uuid.uuid4().hex}",
                PUBLISH,
                job="collector",
                run_id=run_id,
                at=self.clock(),
                **part.parameters(),
            )
        self.brought = part.known_afterwards()

    def _numbered(self, texts: Iterable[str], at: datetime | None) -> Iterator[dict[str, object]]:
        for text in texts:
            number = next(self._numbers)
            ids = dict(zip("ab", text.split(), strict=False))
            yield {**ids, "no": number, "seen_at": at or self.clock() + timedelta(seconds=number - 3600)}

    # Runs

    def run(
        self,
        action: str = "refresh",
        *,
        warehouse: Warehouse | None = None,
        deadline: Deadline | None = None,
        **parameters: Any,
    ) -> identity.Result:
        """Run an action, by default in a new warehouse; `start` and `end` are the window."""
        names = {"start": "from", "end": "to"}
        asked = {"action": action, **{names.get(name, name): value for name, value in parameters.items()}}
        with contextlib.nullcontext(warehouse) if warehouse else self.opened(deadline) as used:
            return identity.run(
                identity.Request.model_validate(asked),
                run_id=f"identity{next(self._numbers)}-{uuid.uuid4().hex}",
                warehouse=used,
                config=IdentityConfig.model_validate(self.document),
                merges=None,
                options=identity.Options(lease_seconds=360.0),
                clock=self.clock,
                deadline=deadline or Deadline(),
            )

    def follow(self, action: str = "refresh", **parameters: Any) -> identity.Result:
        """Run an action a minute later, hold the tables to the oracle, and its answer to what it changed."""
        self.pass_time(minutes=1)
        before = self.tables()
        result = self.run(action, **parameters)
        after = self.tables()
        assert_consistent(after, self.document)
        assert_answer_agrees(result, before, after)
        return result

    # Contents

    def tables(self) -> IdentityTables:
        """The identity tables as they are now."""
        with self.opened() as warehouse:
            return identity_tables(warehouse)

    def rows_of(self, table: str) -> list[Row]:
        """All rows of a declared table, in any order."""
        with self.opened() as warehouse:
            return warehouse.rows(all_rows_of(table))

    def contents(self) -> dict[str, list[str]]:
        """What follows from the links, and the links, as sorted text."""
        return self.tables().as_text()

    def visited(self) -> Sent:
        """What the mirror of identity_permutations is sent now."""
        return self.mirror.visit(self.tables().permutations)

    def assert_consistent(self) -> None:
        """The tables are what the oracle says."""
        assert_consistent(self.tables(), self.document)

    def assert_settled(self) -> None:
        """The tables are what the oracle says, and neither a repeat nor a build changes a row."""
        self.assert_consistent()
        before = self.contents()
        for action in ("refresh", "build"):
            result = self.follow(action)
            assert self.contents() == before, action
            assert dict(result.changed) == dict(result.graph) == _IGNORED_DIFFERENCES, action
            assert (result.links, result.withdrawn) == (0, 0), action


def assert_answer_agrees(result: identity.Result, before: IdentityTables, after: IdentityTables) -> None:
    """The figures of an undisturbed run of one part are the differences between the tables before and after it."""
    _assert_totals_agree(result, before, after)
    permutations = _differences(before.permutations, after.permutations, "link_no")
    assert dict(result.changed) == permutations
    assert dict(result.graph) == _differences(before.graph, after.graph, "cluster_id")
    mirror = MirrorDouble()
    mirror.visit(before.permutations)
    assert mirror.visit(after.permutations).billed == permutations["inserted"] + permutations["deleted"]


def assert_answer_of_parts_agrees(result: identity.Result, before: IdentityTables, after: IdentityTables) -> None:
    """The same of a run whose parts may write what a later one of them deletes again."""
    _assert_totals_agree(result, before, after)
    for answered, rows in ((result.changed, "permutations"), (result.graph, "graph")):
        net = len(getattr(after, rows)) - len(getattr(before, rows))
        assert answered["inserted"] - answered["deleted"] == net, rows
    assert result.changed["updated"] == 0


def _assert_totals_agree(result: identity.Result, before: IdentityTables, after: IdentityTables) -> None:
    members = after.cluster_of
    figures = (result.ids, result.clusters, result.pairs)
    assert figures == (len(members), len(set(members.values())), len(after.permutations))
    assert result.links == len(after.links) - len(before.links)
    open_conflicts = [row for row in after.conflicts if row["until"] is None]
    assert result.conflicts == len(open_conflicts)
    _assert_order_of_arrival(before, after)


def _differences(before: Iterable[Row], after: Iterable[Row], key: str) -> dict[str, int]:
    old, new = ({row[key]: dict(row) for row in rows} for rows in (before, after))
    return {
        "inserted": len(new.keys() - old.keys()),
        "updated": sum(old[one] != new[one] for one in old.keys() & new.keys()),
        "deleted": len(old.keys() - new.keys()),
    }


def _assert_order_of_arrival(before: IdentityTables, after: IdentityTables) -> None:
    """Links keep their numbers and the time they came with; the numbers of new ones are greater, by their order."""
    old = {link["link_no"]: link for link in before.links}
    for link in after.links:
        was = old.get(link["link_no"])
        for name in ("id_a", "kind_a", "id_b", "kind_b", "source", "linked_at") if was else ():
            assert was is not None
            assert was[name] == link[name], (name, was, link)
    fresh = sorted((link for link in after.links if link["link_no"] not in old), key=lambda link: link["link_no"])
    assert {link["link_no"] for link in after.links} >= old.keys()
    assert all(link["link_no"] > max(old, default=-1) for link in fresh)
    order = [(link["linked_at"], link["source"], link["id_a"], link["id_b"]) for link in fresh]
    assert order == sorted(order)
