"""Counts per minute, as the warehouse has them: read as packed text, spread out as arrays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from mixpanel_data.configuration.events import EventSelection
from mixpanel_data.detect.incidents.incident import MINUTE
from mixpanel_data.detect.statistics.scoring.windows import Ints
from mixpanel_data.warehouse.base import Value, Warehouse
from mixpanel_data.warehouse.statements import statement

_NAMES = {"names": "ARRAY<STRING>", "names_are_wanted": "BOOL"}
_SPAN = {"start": "TIMESTAMP", "end": "TIMESTAMP"}

TOTALS = statement("detect/findings/learning/totals.sql", least_events="INT64", **_SPAN, **_NAMES)
RECENT_MINUTES = statement(
    "detect/findings/learning/recent_minutes.sql",
    ahead="TIMESTAMP",
    least_events="INT64",
    most="INT64",
    **_SPAN,
    **_NAMES,
)
PACKED_MINUTES = statement("detect/findings/learning/packed_minutes.sql", **_SPAN, **_NAMES)
PACKED_MINUTES_AS_OF = statement(
    "detect/findings/learning/packed_minutes_as_of.sql", as_of="TIMESTAMP", **_SPAN, **_NAMES
)

# Three days of 300 names take some 200 MB while they are scored.
_PORTION = timedelta(days=3)
# Three days of one busy name have some 30 kB as text.
_MOST_PACKED = 1000
# Parameters of a request to BigQuery have to stay below 10 MB.
_NAMES_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Total:
    """The events of one name in some time, and the first minute that has one, UTC."""

    events: int
    first_minute: datetime


@dataclass(frozen=True, slots=True)
class RecentMinutes:
    """The counts of [`start`, `end`), UTC, read at once for the names with the most events.

    `totals`: of names with enough events. `packed` as in `packed_minutes`; `is_whole`: no other name has any events.
    `next_minute`: the first minute after `end` that has events already.
    """

    start: datetime
    end: datetime
    totals: Mapping[str, Total]
    packed: Mapping[str, str]
    is_whole: bool
    next_minute: datetime | None

    def has(self, names: Sequence[str]) -> bool:
        """True where the counts of these names are at hand."""
        return self.is_whole or all(name in self.packed for name in names)

    def dense(self, names: Sequence[str], start: datetime, end: datetime) -> Ints:
        """The counts of a span within as names x minutes."""
        first, last = ((at - self.start) // MINUTE for at in (start, end))
        return dense(names, self.packed, self.start, self.end)[:, first:last]


def recent_minutes(
    warehouse: Warehouse, selection: EventSelection, start: datetime, end: datetime, *, least: int, ahead: datetime
) -> RecentMinutes:
    """The counts of [start, end), and totals of the names with at least `least` events there.

    Looks for minutes after `end` up to `ahead`. Raises the warehouse's errors.
    """
    given = {**_span(start, end), "ahead": ahead, "least_events": least, "most": _MOST_PACKED}
    parts = [warehouse.rows(RECENT_MINUTES, **given, **_selected(some)) for some in _parts_of(selection)]
    rows = [row for part in parts for row in part]
    return RecentMinutes(
        start,
        end,
        {row["event_name"]: Total(int(row["total"]), row["first_minute"]) for row in rows if row["total"] >= least},
        {row["event_name"]: row["packed"] or "" for row in rows if row["packed"] is not None or not row["total"]},
        is_whole=all(row["names"] <= _MOST_PACKED for row in rows),
        next_minute=min((row["next_minute"] for row in rows if row["next_minute"] is not None), default=None),
    )


def packed_minutes(
    warehouse: Warehouse, selection: EventSelection, start: datetime, end: datetime, *, as_of: datetime | None = None
) -> dict[str, str]:
    """The counts of [start, end) by event name, as text: minutes after `start` and counts in turn.

    With `as_of`, of the events that were in the warehouse then, counted again. Raises the warehouse's errors.
    """
    given = {**_span(start, end), **_selected(selection)}
    if as_of is None:
        rows = warehouse.rows(PACKED_MINUTES, **given)
    else:
        rows = warehouse.rows(PACKED_MINUTES_AS_OF, as_of=as_of, **given)
    return {row["event_name"]: row["packed"] for row in rows}


def totals(
    warehouse: Warehouse, selection: EventSelection, start: datetime, end: datetime, *, least: int = 1
) -> dict[str, Total]:
    """The totals of [start, end), of the selected names with at least so many events. Raises the warehouse's errors."""
    found = {}
    for some in _parts_of(selection):
        for row in warehouse.rows(TOTALS, least_events=least, **_span(start, end), **_selected(some)):
            found[row["event_name"]] = Total(int(row["total"]), row["first_minute"])
    return found


def portions(start: datetime, end: datetime, length: timedelta = _PORTION) -> Iterator[tuple[datetime, datetime]]:
    """A long span in portions of a length, in order, so that memory does not grow with the span."""
    while start < end:
        yield start, min(start + length, end)
        start += length


def dense(names: Sequence[str], packed: Mapping[str, str], start: datetime, end: datetime) -> Ints:
    """Packed counts as names x minutes of [start, end), 0 where nothing came."""
    counts = np.zeros((len(names), (end - start) // MINUTE), dtype=np.int64)
    for row, name in enumerate(names):
        figures = np.fromstring(packed.get(name, ""), dtype=np.int64, sep=" ")
        counts[row, figures[0::2]] = figures[1::2]
    return counts


def minute_number(instant: datetime) -> int:
    """Minutes since 1970, UTC, as the model counts them."""
    return int(instant.timestamp()) // 60


def rounded_down(instant: datetime, step: timedelta) -> datetime:
    """The last multiple of `step` since 1970 that is not after the instant."""
    return instant - timedelta(seconds=instant.timestamp() % step.total_seconds())


def rounded_up(instant: datetime, step: timedelta = MINUTE) -> datetime:
    """The end of the step (a minute) that the instant lies in; a whole one stays."""
    floor = rounded_down(instant, step)
    return floor if floor == instant else floor + step


def _parts_of(selection: EventSelection) -> Iterator[EventSelection]:
    """The selection in parts that a request can hold; names that are not wanted are few: somebody wrote them."""
    if not selection.names_are_wanted:
        yield selection
        return
    for at in range(0, len(selection.names), _NAMES_AT_ONCE):
        yield EventSelection(selection.names[at : at + _NAMES_AT_ONCE], names_are_wanted=True)


def _span(start: datetime, end: datetime) -> dict[str, Value]:
    return {"start": start, "end": end}


def _selected(selection: EventSelection) -> dict[str, Value]:
    return {"names": list(selection.names), "names_are_wanted": selection.names_are_wanted}
