"""A world to run the user sync in: a dataset, a clock, and events as the collector publishes them.

`UserSyncDataset` runs the sync over a dataset that somebody else fills, and holds its tables to the oracle;
`UserSyncWorld` publishes the events too.
"""

import contextlib
import itertools
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from mixpanel_data import users as user_sync
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.user_metrics import UserMetrics
from mixpanel_data.users.targets import Target
from mixpanel_data.warehouse.base import OpenWarehouse, Row, Warehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES
from support import user_oracle
from support.engines import Engine, opened
from support.events_configs import ALL_EVENTS
from support.published_events import PUBLISH, Publication, PublishedEvent, with_changes
from support.settable_clock import SettableClock
from support.stored_rows import all_rows_of, as_sorted_text, by_key

METRICS: Mapping[str, Any] = {
    "counters": {
        "visits": {"event": "Visit"},
        "spent": {"event": "Purchase", "sum": "amount"},
        "gold": {"event": "Purchase", "where": {"plan": ["gold", 1]}},
    },
    "latest": {
        "plan": {"property": "plan", "type": "STRING"},
        "level": {"property": "level", "type": "INT64", "events": ["Visit"]},
    },
    "current": {"balance": {"property": "balance", "type": "NUMERIC"}},
}
OF_EVERY_RUN = {"job_runs", "job_locks"}
"""Tables that every run changes, even if it has nothing to do."""

_SET_CLUSTERS = (
    Statement("no clusters", "DELETE FROM current_identity_graph WHERE TRUE"),
    Statement(
        "clusters",
        "INSERT INTO current_identity_graph (cluster_id, ids, size)"
        " SELECT JSON_VALUE(one, '$.cluster'), ARRAY_AGG(JSON_VALUE(one, '$.id')),"
        " MAX(CAST(JSON_VALUE(one, '$.size') AS INT64)) FROM UNNEST(@given) AS one"
        " GROUP BY JSON_VALUE(one, '$.cluster')",
        {"given": "ARRAY<STRING>"},
    ),
)


