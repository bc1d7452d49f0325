"""A world to run the user sync in: a dataset, a clock, and events as the collector publishes them.

`Dataset` runs the sync over whatever is in a dataset and holds the tables to the truth; `World` puts events there
itself, in one transaction and with all that the collector changes together with them.
"""

import itertools
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mixpanel_data import users as user_sync
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.user_metrics import UserMetrics
from mixpanel_data.users.targets import Target
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES
from support.engines import Engine, OpenWarehouse
from support.lines import NOW
from support.world import ALL_EVENTS, Clock
from users import truth

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
"""Tables that a run changes even if it has nothing to do."""

_NONE = {"inserted": 0, "updated": 0, "deleted": 0}
_LITERALS = {"DATE": "DATE '0001-01-01'", "TIMESTAMP": "TIMESTAMP '1900-01-01 00:00:00+00'"}
_SINCE = "event_timestamp >= TIMESTAMP '1900-01-01 00:00:00+00'"
_MINUTE_SINCE = "minute >= TIMESTAMP '1900-01-01 00:00:00+00'"


@dataclass(frozen=True, slots=True)
class Event:
    """An event to bring, `at` in ISO 8601, UTC; without a mark, what it says is its identity."""

    name: str = "Visit"
    at: str = "2040-03-10 10:00:00"
    person: str | None = "ann"
    mark: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def event_id(self) -> str:
        """Readable, and in the order of the marks."""
        return self.mark or f"{self.name} of {self.person} at {self.at}"

    @property
    def moment(self) -> datetime:
        """When it happened."""
        return datetime.fromisoformat(self.at).replace(tzinfo=UTC)


def visit(person: str | None = "ann", at: str = "2040-03-10 10:00:00", mark: str = "", **properties: Any) -> Event:
    """Somebody came."""
    return Event("Visit", at, person, mark, properties)


def purchase(person: str | None = "ann", at: str = "2040-03-10 11:00:00", mark: str = "", **properties: Any) -> Event:
    """Somebody bought."""
    return Event("Purchase", at, person, mark, properties)


def with_changes(event: Event, **changed: Any) -> Event:
    """The event with its identity, and something else about it."""
    return replace(event, **{"mark": event.event_id, **changed})


class Dataset:
    """A dataset with a clock; `metrics` and `events` are the configuration that the next run is given."""

    def __init__(
        self,
        engine: Engine,
        metrics: Mapping[str, Any] = METRICS,
        *,
        clock: Clock | None = None,
        events: EventsConfig = ALL_EVENTS,
    ) -> None:
        self.engine = engine
        self.metrics = metrics
        self.clock = clock or Clock(NOW)
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
    ) -> user_sync.Result:
        """Run the sync, of [start, end) or of what changed; in `warehouse`, or in one of its own."""
        asked = {"from": start, "to": end} if start else {}
        if warehouse is None:
            with self.opened(deadline) as own:
                return self.sync(start, end, warehouse=own, deadline=deadline, targets=targets)
        return user_sync.run(
            user_sync.Request.model_validate(asked),
            run_id=f"sync{next(self._numbers)}-{uuid.uuid4().hex}",
            warehouse=warehouse,
            events=self.events,
            user_metrics=UserMetrics.model_validate(self.metrics),
            options=user_sync.Options(lease_seconds=360.0),
            targets=targets,
            clock=self.clock,
            deadline=deadline or Deadline(),
        )

    def cluster(self, **clusters: Sequence[str]) -> None:
        """The identity graph is these clusters, and no others."""
        self.clusters = clusters
        given = [
            json.dumps({"cluster": cluster, "id": one, "size": len(ids)})
            for cluster, ids in clusters.items()
            for one in ids
        ]
        self.transact(_CLUSTERS, given=given)

    def pass_time(self, **span: float) -> None:
        """Set the clock forward."""
        self.clock.at += timedelta(**span)

    def transact(self, statements: Sequence[Statement], **parameters: Any) -> None:
        """Run statements of the test's own in one transaction."""
        with self.opened() as warehouse:
            warehouse.transact(f"given-{uuid.uuid4().hex}", statements, **parameters)

    @contextmanager
    def opened(self, deadline: Deadline | None = None) -> Iterator[OpenWarehouse]:
        """A warehouse of the dataset, as one call has it."""
        warehouse = self.engine.open(deadline=deadline)
        try:
            yield warehouse
        finally:
            warehouse.close()

    # What is in it

    def table(self, name: str) -> list[Row]:
        """All rows of a table, in any order."""
        with self.opened() as warehouse:
            return warehouse.rows(_all_of(name))

    def contents(self) -> dict[str, list[str]]:
        """All rows of all tables but those that every run writes, as sorted text."""
        with self.opened() as warehouse:
            return {
                name: sorted(_text(row) for row in warehouse.rows(_all_of(name)))
                for name in TABLES.keys() - OF_EVERY_RUN
            }

    def insights(self) -> dict[str, Row]:
        """The rows of user_insights by whom they are of; fails where one stands twice."""
        return _by(self.table("user_insights"), lambda row: row["distinct_id"])

    def assert_true(self, is_counted: Callable[[date], bool] | None = None) -> None:
        """Days and totals are those of the events of all days that are over, or of the days that are counted."""
        counts = is_counted or (lambda day: day < self.clock().date())
        with self.opened() as warehouse:
            stored, days, insights = (
                warehouse.rows(_all_of(name)) for name in ("mixpanel_events", "user_daily_metrics", "user_insights")
            )
        events = [event for event in stored if counts(event["event_timestamp"].date())]
        by_day = _by(days, lambda row: (row["distinct_id"], row["day"]))
        by_user = _by(insights, lambda row: row["distinct_id"])
        assert self._untrue(by_day, truth.daily(events, self.metrics)) == {}
        assert self._untrue(by_user, truth.totals(events, self.metrics, self.clusters)) == {}

    def assert_settled(self) -> None:
        """Another run changes no row, and all tables are true."""
        before = self.contents()
        again = self.sync()
        assert (again.days, again.changed) == (0, 0)
        assert self.contents() == before
        assert all(row["day"] >= self.clock().date() for row in self.table("user_pending_days"))
        self.assert_true()

    def _untrue(self, rows: Mapping[Any, Row], wanted: Mapping[Any, truth.Figures]) -> dict[Any, object]:
        """What is there and what is wanted, where they differ; of columns that are not asked for, nothing is said."""
        different: dict[Any, object] = dict.fromkeys(rows.keys() - wanted.keys(), "is too much")
        for key, figures in wanted.items():
            row = rows.get(key, {})
            found = {name: row.get(name, "is missing") for name in figures}
            if found != figures:
                different[key] = {
                    name: (found[name], figures[name]) for name in figures if found[name] != figures[name]
                }
        return different


