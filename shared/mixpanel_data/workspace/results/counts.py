"""Numbers over time: counts of events, by segment, value or range, and sums and averages of a property."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from mixpanel_data.workspace.results.base import Table

Counts = dict[str, dict[str, float]]
"""Counts by name and date. The dates ascend, are the project's, and read as Mixpanel writes them: `2026-01-31`."""


@dataclass(frozen=True)
class SegmentationResult(Table):
    """How often an event happened, by segment and date. Days are inclusive, as the project counts them.

    `segment_property` is the name of the property, or the expression, that the segments are values of; None where the
    event is not segmented, and `series` then has one name, the event's. Events without the property are in the segment
    `undefined`. `total` is the sum over all segments and dates.

    `df` has a row for each segment and date: `date`, `segment`, `count`.
    """

    columns: ClassVar[tuple[str, ...]] = ("date", "segment", "count")

    event: str
    from_date: str
    to_date: str
    unit: str
    segment_property: str | None
    total: int
    series: Counts = field(default_factory=dict)

    def records(self) -> list[dict[str, Any]]:
        return _rows(self.series, "segment")


@dataclass(frozen=True)
class EventCountsResult(Table):
    """How often each of some events happened, by date. Days are inclusive, as the project counts them.

    `type` says what `count` is: how often (`general`), by how many users (`unique`), or how often a user (`average`).

    `df` has a row for each event and date: `date`, `event`, `count`.
    """

    columns: ClassVar[tuple[str, ...]] = ("date", "event", "count")

    events: list[str]
    from_date: str
    to_date: str
    unit: str
    type: str
    series: Counts = field(default_factory=dict)

    def records(self) -> list[dict[str, Any]]:
        return _rows(self.series, "event")


@dataclass(frozen=True)
class PropertyCountsResult(Table):
    """How often an event happened, by the value of a property and by date; `type` as in EventCountsResult.

    `df` has a row for each value and date: `date`, `value`, `count`.
    """

    columns: ClassVar[tuple[str, ...]] = ("date", "value", "count")

    event: str
    property_name: str
    from_date: str
    to_date: str
    unit: str
    type: str
    series: Counts = field(default_factory=dict)

    def records(self) -> list[dict[str, Any]]:
        return _rows(self.series, "value")


@dataclass(frozen=True)
class NumericBucketResult(Table):
    """How often an event happened, by a range of a number, such as `2,000 - 2,100`, and by date.

    `property_expr` is the expression that was sent. `df` has a row for each range and date: `date`, `bucket`, `count`.
    """

    columns: ClassVar[tuple[str, ...]] = ("date", "bucket", "count")

    event: str
    from_date: str
    to_date: str
    property_expr: str
    unit: str
    series: Counts = field(default_factory=dict)

    def records(self) -> list[dict[str, Any]]:
        return _rows(self.series, "bucket")


@dataclass(frozen=True)
class NumericSumResult(Table):
    """The sum of a number over an event, by date; `computed_at` is Mixpanel's text, if the answer has one.

    `df` has a row for each date: `date`, `sum`.
    """

    columns: ClassVar[tuple[str, ...]] = ("date", "sum")

    event: str
    from_date: str
    to_date: str
    property_expr: str
    unit: str
    results: dict[str, float] = field(default_factory=dict)
    computed_at: str | None = None

    def records(self) -> list[dict[str, Any]]:
        return [{"date": day, "sum": value} for day, value in self.results.items()]


@dataclass(frozen=True)
class NumericAverageResult(Table):
    """The average of a number over an event, by date. A date without the number has no entry.

    `df` has a row for each date: `date`, `average`.
    """

    columns: ClassVar[tuple[str, ...]] = ("date", "average")

    event: str
    from_date: str
    to_date: str
    property_expr: str
    unit: str
    results: dict[str, float] = field(default_factory=dict)

    def records(self) -> list[dict[str, Any]]:
        return [{"date": day, "average": value} for day, value in self.results.items()]


def _rows(series: Counts, name: str) -> list[dict[str, Any]]:
    return [{"date": day, name: key, "count": count} for key, days in series.items() for day, count in days.items()]