class UserSyncDataset:
    """A dataset with a clock; the next run gets the configuration in `metrics` and `events`."""

    def __init__(
        self,
        engine: Engine,
        metrics: Mapping[str, Any] = METRICS,
        *,
        clock: SettableClock | None = None,
        events: EventsConfig = ALL_EVENTS,
    ) -> None:
        self.engine = engine
        self.metrics = metrics
        self.clock = clock or SettableClock()
        self.events = events
        self.clusters: Mapping[str, Sequence[str]] = {}
        self._numbers = itertools.count(1)

    def sync(
        self,
        start: str | None = None,
        end: str | None = None,
        *,
        warehouse: Warehouse | None = None,
        deadline: Deadline | None = None,
        targets: Sequence[Target] = (),
        resend: Sequence[str] = (),
    ) -> user_sync.Result:
        """Run the sync over [start, end), or over what changed without a window; by default in a new warehouse."""
        asked: dict[str, Any] = {"from": start, "to": end} if start else {}
        asked |= {"resend": list(resend)} if resend else {}
        with contextlib.nullcontext(warehouse) if warehouse else self.opened(deadline) as synced:
            return user_sync.run(
                user_sync.Request.model_validate(asked),
                run_id=f"sync{next(self._numbers)}-{uuid.uuid4().hex}",
                warehouse=synced,
                events=self.events,
                user_metrics=UserMetrics.model_validate(self.metrics),
                options=user_sync.Options(lease_seconds=360.0),
                targets=targets,
                clock=self.clock,
                deadline=deadline or Deadline(),
            )

    def cluster(self, **clusters: Sequence[str]) -> None:
        """Replace the identity graph by these clusters."""
        self.clusters = clusters
        given = [
            json.dumps({"cluster": cluster, "id": one, "size": len(ids)})
            for cluster, ids in clusters.items()
            for one in ids
        ]
        self.transact(_SET_CLUSTERS, given=given)

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

    # Contents

    def table(self, name: str) -> list[Row]:
        """All rows of a table, in any order."""
        with self.opened() as warehouse:
            return warehouse.rows(all_rows_of(name))

    def contents(self) -> dict[str, list[str]]:
        """All rows of all tables but those that every run writes, as sorted text."""
        with self.opened() as warehouse:
            return {name: as_sorted_text(warehouse.rows(all_rows_of(name))) for name in TABLES.keys() - OF_EVERY_RUN}

    def insights(self) -> dict[str, Row]:
        """The rows of user_insights by distinct_id; fails where two rows have the same."""
        return by_key(self.table("user_insights"), lambda row: row["distinct_id"])

    def assert_true(self, is_counted: Callable[[date], bool] | None = None) -> None:
        """Daily figures and totals are those of all events on days before today, or on the days that are counted."""
        counts = is_counted or (lambda day: day < self.clock().date())
        with self.opened() as warehouse:
            stored, days, insights = (
                warehouse.rows(all_rows_of(name)) for name in ("mixpanel_events", "user_daily_metrics", "user_insights")
            )
        events = [event for event in stored if counts(event["event_timestamp"].date())]
        by_day = by_key(days, lambda row: (row["distinct_id"], row["day"]))
        by_user = by_key(insights, lambda row: row["distinct_id"])
        assert differences(by_day, user_oracle.daily(events, self.metrics)) == {}
        assert differences(by_user, user_oracle.totals(events, self.metrics, self.clusters)) == {}

    def assert_totals_agree_with_days(self) -> None:
        """The totals are those of the daily figures by the clusters that were applied, as they must be at any time."""
        with self.opened() as warehouse:
            insights, days, applied = (
                warehouse.rows(all_rows_of(name)) for name in ("user_insights", "user_daily_metrics", "user_clusters")
            )
        cluster_of = {row["distinct_id"]: row["cluster_id"] for row in applied}
        summed: dict[str, tuple[int, datetime, datetime]] = {}
        for row in days:
            key: str = cluster_of.get(row["distinct_id"]) or row["distinct_id"]
            own = row["events_processed"], row["first_event_time"], row["last_event_time"]
            events, first, last = summed.get(key, (0, own[1], own[2]))
            summed[key] = events + own[0], min(first, own[1]), max(last, own[2])
        assert {
            name: (row["events_processed"], row["first_event_time"], row["last_event_time"])
            for name, row in by_key(insights, lambda row: row["distinct_id"]).items()
        } == summed

    def assert_settled(self) -> None:
        """Another run changes no row, and all tables are true."""
        before = self.contents()
        again = self.sync()
        assert (again.days, again.changed) == (0, 0)
        assert self.contents() == before
        assert all(row["day"] >= self.clock().date() for row in self.table("user_pending_days"))
        self.assert_true()


def differences(rows: Mapping[Any, Row], expected: Mapping[Any, user_oracle.Figures]) -> dict[Any, object]:
    """By key, each column of the oracle's whose stored value differs, as (stored, expected), and rows too many."""
    different: dict[Any, object] = dict.fromkeys(rows.keys() - expected.keys(), "should not be there")
    for key, figures in expected.items():
        row = rows.get(key, {})
        stored = {name: row.get(name, "missing") for name in figures}
        if stored != figures:
            different[key] = {name: (stored[name], figures[name]) for name in figures if stored[name] != figures[name]}
    return different


class UserSyncWorld(UserSyncDataset):
    """A dataset whose events the test publishes itself."""

    def __init__(self, engine: Engine, metrics: Mapping[str, Any] = METRICS, *given: PublishedEvent) -> None:
        super().__init__(engine, metrics)
        self.brought: dict[str, PublishedEvent] = {}
        self.bring(*given)

    def bring(self, *events: PublishedEvent, gone: Iterable[str] = ()) -> None:
        """The collector publishes a part: these events, new or in place of those with their ids, and these ids go."""
        part = Publication.of(self.brought, events, gone)
        if part.changes_nothing:
            return
        run_id = f"collector-{uuid.uuid4().hex}"
        self.transact(PUBLISH, job="collector", run_id=run_id, at=self.clock(), **part.parameters())
        self.brought = part.known_afterwards()

    def move(self, person: str, to: str | None) -> None:
        """Mixpanel resolves a person to another: from now on all of the person's events are the other's."""
        moved = [event for event in self.brought.values() if event.person == person]
        self.bring(*(with_changes(event, person=to) for event in moved))
