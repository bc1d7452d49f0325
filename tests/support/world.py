"""A world to run the collector in: a stand-in Mixpanel, a warehouse and a clock; and what the tables hold then."""

import itertools
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

from mixpanel_data import collect as collector
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Mixpanel, MixpanelCall, Region
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data_standins.mixpanel import Behaviour, Quotas, StandInMixpanel
from support import truth
from support.engines import Engine, OpenWarehouse
from support.lines import NOW

ALL_EVENTS = EventsConfig.model_validate({"events": [{"name": "*"}]})
TABLES = ("mixpanel_events", "event_minutes", "event_arrivals", "rejected_events")
TABLE_NAMES = (*TABLES, "job_runs", "job_locks")
_SINCE = {
    "mixpanel_events": "event_timestamp",
    "event_minutes": "minute",
    "event_arrivals": "arrived_at",
    "rejected_events": "first_rejected_at",
    "job_runs": "started_at",
}
Day = tuple[str, str]


def enabled(*names: str) -> EventsConfig:
    """A configuration that enables these events alone."""
    return EventsConfig.model_validate({"events": [{"name": name} for name in names]})


def select(table: str) -> Statement:
    """All rows of a table, with the bound that a partitioned one wants."""
    bound = f" WHERE {_SINCE[table]} >= TIMESTAMP '1900-01-01 00:00:00+00'" if table in _SINCE else ""
    return Statement(f"all of {table}", f"SELECT * FROM {table}{bound}")


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True)
class Tables:
    """What the dataset holds, row by row."""

    mixpanel_events: list[Row]
    event_minutes: list[Row]
    event_arrivals: list[Row]
    rejected_events: list[Row]
    job_runs: list[Row]
    job_locks: list[Row]

    def events(self) -> dict[str, truth.Event]:
        """The events by id; fails where an id stands twice."""
        assert len({row["event_id"] for row in self.mixpanel_events}) == len(self.mixpanel_events)
        return {row["event_id"]: _event(row) for row in self.mixpanel_events}

    def minutes(self) -> dict[tuple[datetime, str], int]:
        """The counts by minute and name; fails where one stands twice."""
        found = {(row["minute"], row["event_name"]): row["events"] for row in self.event_minutes}
        assert len(found) == len(self.event_minutes)
        return found

    def rejected(self) -> dict[str, str]:
        """The reasons by line; fails where a line stands twice or under a wrong id."""
        found = {row["line"]: row["reason"] for row in self.rejected_events}
        assert len(found) == len(self.rejected_events)
        assert [row["line_id"] for row in self.rejected_events] == [truth.sha256(line) for line in found]
        return found

    def arrived(self) -> Counter[Day]:
        """Inserted less deleted of all arrivals, by day and name: as many as there are events."""
        balance: Counter[Day] = Counter()
        for row in self.event_arrivals:
            balance[row["day"].isoformat(), row["event_name"]] += row["inserted"] - row["deleted"]
        return +balance

    def lasting(self) -> dict[str, list[str]]:
        """All rows of all tables but those that every run writes, as sorted text."""
        return {name: sorted(_text(row) for row in getattr(self, name)) for name in TABLES}

    def runs(self, part: int | None = None) -> list[Row]:
        """The rows of job_runs, oldest first; of parts of this number alone."""
        rows = [row for row in self.job_runs if part is None or row["part"] == part]
        return sorted(rows, key=lambda row: (row["started_at"], row["run_id"], row["part"]))


def _event(row: Row) -> truth.Event:
    return truth.Event(
        event_id=row["event_id"],
        event_timestamp=row["event_timestamp"],
        event_name=row["event_name"],
        distinct_id=row["distinct_id"],
        properties=truth.without_clock(truth.of_64_bits(row["properties"])),
        mp_processing_time_ms=row["mp_processing_time_ms"],
    )


def _text(row: Row) -> str:
    return json.dumps(dict(row), sort_keys=True, default=str)


def tables_of(warehouse: Warehouse) -> Tables:
    """All tables of a dataset."""
    return Tables(**{name: warehouse.rows(select(name)) for name in TABLE_NAMES})


