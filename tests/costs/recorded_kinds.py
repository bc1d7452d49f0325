"""The kinds of runs of a recorded day, `costs/kinds.json`: what each starts, how often, and over which days."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import fmean
from typing import Any

from costs.recorded_lines import EVENTS_PER_DAY, LATE_DAYS, NAMES, USERS_PER_DAY
from costs.recorded_week import CHOICES, RecordedRun, schedules
from mixpanel_data.costs.frequencies import (
    ARRIVALS,
    COLLECTOR,
    DAY_CHANGED,
    DAY_UNCHANGED,
    DAYS,
    DETECTOR,
    FIRST_OF_DAY,
    IDLE,
    JUDGING,
    LATER,
    LEARNING,
    LONG_ARRIVALS,
    NO_ARRIVALS,
    REREAD,
    RUN,
    USERS,
    WAITING,
    arrivals_minutes,
)
from mixpanel_data.costs.kinds import HISTORY
from mixpanel_data.costs.references import Bounds, references
from mixpanel_data.warehouse.tables import TABLES
from support.recording_warehouse import Execution

_AGES = timedelta(days=3650)
_BEGIN = "runs/begin_run.sql"
_DAYS_BEFORE = re.compile(r"DATE_SUB\(@(\w+), INTERVAL (\d+) DAY\)")


@dataclass(frozen=True, slots=True)
class Unit:
    """A run, or a part of one, with what it started."""

    job: str
    kind: str
    at: datetime
    executions: tuple[Execution, ...]


def text(runs: Sequence[RecordedRun]) -> str:
    """The document: a statement a line, by job and kind."""
    found = list(units(runs))
    document = {
        "events": EVENTS_PER_DAY,
        "users": USERS_PER_DAY,
        "names": NAMES,
        "late_days": LATE_DAYS,
        "user_days": _user_days(found),
        "arrivals_minutes": arrivals_minutes(schedules(), CHOICES),
        "kinds": kinds(found),
    }
    compact = re.compile(r"\{\s*\"statement\"[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
    spelled = json.dumps(document, indent=1)
    return compact.sub(lambda found: json.dumps(json.loads(found[0])), spelled) + "\n"


def kinds(recorded: Sequence[Unit]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """What each kind starts, on average."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for job, kind in sorted({(unit.job, unit.kind) for unit in recorded}):
        own = [unit for unit in recorded if (unit.job, unit.kind) == (job, kind)]
        found.setdefault(job, {})[kind] = list(_started(own))
    return found


def units(runs: Iterable[RecordedRun]) -> Iterator[Unit]:
    """The runs by kind; the parts of re-reads and of the user sync count for themselves."""
    have_worked: set[str] = set()
    for run in runs:
        if run.schedule in ("collector-recent", "collector-slice"):
            yield from _with_parts(run, REREAD, lambda part: DAY_CHANGED if _changes_events(part) else DAY_UNCHANGED)
        elif run.job == COLLECTOR:
            yield Unit(run.job, _kind_of_arrivals(run), run.at, run.executions)
        elif run.job == DETECTOR:
            yield Unit(run.job, _kind_of_detector(run.executions), run.at, run.executions)
        elif run.job == USERS:
            yield from _with_parts(run, RUN, lambda _: DAYS)
        elif not _reads_events(run.executions):
            yield Unit(run.job, WAITING, run.at, run.executions)
        else:
            yield Unit(run.job, LATER if run.job in have_worked else FIRST_OF_DAY, run.at, run.executions)
            have_worked.add(run.job)


def _with_parts(run: RecordedRun, whole: str, kind_of: Any) -> Iterator[Unit]:
    parts = sorted({each.part for each in run.executions if each.part is not None})
    yield Unit(run.job, whole, run.at, tuple(each for each in run.executions if each.part is None))
    for number in parts:
        own = tuple(each for each in run.executions if each.part == number)
        yield Unit(run.job, kind_of(own), run.at, own)


def _kind_of_arrivals(run: RecordedRun) -> str:
    if not _changes_events(run.executions):
        return NO_ARRIVALS
    begun = next(each.parameters for each in run.executions if each.statement.name == _BEGIN)
    start: Any = begun["watermark_from"]
    return LONG_ARRIVALS if run.at - start >= timedelta(minutes=CHOICES.overlap_minutes) else ARRIVALS


def _reads_events(executions: Iterable[Execution]) -> bool:
    return any("mixpanel_events" in each.statement.tables() for each in executions)