class World(Dataset):
    """A dataset whose events the test brings itself."""

    def __init__(self, engine: Engine, metrics: Mapping[str, Any] = METRICS, *given: Event) -> None:
        super().__init__(engine, metrics)
        self.brought: dict[str, Event] = {}
        self.bring(*given)

    def bring(self, *events: Event, gone: Iterable[str] = ()) -> None:
        """The collector publishes a part: these events, new or in place of those with their ids, and these go."""
        fresh = {event.event_id: event for event in events if self.brought.get(event.event_id) != event}
        removed = [event_id for event_id in gone if event_id in self.brought and event_id not in fresh]
        if not fresh and not removed:
            return
        before = [self.brought[event_id] for event_id in (*fresh, *removed) if event_id in self.brought]
        arrivals = self._arrivals(fresh, removed)
        self.brought |= fresh
        for event_id in removed:
            del self.brought[event_id]
        self.transact(
            _BRING,
            job="collector",
            run_id=f"collector-{uuid.uuid4().hex}",
            at=self.clock(),
            given=[_json(event) for event in fresh.values()],
            replaced=[event.event_id for event in before],
            arrived=arrivals,
            counted=self._minutes([*before, *fresh.values()]),
        )

    def move(self, person: str, to: str | None) -> None:
        """All events of a person are another's from now on."""
        moved = [event for event in self.brought.values() if event.person == person]
        self.bring(*(with_changes(event, person=to) for event in moved))

    def _arrivals(self, fresh: Mapping[str, Event], removed: Iterable[str]) -> list[str]:
        """What the collector tells of each day and name: an event that moves leaves one day and enters another."""
        told: dict[tuple[str, str], Counter[str]] = {}
        moments: dict[tuple[str, str], list[datetime]] = {}

        def tell(event: Event, what: str) -> None:
            key = event.moment.date().isoformat(), event.name
            told.setdefault(key, Counter())[what] += 1
            moments.setdefault(key, []).append(event.moment)

        for event_id, event in fresh.items():
            known = self.brought.get(event_id)
            if known and known.moment.date() == event.moment.date():
                tell(event, "updated")
                continue
            tell(event, "inserted")
            if known:
                tell(known, "deleted")
        for event_id in removed:
            tell(self.brought[event_id], "deleted")
        return [
            json.dumps(
                {
                    "day": day,
                    "name": name,
                    **_NONE,
                    **counts,
                    "first": min(moments[day, name]).isoformat(),
                    "last": max(moments[day, name]).isoformat(),
                }
            )
            for (day, name), counts in told.items()
        ]

    def _minutes(self, touched: Iterable[Event]) -> list[str]:
        """How many events the minutes that these events are in have now."""
        counts = Counter(_minute(event) for event in self.brought.values())
        return [
            json.dumps({"minute": minute, "name": name, "events": counts[minute, name]})
            for minute, name in {_minute(event) for event in touched}
        ]


