"""Turns Mixpanel's series into the counts of results."""

from collections.abc import Mapping, Sequence

from mixpanel_data.clients.mixpanel.querying import Series
from mixpanel_data.workspace.results.counts import Counts

UNDEFINED = "undefined"
"""The segment of the events that lack the property."""
_OVERALL = "$overall"


def counts_of(series: Series) -> Counts:
    """The series, in the order of its names."""
    return {name: _whole(by_date) for name, by_date in series.values.items()}


def counts_of_events(series: Series, events: Sequence[str]) -> Counts:
    """The series of these events; zeros for one that Mixpanel leaves out, because it did not happen on these days."""
    counts = counts_of(series)
    if not counts.keys() <= set(events):
        # Mixpanel calls one of the events by another name, as it does with custom events.
        return counts
    return {event: counts.get(event, dict.fromkeys(series.dates, 0)) for event in events}


def counts_by_segment(series: Series) -> Counts:
    """The series by segment, each event in one segment.

    Mixpanel has two uses for the name `$overall`: the sum over all segments, which is left out here, and the events
    without the property.
    """
    counts = counts_of(series)
    overall = counts.pop(_OVERALL, None)
    if overall is None or UNDEFINED in counts or (counts and overall == _sums(counts, series.dates)):
        return counts
    return {**counts, UNDEFINED: overall}


def total_of(counts: Mapping[str, Mapping[str, float]]) -> int:
    """The sum over all names and dates."""
    return int(sum(count for by_date in counts.values() for count in by_date.values()))


def _sums(counts: Mapping[str, Mapping[str, float]], dates: tuple[str, ...]) -> dict[str, float]:
    return {day: sum(by_date[day] for by_date in counts.values()) for day in dates}


def _whole(by_date: Mapping[str, float]) -> dict[str, float]:
    return {day: whole(value) for day, value in by_date.items()}


def whole(value: float) -> float:
    """The number as an int if it has no fraction: a count can come as 3.0. An average keeps its fraction."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
