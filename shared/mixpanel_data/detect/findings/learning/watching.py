"""The time in which an event was not watched: it was not enabled, so that nobody knows its counts.

Minutes in which nobody asked for an event have no counts, as those in which it was silent. The runs of collector and
detector tell the two apart, by the events that they were asked for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mixpanel_data.base.window import Window
from mixpanel_data.configuration.events import EventSelection
from mixpanel_data.detect.findings.learning.minute_counts import rounded_down, rounded_up
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import statement

SELECTIONS = statement("detect/findings/learning/selections.sql", since="TIMESTAMP", as_of="TIMESTAMP")

HOUR = timedelta(hours=1)
_FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that had read everything about its selected events up to `read_until`."""

    read_until: datetime
    selection: EventSelection


@dataclass(frozen=True, slots=True)
class Watching:
    """Which events the runs asked for: `runs` by job, in the order in which they read, and `windows` read again."""

    runs: Mapping[str, Sequence[Asked]]
    windows: Sequence[tuple[Window, EventSelection]]
    as_of: datetime

    @property
    def is_constant(self) -> bool:
        """True where nobody changed what is asked for, so that there is no gap for any event."""
        return all(asked.selection == runs[0].selection for runs in self.runs.values() for asked in runs)

    def gaps(self, event_name: str) -> tuple[Window, ...]:
        """The time in which the event was not watched, in order; it ends with the year 9999 if it goes on."""
        if self.is_constant:
            return ()
        found = [gap for job, runs in self.runs.items() for gap in self._gaps(job, runs, event_name)]
        for window, selection in self.windows:
            if event_name in selection:
                found = [left for gap in found for left in gap.without(window)]
        return tuple(_merged(found))

    def _gaps(self, job: str, runs: Sequence[Asked], event_name: str) -> Iterator[Window]:
        start, before = None, runs[0].read_until
        for asked in runs:
            if event_name in asked.selection:
                if start is not None and start < asked.read_until:
                    yield Window(start, asked.read_until)
                start = None
            elif start is None:
                start = before
            before = asked.read_until
        # This run of the detector asks for the event; the collector may not have done so yet.
        end = self.as_of if job == "detector" else _FOR_EVER
        if start is not None and start < end:
            yield Window(start, end)


def watching(warehouse: Warehouse, *, since: datetime, as_of: datetime) -> Watching:
    """What runs since then were asked for. Raises the warehouse's errors."""
    rows = warehouse.rows(SELECTIONS, since=since, as_of=as_of)
    runs: dict[str, list[Asked]] = {}
    windows = []
    for row in sorted(rows, key=lambda each: each["read_until"]):
        selection = _selection(row)
        if selection is None:
            continue
        if row["is_window"]:
            windows.append((Window(row["window_from"], row["window_to"]), selection))
        else:
            runs.setdefault(row["job"], []).append(Asked(row["read_until"], selection))
    return Watching(runs, windows, as_of)


def known_time(span: Window, gaps: Iterable[tuple[Window, datetime | None]]) -> tuple[Window, ...]:
    """What is left of a span of whole hours without its gaps, in whole hours.

    Each gap comes with the time of the first event after it, None where none has come yet: until then nobody knows
    whether the event is watched again.
    """
    left, start = [], span.start
    for gap, first_event in gaps:
        if gap.end <= start:
            continue
        left.append((start, min(rounded_down(gap.start, HOUR), span.end)))
        start = span.end if first_event is None else max(start, rounded_up(first_event, HOUR))
    left.append((start, span.end))
    return tuple(Window(since, until) for since, until in left if since < until)


def _selection(row: Row) -> EventSelection | None:
    """None where a request of another form has a list by chance."""
    try:
        return EventSelection.of_text(row["selection"])
    except ValueError:
        return None


def _merged(gaps: Iterable[Window]) -> Iterator[Window]:
    current: Window | None = None
    for gap in sorted(gaps, key=lambda each: each.start):
        if current is not None and gap.start <= current.end:
            current = Window(current.start, max(current.end, gap.end))
        else:
            if current is not None:
                yield current
            current = gap
    if current is not None:
        yield current