class World:
    """A project at Mixpanel, a dataset and a clock; a context manager."""

    def __init__(
        self,
        engine: Engine,
        lines: Iterable[bytes] = (),
        *,
        now: datetime = NOW,
        behaviour: Behaviour | None = None,
        quotas: Quotas | None = None,
        resolve: dict[str, str] | None = None,
    ) -> None:
        self.engine = engine
        self.clock = Clock(now)
        self.behaviour = behaviour or Behaviour()
        self.mixpanel = StandInMixpanel(
            list(lines), now=self.clock, behaviour=self.behaviour, quotas=quotas, resolve=resolve or {}
        )
        self._numbers = itertools.count(1)

    def __enter__(self) -> "World":
        self.mixpanel.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.mixpanel.__exit__(kind, error, trace)

    def _new_run_id(self) -> str:
        # An emulator holds jobs of other worlds too, and no id serves twice.
        return f"run{next(self._numbers)}-{uuid.uuid4().hex}"

    @property
    def calls(self) -> list[tuple[str, str]]:
        """First and last day of every call so far."""
        return [(call.parameters["from_date"], call.parameters["to_date"]) for call in self.mixpanel.calls]

    def collect(
        self,
        start: str | None = None,
        end: str | None = None,
        *,
        warehouse: Warehouse | None = None,
        deadline: Deadline | None = None,
        config: EventsConfig = ALL_EVENTS,
        run_id: str | None = None,
        request: Mapping[str, object] | None = None,
        **options: Any,
    ) -> collector.Result:
        """Run the collector over [start, end), or for arrivals; in `warehouse`, or in one of its own."""
        asked = {**({"from": start, "to": end} if start else {}), **(request or {})}

        def run(of: Warehouse) -> collector.Result:
            return collector.run(
                collector.Request.model_validate(asked),
                run_id=run_id or self._new_run_id(),
                mixpanel=self.client(deadline),
                warehouse=of,
                events=config,
                options=self.options(**options),
                clock=self.clock,
            )

        return run(warehouse) if warehouse is not None else self._in_its_own(run, deadline)

    def client(self, deadline: Deadline | None = None) -> MixpanelCall:
        """A client of the stand-in, for one call."""
        access = self.mixpanel.access
        client = Mixpanel(
            credentials=Credentials(Secret(access.secret), access.username, access.project_id),
            region=Region.US,
            base_url=self.mixpanel.url,
        )
        return client.within(deadline or Deadline())

    def options(self, **changed: Any) -> collector.Options:
        """The settings' defaults, with the project's zone."""
        usual = collector.Options(
            zone=self.mixpanel.behaviour.zone,
            lookback_days=90,
            overlap=timedelta(hours=1),
            retention_days=730,
            calls_per_hour=None,
        )
        return replace(usual, **changed)

    def tables(self) -> Tables:
        """What the dataset holds now."""
        warehouse = self.engine.open()
        try:
            return tables_of(warehouse)
        finally:
            warehouse.close()

    def pass_time(self, **span: float) -> None:
        """Set the clock forward."""
        self.clock.at += timedelta(**span)

    def _in_its_own(self, run: Callable[[Warehouse], collector.Result], deadline: Deadline | None) -> collector.Result:
        warehouse: OpenWarehouse = self.engine.open(deadline=deadline)
        try:
            return run(warehouse)
        finally:
            warehouse.close()


def adds_up(result: collector.Result) -> bool:
    """Whether every received line is accounted for once."""
    told = result.inserted + result.updated + result.duplicates + result.rejected + result.filtered
    return result.received == told


def assert_true(
    tables: Tables,
    lines: Iterable[bytes],
    *,
    zone: str = "UTC",
    window: tuple[datetime, datetime] = truth.ALL_TIME,
    is_enabled: Callable[[str], bool] = lambda _name: True,
) -> None:
    """The tables are those of these lines: events, minutes, rejected lines, and arrivals that explain the events."""
    given = list(lines)
    events = truth.events_of(given, zone=ZoneInfo(zone), window=window, is_enabled=is_enabled)
    assert tables.events() == events
    assert tables.rejected() == truth.rejected_of(given)
    assert_consistent(tables)


def assert_consistent(tables: Tables) -> None:
    """Minutes and arrivals agree with the events, as they do at every moment."""
    events = tables.events().values()
    assert tables.minutes() == truth.minutes_of(events)
    assert tables.arrived() == Counter(event.day for event in events)