def _user_days(recorded: Iterable[Unit]) -> float:
    """The days whose events the part of the user sync reads."""
    parts = [unit for unit in recorded if (unit.job, unit.kind) == (USERS, DAYS)]
    spans = [days_of(each, unit.at).get("mixpanel_events", 0.0) for unit in parts for each in unit.executions]
    return max(float(span) for span in spans)


def _changes_events(executions: Iterable[Execution]) -> bool:
    found = (references().get(each.statement.name) for each in executions)
    return any(each is not None and each.writes == "mixpanel_events" for each in found)


def _kind_of_detector(executions: Iterable[Execution]) -> str:
    read = {table for each in executions for table in each.statement.tables()}
    if "mixpanel_events" in read:
        return LEARNING
    return JUDGING if "event_minutes" in read else IDLE


def _started(own: Sequence[Unit]) -> Iterator[dict[str, Any]]:
    by_name: dict[str, list[tuple[Execution, datetime]]] = {}
    for unit in own:
        for each in unit.executions:
            by_name.setdefault(each.statement.name, []).append((each, unit.at))
    for name, executed in by_name.items():
        spans = [days_of(each, at) for each, at in executed]
        rows = [_staged(each) for each, _ in executed]
        days = {table: _mean_span([span[table] for span in spans if table in span]) for table in _keys(spans)}
        staged = {table: _rounded(fmean(row.get(table, 0) for row in rows)) for table in _keys(rows)}
        found: dict[str, Any] = {"statement": name, "times": _rounded(len(executed) / len(own))}
        yield found | ({"days": days} if days else {}) | ({"rows": staged} if staged else {})


def _keys(mappings: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({key for each in mappings for key in each})


def _staged(execution: Execution) -> dict[str, int]:
    return {table: rows for table, rows in execution.rows.items() if table not in TABLES}


def _mean_span(spans: Sequence[float | str]) -> float | str:
    numbers = [each for each in spans if not isinstance(each, str)]
    return _rounded(fmean(numbers)) if len(numbers) == len(spans) else HISTORY


def _rounded(number: float) -> float:
    return float(f"{number:.4g}")


def days_of(execution: Execution, at: datetime) -> dict[str, float | str]:
    """How many days the bounds of an execution leave of each partitioned table, up to now."""
    known = references().get(execution.statement.name)
    found: dict[str, float | str] = {}
    for table, reference in (known.reads if known else {}).items():
        if table not in TABLES or TABLES[table].partition_column is None:
            continue
        if reference.bounds is None:
            found[table] = HISTORY
            continue
        days = [_days(bounds, execution, at) for bounds in reference.bounds]
        if any(each is None for each in days):
            found[table] = HISTORY
        else:
            left = {day for each in days if each for day in each}
            found[table] = sum(_share(day, at) for day in left)
    return found


def _days(bounds: Bounds, execution: Execution, at: datetime) -> set[date] | None:
    """The days that one scan's bounds leave; None for all."""
    first, last = date.min, at.date()
    chosen: set[date] | None = None
    for sign, values in bounds.items():
        for value in (_value(each, execution) for each in values):
            kind = sign.removeprefix("day ")
            if kind == "in":
                days = {_day(each) for each in value}
                chosen = days if chosen is None else chosen & days
            if kind in ("from", "on"):
                first = max(first, _day(value))
            if kind in ("until", "on"):
                last = min(last, _day(value))
            if kind == "before":
                last = min(last, _last_before(value))
    if chosen is not None:
        return {day for day in chosen if first <= day <= last}
    if last - first > _AGES:
        return None
    return {first + timedelta(days=number) for number in range((last - first).days + 1)}


def _value(expression: str, execution: Execution) -> Any:
    if expression.startswith("@"):
        return execution.parameters[expression[1:]]
    found = _DAYS_BEFORE.fullmatch(expression)
    if not found:
        raise NotImplementedError(f"{execution.statement}: how many days are in the bound {expression}?")
    given: Any = execution.parameters[found[1]]
    return given - timedelta(days=int(found[2]))


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.astimezone(UTC).date()
    if isinstance(value, date):
        return value
    raise TypeError(f"{value!r} is no day")


def _last_before(value: Any) -> date:
    if isinstance(value, datetime):
        return (value.astimezone(UTC) - timedelta(microseconds=1)).date()
    return _day(value) - timedelta(days=1)


def _share(day: date, at: datetime) -> float:
    """How much of its events a day has by now."""
    begun = datetime.combine(day, time(), UTC)
    return min(max((at - begun) / timedelta(days=1), 0.0), 1.0)