def _minute(event: Event) -> tuple[str, str]:
    return event.moment.replace(second=0, microsecond=0).isoformat(), event.name


def _json(event: Event) -> str:
    told = {"id": event.event_id, "at": event.moment.isoformat(), "name": event.name}
    person = {} if event.person is None else {"person": event.person}
    return json.dumps({**told, **person, "properties": dict(event.properties)}, ensure_ascii=False)


def _text(row: Row) -> str:
    return json.dumps(dict(row), sort_keys=True, default=str)


def _by(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, Row]:
    given = list(rows)
    found = {key(row): row for row in given}
    assert len(found) == len(given), "a key stands twice"
    return found


def _all_of(table: str) -> Statement:
    """All rows of a table, with the bound that a partitioned one wants."""
    declared = TABLES[table]
    types = {column.name: column.type for column in declared.columns}
    column = declared.partition_column
    bound = f" WHERE {column} >= {_LITERALS[types[column]]}" if column else ""
    return Statement(f"all of {table}", f"SELECT * FROM {table}{bound}")


def _given(relation: str, parameter: str, /, **columns: str) -> Statement:
    """Rows from JSON texts: each column by its type."""
    selected = ", ".join(
        f"CAST(JSON_VALUE(one, '$.{column}') AS {type_}) AS {column}" for column, type_ in columns.items()
    )
    return Statement(
        relation, f"SELECT {selected} FROM UNNEST(@{parameter}) AS one", {parameter: "ARRAY<STRING>"}, creates=relation
    )


_BRING = (
    Statement("guard", "UPDATE job_locks SET n = n + 1 WHERE job = @job", {"job": "STRING"}),
    Statement(
        "given_events",
        "SELECT JSON_VALUE(one, '$.id') AS id, CAST(JSON_VALUE(one, '$.at') AS TIMESTAMP) AS moment,"
        " JSON_VALUE(one, '$.name') AS name, JSON_VALUE(one, '$.person') AS person,"
        " JSON_QUERY(PARSE_JSON(one, wide_number_mode => 'round'), '$.properties') AS properties"
        " FROM UNNEST(@given) AS one",
        {"given": "ARRAY<STRING>"},
        creates="given_events",
    ),
    _given(
        "given_arrivals",
        "arrived",
        day="DATE",
        name="STRING",
        inserted="INT64",
        updated="INT64",
        deleted="INT64",
        first="TIMESTAMP",
        last="TIMESTAMP",
    ),
    _given("given_minutes", "counted", minute="TIMESTAMP", name="STRING", events="INT64"),
    Statement(
        "replaced",
        f"DELETE FROM mixpanel_events WHERE {_SINCE} AND event_id IN UNNEST(@replaced)",
        {"replaced": "ARRAY<STRING>"},
    ),
    Statement(
        "events",
        "INSERT INTO mixpanel_events (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id,"
        " read_at, contents_fingerprint)"
        " SELECT moment, @at, name, properties, person, id, @at, FARM_FINGERPRINT(TO_JSON_STRING(properties))"
        " FROM given_events",
        {"at": "TIMESTAMP"},
    ),
    Statement(
        "old minutes",
        f"DELETE FROM event_minutes WHERE {_MINUTE_SINCE} AND CONCAT(CAST(UNIX_MICROS(minute) AS STRING), event_name)"
        " IN (SELECT CONCAT(CAST(UNIX_MICROS(minute) AS STRING), name) FROM given_minutes)",
    ),
    Statement(
        "new minutes",
        "INSERT INTO event_minutes (minute, event_name, events, last_changed)"
        " SELECT minute, name, events, @at FROM given_minutes WHERE events > 0",
        {"at": "TIMESTAMP"},
    ),
    Statement(
        "arrivals",
        "INSERT INTO event_arrivals (seq, run_id, arrived_at, day, event_name, inserted, updated, deleted,"
        " first_event_timestamp, last_event_timestamp)"
        " SELECT (SELECT COALESCE(MAX(seq), 0) + 1 FROM event_arrivals), @run_id, @at, day, name, inserted, updated,"
        " deleted, first, last FROM given_arrivals",
        {"at": "TIMESTAMP", "run_id": "STRING"},
    ),
)
_CLUSTERS = (
    Statement("no clusters", "DELETE FROM current_identity_graph WHERE TRUE"),
    Statement(
        "clusters",
        "INSERT INTO current_identity_graph (cluster_id, ids, size)"
        " SELECT JSON_VALUE(one, '$.cluster'), ARRAY_AGG(JSON_VALUE(one, '$.id')),"
        " CAST(MAX(JSON_VALUE(one, '$.size')) AS INT64) FROM UNNEST(@given) AS one"
        " GROUP BY JSON_VALUE(one, '$.cluster')",
        {"given": "ARRAY<STRING>"},
    ),
)
