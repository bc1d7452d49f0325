"""Days of all jobs by the shipped schedules, in small: the last day is recorded, statement by statement.

So that it takes a minute, what calls many times a day is recorded around noon only, where a day has half of its events,
and called otherwise just as often as the recorded calls need it.

The limits on the sizes of parts and days are as much smaller as a day is beside one of the reference workload.
"""

import contextlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from costs.recorded_lines import DAYS, DAYS_BEFORE, EVENTS_PER_DAY, FIRST_DAY, NAMES, lines
from mixpanel_data import collect, detect, identity, registry, users
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Mixpanel, MixpanelCall, Region
from mixpanel_data.collect import plan as plan_of_collector
from mixpanel_data.configuration.identity import IdentityConfig
from mixpanel_data.configuration.schedules import Schedule, Schedules
from mixpanel_data.configuration.user_metrics import UserMetrics
from mixpanel_data.costs import REFERENCE, Choices
from mixpanel_data.costs.frequencies import runs_per_day
from mixpanel_data.detect.findings.arrivals import export_lag
from mixpanel_data.identity import opening as opening_of_identity
from mixpanel_data.registry import looking as looking_of_registry
from mixpanel_data.registry.observing import parts as parts_of_registry
from mixpanel_data.users import days as days_of_users
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES
from mixpanel_data_standins.mixpanel import StandInMixpanel
from support.engines import DuckDB, opened
from support.events_configs import ALL_EVENTS
from support.imports import ROOT
from support.recording_warehouse import Execution, Recording, RecordingWarehouse
from support.settable_clock import SettableClock

CHOICES = Choices(retention_days=36)
RECORDED: Mapping[str, str] = {
    "collector": "11 12 13",
    "detector": "11 12 13",
    "registry-updater": "00:40 11:40 12:40",
    "identity-transition": "03:25 12:25 15:25",
}
"""The calls of the last day that are recorded: hours, or single times, by function; of daily schedules, every call."""
_BEFORE: Mapping[str, str] = {
    "collector": "00:30 18:30",
    "detector": "18:30",
    "registry-updater": "00:40 18:40",
    "identity-transition": "03:25",
}
_SETTLING: Mapping[str, str] = {
    "collector": "00:00 00:30 02:00 03:00 06:30 09:15 10:30 10:45 15:15",
    "detector": "00:30 10:45",
    "registry-updater": "06:40",
    "identity-transition": "09:25",
}
"""The calls of the days before, and those between the recorded ones, which therefore find no more than usually."""
_CALLS_BEFORE = 6
"""Calls of the collector in the day before the first recorded one."""
_LEASE_SECONDS = 360.0

