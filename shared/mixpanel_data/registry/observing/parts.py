"""What a run has to observe, a part at a time."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, takewhile

from mixpanel_data.base.small_day import SMALL_DAY
from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.context.units import SAMPLE, Unit, Units
from mixpanel_data.registry.observing.statements import COUNT_PENDING, MARKED_DAYS, PENDING_UNITS, SIZES
from mixpanel_data.warehouse.base import Row

WIDEST = 255.0
"""Properties of an event, at most: Mixpanel accepts no more."""

_MOST_DUE = 100_000
# A part has at least one unit, and otherwise no more than fits into all of these.
_MOST_UNITS = 2_000
# Properties of all units, each of which is a row or more: 400 MB hold more than twice as many.
_MOST_PROPERTIES = 300_000
# Events on the days from the first unit to the last: BigQuery reads them all, however few of them are of the units.
_MOST_READ = 4_000_000
# The following hold where the memory is ours. On BigQuery, a day in two parts would be read and billed twice.
_MOST_EVENTS = 1_000_000
# Properties of sampled events, whose values are counted one by one: likewise.
_MOST_MEMBERS = 1_500_000

# What a run left undone is found by what it published in so many days.
_UNFINISHED_FOR = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Due:
    """Units to observe, in the order of days and names, and the number of all events on each day between them.

    `is_all` says that no others are due.
    """

    units: Sequence[Unit]
    day_sizes: Mapping[date, int]
    is_all: bool


def due(registry_run: RegistryRun) -> Due:
    """The units that are due, with their sizes; not more than memory has room for. Raises the warehouse's errors."""
    rows = _due(registry_run)
    if not rows:
        return Due((), {}, is_all=True)
    first, last = rows[0]["day"], rows[-1]["day"] + timedelta(days=1)
    sizes = registry_run.warehouse.rows(SIZES, from_time=_midnight(first), to_time=_midnight(last))
    events = {(row["day"], row["event_name"]): int(row["events"]) for row in sizes if row["event_name"] is not None}
    units = [Unit(row["day"], row["event_name"], events.get((row["day"], row["event_name"]), 0)) for row in rows]
    return Due(units, {row["day"]: int(row["of_day"]) for row in sizes}, is_all=len(rows) < _MOST_DUE)


def _due(registry_run: RegistryRun) -> Sequence[Row]:
    """The days and names that are due, in their order."""
    marked = [row["day"] for row in registry_run.warehouse.rows(MARKED_DAYS)]
    if not marked:
        return ()
    return registry_run.warehouse.rows(
        PENDING_UNITS,
        job=registry_run.run.job,
        since=registry_run.run.started_at - _UNFINISHED_FOR,
        midnight=registry_run.midnight,
        yesterday=registry_run.midnight.date() - timedelta(days=1),
        small_day=SMALL_DAY,
        marked_days=marked,
        first_day=marked[0],
        last_day=marked[-1],
        most=_MOST_DUE,
    )


def next_part(found: Due, done: int, width: float, *, is_billed: bool) -> Units:
    """The next units after so many that are done, as many as one part takes.

    `width` is how many properties their events have, as far as is known. `is_billed`: whether reading a day costs as
    much for some of its events as for all.
    """
    units = found.units[done : done + min(_MOST_UNITS, int(_MOST_PROPERTIES / width) + 1)]
    fitting = sum(takewhile(bool, _fits(units, width, is_billed=is_billed)))
    return Units(tuple(units[: _whole_days(units, max(1, fitting), found.day_sizes)]))


def pending(registry_run: RegistryRun) -> int:
    """The number of units that are marked: those of older days wait."""
    (row,) = registry_run.warehouse.rows(COUNT_PENDING)
    return int(row["units"])


def _fits(units: Sequence[Unit], width: float, *, is_billed: bool) -> Iterator[bool]:
    """For each unit, whether a part that ends with it is small enough."""
    most_events = math.inf if is_billed else _MOST_EVENTS
    most_members = math.inf if is_billed else _MOST_MEMBERS
    events = sampled = 0
    for unit in units:
        events += unit.events
        sampled += min(unit.events, SAMPLE)
        yield events <= most_events and sampled * width <= most_members


def _whole_days(units: Sequence[Unit], fitting: int, day_sizes: Mapping[date, int]) -> int:
    """Of so many units that fit, those of the first day and of the days after it that all fit and are worth reading."""
    taken = 0
    read: dict[date, int] = {}
    for day, of_day in groupby(units, lambda unit: unit.day):
        ends_at = taken + len(list(of_day))
        if not taken:
            taken = min(ends_at, fitting)
            read[day] = day_sizes.get(day, 0)
            continue
        # The days in between, of which no unit is due.
        idle = sum(size for other, size in day_sizes.items() if max(read) < other < day)
        if ends_at > fitting or idle > SMALL_DAY or sum(read.values()) + day_sizes.get(day, 0) > _MOST_READ:
            break
        taken = ends_at
        read[day] = day_sizes.get(day, 0)
    return taken


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
