"""Counts per minute, as the warehouse has them: read as packed text, spread out as arrays."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from mixpanel_data.configuration.events import EventSelection
from mixpanel_data.detect.incidents.incident import MINUTE
from mixpanel_data.detect.statistics.windows import Ints
from mixpanel_data.warehouse.base import Value, Warehouse
from mixpanel_data.warehouse.statements import statement

_NAMES = {"names": "ARRAY<STRING>", "names_are_wanted": "BOOL"}
_SPAN = {"start": "TIMESTAMP", "end": "TIMESTAMP"}

EVENT_NAMES = statement("detect/findings/event_names.sql", **_SPAN, **_NAMES)
PACKED_MINUTES = statement("detect/findings/packed_minutes.sql", **_SPAN, **_NAMES)
PACKED_MINUTES_AS_OF = statement("detect/findings/packed_minutes_as_of.sql", as_of="TIMESTAMP", **_SPAN, **_NAMES)

# Three days of 300 names take some 200 MB while they are scored.
_PORTION = timedelta(days=3)


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


def event_names(warehouse: Warehouse, selection: EventSelection, start: datetime, end: datetime) -> list[str]:
    """The selected names that have counts in [start, end), in alphabetical order. Raises the warehouse's errors."""
    rows = warehouse.rows(EVENT_NAMES, **_span(start, end), **_selected(selection))
    return [row["event_name"] for row in rows]


def portions(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """A long span in portions of three days, in order, so that memory does not grow with the span."""
    while start < end:
        yield start, min(start + _PORTION, end)
        start += _PORTION


def dense(names: Sequence[str], packed: Mapping[str, str], start: datetime, end: datetime) -> Ints:
    """Packed counts as names x minutes of [start, end), 0 where nothing came."""
    counts = np.zeros((len(names), (end - start) // MINUTE), dtype=np.int64)
    for row, name in enumerate(names):
        figures = np.array(packed.get(name, "").split(), dtype=np.int64)
        counts[row, figures[0::2]] = figures[1::2]
    return counts


def minute_number(instant: datetime) -> int:
    """Minutes since 1970, UTC, as the model counts them."""
    return int(instant.timestamp()) // 60


def rounded_down(instant: datetime, step: timedelta) -> datetime:
    """The last multiple of `step` since 1970 that is not after the instant."""
    return instant - timedelta(seconds=instant.timestamp() % step.total_seconds())


def rounded_up(instant: datetime) -> datetime:
    """The end of the minute that the instant lies in; a whole minute stays."""
    floor = rounded_down(instant, MINUTE)
    return floor if floor == instant else floor + MINUTE


def _span(start: datetime, end: datetime) -> dict[str, Value]:
    return {"start": start, "end": end}


def _selected(selection: EventSelection) -> dict[str, Value]:
    return {"names": list(selection.names), "names_are_wanted": selection.names_are_wanted}