METRICS = UserMetrics.model_validate(
    {
        "counters": {f"count_{number}": {"event": f"Name {number}"} for number in range(NAMES)},
        "latest": {"plan": {"property": "plan", "type": "STRING"}},
        "current": {"amount": {"property": "amount", "type": "NUMERIC"}},
    }
)


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One call of a schedule, and all that it ran. `at`: when it started."""

    schedule: str
    job: str
    at: datetime
    executions: tuple[Execution, ...]


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """The runs of the recorded day. `rows_per_day`: how many rows a day before it has in each partitioned table."""

    runs: Sequence[RecordedRun]
    rows_per_day: Mapping[str, float]


def schedules() -> tuple[Schedule, ...]:
    """The schedules that are shipped."""
    text = (ROOT / "config" / "schedules.json").read_text(encoding="utf-8")
    return Schedules.model_validate(json.loads(text)).schedules


def recorded(folder: Path) -> RecordedDay:
    """The runs of the last day."""
    with _World(folder) as world:
        world.begin()
        with _small_parts():
            return RecordedDay(world.live(), world.rows_per_day())


class _World(contextlib.AbstractContextManager["_World"]):
    """A dataset, a stand-in Mixpanel and a clock."""

    def __init__(self, folder: Path) -> None:
        self.engine = DuckDB(folder)
        self.start = FIRST_DAY + timedelta(days=DAYS_BEFORE)
        self.clock = SettableClock(self.start)
        self.run_ids = (f"run-{number:032x}" for number in itertools.count())
        self.resolve: dict[str, str] = {}
        self.mixpanel = StandInMixpanel(list(lines()), now=self.clock, resolve=self.resolve)

    def __enter__(self) -> "_World":
        self.mixpanel.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.mixpanel.stop()

    def live(self) -> list[RecordedRun]:
        """All days; the last one is recorded."""
        last = self.start + timedelta(days=DAYS - 1)
        settling = last - timedelta(days=1)
        found: list[RecordedRun] = []
        for at, schedule in _calls(self.start, last + timedelta(days=1)):
            self.clock.at = at + timedelta(seconds=30)
            self._resolve(at)
            with opened(self.engine) as warehouse:
                if at >= last and _is_among(RECORDED, at, schedule, or_daily=True):
                    recording = Recording()
                    self._call(schedule, RecordingWarehouse(warehouse, recording))
                    found.append(RecordedRun(schedule.name, schedule.function, at, tuple(recording.executions)))
                elif _is_among(_BEFORE if at < last else _SETTLING, at, schedule, or_daily=at >= settling):
                    self._call(schedule, warehouse)
        return found

    def rows_per_day(self) -> dict[str, float]:
        """The rows of each partitioned table on the days before the recorded one, on average."""
        days = DAYS_BEFORE + DAYS - 1
        end = FIRST_DAY + timedelta(days=days)
        with opened(self.engine) as warehouse:
            return {
                table: _rows(warehouse, table, FIRST_DAY, end) / days
                for table in warehouse.tables()
                if table in TABLES and TABLES[table].partition_column
            }

    def begin(self) -> None:
        """The history is collected, and every other job has run over it."""
        with opened(self.engine) as warehouse:
            self._collect(warehouse, {"from": f"{FIRST_DAY:%Y-%m-%d}", "to": f"{self.start:%Y-%m-%d}"})
            for schedule in schedules():
                if schedule.function != "collector":
                    self._call(schedule, warehouse)

    def _resolve(self, at: datetime) -> None:
        """Each midnight the id of the week's anonymous events turns out to be a user's."""
        day = (at - FIRST_DAY).days
        self.resolve[f"anonymous-{day}"] = f"user-{day}-0"

    def _call(self, schedule: Schedule, warehouse: Warehouse) -> None:
        if schedule.function == "collector":
            self._collect(warehouse, schedule.body)
        elif schedule.function == "detector":
            self._detect(warehouse)
        elif schedule.function == "identity-transition":
            self._identify(warehouse)
        elif schedule.function == "incremental-user-sync":
            self._sync(warehouse)
        elif schedule.function == "registry-updater":
            self._register(warehouse)
        else:
            raise NotImplementedError(f"{schedule.function} is not part of the recorded week")

    def _collect(self, warehouse: Warehouse, body: dict[str, Any]) -> None:
        options = collect.Options(
            zone=ZoneInfo("UTC"),
            lookback_days=90,
            overlap=timedelta(minutes=CHOICES.overlap_minutes),
            retention_days=CHOICES.retention_days,
            calls_per_hour=None,
            short_overlap=timedelta(minutes=CHOICES.short_overlap_minutes),
            reread_days=CHOICES.reread_days,
        )
        collect.run(
            collect.Request.model_validate(body),
            run_id=next(self.run_ids),
            mixpanel=self._client(),
            warehouse=warehouse,
            events=ALL_EVENTS,
            options=options,
            clock=self.clock,
        )

    def _client(self) -> MixpanelCall:
        access = self.mixpanel.access
        credentials = Credentials(Secret(access.secret), access.username, access.project_id)
        client = Mixpanel(credentials=credentials, region=Region.US, base_url=self.mixpanel.url)
        return client.within(Deadline())

    def _detect(self, warehouse: Warehouse) -> None:
        detect.run(
            detect.Request(),
            run_id=next(self.run_ids),
            warehouse=warehouse,
            events=ALL_EVENTS,
            options=detect.Options(default_channel="#alerts", lease_seconds=_LEASE_SECONDS),
            slack=None,
            clock=self.clock,
            deadline=Deadline(),
        )

    def _identify(self, warehouse: Warehouse) -> None:
        document = json.loads((ROOT / "config" / "identity.json").read_text(encoding="utf-8"))
        identity.run(
            identity.Request(),
            run_id=next(self.run_ids),
            warehouse=warehouse,
            config=IdentityConfig.model_validate(document),
            merges=None,
            options=identity.Options(lease_seconds=_LEASE_SECONDS),
            clock=self.clock,
            deadline=Deadline(),
        )

    def _sync(self, warehouse: Warehouse) -> None:
        users.run(
            users.Request(),
            run_id=next(self.run_ids),
            warehouse=warehouse,
            events=ALL_EVENTS,
            user_metrics=METRICS,
            options=users.Options(lease_seconds=_LEASE_SECONDS),
            targets=(),
            clock=self.clock,
            deadline=Deadline(),
        )

    def _register(self, warehouse: Warehouse) -> None:
        registry.run(
            registry.Request(),
            run_id=next(self.run_ids),
            warehouse=warehouse,
            plan=None,
            options=registry.Options(lease_seconds=_LEASE_SECONDS, channel=""),
            clock=self.clock,
            deadline=Deadline(),
        )


def _is_among(times: Mapping[str, str], at: datetime, schedule: Schedule, *, or_daily: bool) -> bool:
    """Whether a call is at one of the times; `or_daily`: or its schedule calls once a day."""
    if runs_per_day(schedule) <= 1:
        return or_daily
    chosen = times.get(schedule.function, "").split()
    return f"{at:%H}" in chosen or f"{at:%H:%M}" in chosen


def _rows(warehouse: Warehouse, table: str, start: datetime, end: datetime) -> int:
    """The rows on the days of [start, end)."""
    column = TABLES[table].partition_column
    sql = f"SELECT COUNT(*) AS counted FROM {table} WHERE DATE({column}) >= @start AND DATE({column}) < @end"
    counted = Statement(f"rows of {table}", sql, {"start": "DATE", "end": "DATE"})
    (row,) = warehouse.rows(counted, start=start.date(), end=end.date())
    return int(row["counted"])


def _calls(start: datetime, end: datetime) -> Iterator[tuple[datetime, Schedule]]:
    """The calls of all schedules in [start, end), in the order of time."""
    found: list[tuple[datetime, str, Schedule]] = []
    for schedule in schedules():
        at = schedule.after(start - timedelta(seconds=1))
        while at < end:
            found.append((at, schedule.name, schedule))
            at = schedule.after(at)
    return ((at, schedule) for at, _, schedule in sorted(found, key=lambda each: each[:2]))


@contextlib.contextmanager
def _small_parts() -> Iterator[None]:
    """Parts have as many days as with a million events a day."""
    with contextlib.ExitStack() as stack:
        for module, name in _LIMITS:
            limit = getattr(module, name) * EVENTS_PER_DAY // round(REFERENCE.events_per_day)
            stack.enter_context(patch.object(module, name, limit))
        # Most collections are left out.
        stack.enter_context(patch.object(export_lag, "_ENOUGH_COLLECTIONS", _CALLS_BEFORE))
        yield


_LIMITS = (
    (plan_of_collector, "LINES_PER_PART"),
    (plan_of_collector, "TOO_MANY_LINES"),
    (days_of_users, "_EVENTS_PER_BILLED_PART"),
    (days_of_users, "_EVENTS_BETWEEN"),
    (parts_of_registry, "_MOST_READ"),
    (parts_of_registry, "SMALL_DAY"),
    (looking_of_registry, "SMALL_DAY"),
    (opening_of_identity, "SMALL_DAY"),
)
