"""Funnels: pages docs/reports/funnels/funnels-advanced and funnels-faq."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from mixpanel_data.configuration.reports.definitions import Funnel
from mixpanel_data.reports.funnels.statement import LIMITS, SHARES, rows_of
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.days import days_asked
from mixpanel_data.reports.relations.windows import long_periods
from mixpanel_data.warehouse.base import Row

_Key = tuple[str | None, date | None, int]
"""A segment, a period, and a step; step 0 is the whole way."""

_MICROS = 1_000_000
_SECOND = timedelta(seconds=1)


def funnel(definition: Funnel, asking: Asking) -> dict[str, Any]:
    """The steps of the funnel, and the times to convert, by segment; with `unit`, also by period.

    Page funnels-advanced has the rules, and page funnels-faq that the periods of a line chart are funnels of their own.
    `rows` has a row per segment, period and step: how many got to it, the rates from the step before and from the
    first (0 to 1), mean and median seconds from the step before. `time_to_convert` has the seconds from the first step
    to the last of each segment and period, and in `below` how many took less than so many seconds; percentiles are
    exact. `segments` is how many there are, 0 without a breakdown; those with the most first steps are shown, ties by
    name.

    Raises ValueError for a definition without days, and what the warehouse's `stream` raises.
    """
    found: dict[_Key, Row] = {}
    ranks: dict[str | None, int] = {} if definition.on else {None: 1}
    segments = 0
    for row in rows_of(definition, asking):
        found[row["segment"], row["period"], row["step"]] = row
        ranks[row["segment"]] = row["segment_rank"]
        segments = row["segments"]
    keys = [(segment, period) for segment in sorted(ranks, key=ranks.__getitem__) for period in _periods(definition)]
    return {
        "rows": [row for key in keys for row in _steps(found, key, definition)],
        "time_to_convert": [_time_to_convert(found, key) for key in keys],
        "segments": segments,
    }


def _periods(definition: Funnel) -> Sequence[date | None]:
    return [None] if definition.unit is None else long_periods(*days_asked(definition), definition.unit)


def _steps(found: Mapping[_Key, Row], key: tuple[str | None, date | None], definition: Funnel) -> list[dict[str, Any]]:
    counts = [_count(found, (*key, number)) for number in range(1, len(definition.steps) + 1)]
    rows = []
    for number, step in enumerate(definition.steps, start=1):
        times = found.get((*key, number), {})
        rows.append(
            {
                "segment": key[0],
                "period": key[1],
                "step": number,
                "title": step.title,
                "count": counts[number - 1],
                "rate_from_previous": _ratio(counts[number - 1], counts[number - 2]) if number > 1 else None,
                "rate_from_first": _ratio(counts[number - 1], counts[0]) if number > 1 else None,
                "mean_seconds": _seconds(times.get("mean")),
                "median_seconds": _seconds(times.get("median")),
            }
        )
    return rows


def _time_to_convert(found: Mapping[_Key, Row], key: tuple[str | None, date | None]) -> dict[str, Any]:
    times = found.get((*key, 0), {})
    return {
        "segment": key[0],
        "period": key[1],
        "converted": times.get("attempts", 0),
        "mean": _seconds(times.get("mean")),
        "min": _seconds(times.get("least")),
        **{name: _seconds(times.get(name)) for name in SHARES},
        "max": _seconds(times.get("most")),
        "below": {limit // _SECOND: times.get(f"below_{number}", 0) for number, limit in enumerate(LIMITS, start=1)},
    }


def _count(found: Mapping[_Key, Row], key: _Key) -> int:
    count: int = found.get(key, {}).get("attempts", 0)
    return count


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _seconds(micros: float | None) -> float | None:
    return None if micros is None else micros / _MICROS
