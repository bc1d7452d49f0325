"""The measures of a segmentation, as expressions of GoogleSQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mixpanel_data.configuration.reports.choices import Measure
from mixpanel_data.reports.relations.conditions import number_of
from mixpanel_data.reports.relations.figures import mean_of, total_of
from mixpanel_data.reports.relations.labels import kind_and_text


def _nothing(_: str) -> str:
    return "NULL"


@dataclass(frozen=True, slots=True)
class _Expressions:
    """What each event is reduced to, of a property as JSON; the figure over `value` and `user_id` of several events.

    `share` is that of a percentile, which is worked out beforehand, the same for all of them.
    """

    figure: str
    value: Callable[[str], str] = _nothing
    share: str | None = None


def _percentile(share: str) -> _Expressions:
    return _Expressions("ANY_VALUE(value)", number_of, share)


MEASURES: Mapping[Measure, _Expressions] = {
    Measure.GENERAL: _Expressions("COUNT(*)"),
    Measure.UNIQUE: _Expressions("COUNT(DISTINCT user_id)"),
    Measure.AVERAGE: _Expressions("COUNT(user_id) / NULLIF(COUNT(DISTINCT user_id), 0)"),
    Measure.SUM: _Expressions(total_of("value"), number_of),
    Measure.MEAN: _Expressions(mean_of("value"), number_of),
    Measure.MIN: _Expressions("MIN(value)", number_of),
    Measure.MAX: _Expressions("MAX(value)", number_of),
    Measure.MEDIAN: _percentile("0.5"),
    Measure.P25: _percentile("0.25"),
    Measure.P75: _percentile("0.75"),
    Measure.P90: _percentile("0.9"),
    Measure.P95: _percentile("0.95"),
    Measure.P99: _percentile("0.99"),
    Measure.DISTINCT: _Expressions("COUNT(DISTINCT value)", kind_and_text),
}

_COUNTS = (Measure.GENERAL, Measure.UNIQUE, Measure.SUM, Measure.DISTINCT)


def figure_of_nothing(measure: Measure) -> int | None:
    """What a measure is over no events at all."""
    return 0 if measure in _COUNTS else None
