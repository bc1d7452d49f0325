"""The charts of a funnel."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mixpanel_data.configuration.reports.definitions import Funnel
from mixpanel_data.reports.charts.parts import distinct_periods, joined, labels_of, left_out, segment_text
from mixpanel_data.reports.charts.shapes import (
    Bar,
    Bars,
    Chart,
    Description,
    Group,
    Kind,
    Lines,
    Part,
    Series,
    Table,
    lines,
)
from mixpanel_data.reports.charts.texts import figure

_TIMES = ("min", "p25", "median", "mean", "p75", "p90", "p99", "max")

Labelled = list[tuple[str, Part]]
"""Rows, each with the label of its segment and part."""


def charts_of_funnel(definition: Funnel, description: Description, parts: Sequence[Part]) -> list[Chart]:
    """The steps, or with `unit` the conversion by period, and the time to convert."""
    steps, times = (_labelled(name, description, parts) for name in ("rows", "time_to_convert"))
    note = left_out(definition.limit, (part["segments"] for part in parts))
    if definition.unit is not None:
        return [
            _by_period(definition, steps, _places(parts[0], description), note),
            _table_of_steps(steps),
            _table_of_times(times),
        ]
    return [_bars(definition, steps, note), _time_to_convert(times), _table_of_times(times)]


def _labelled(name: str, description: Description, parts: Sequence[Part]) -> Labelled:
    return [
        (joined([segment_text(row["segment"]), label]), row)
        for part, label in zip(parts, labels_of(description, parts), strict=True)
        for row in part[name]
    ]


def _bars(definition: Funnel, steps: Labelled, note: str) -> Bars:
    bars = {
        f"{number} {step.title}": [_bar_of_step(label, row) for label, row in steps if row["step"] == number]
        for number, step in enumerate(definition.steps, start=1)
    }
    return Bars("Funnel", Kind.NUMBER, _groups(bars), note)


def _groups(bars: Mapping[str, Sequence[Bar]]) -> tuple[Group, ...]:
    """Bars under each heading, or one group if no heading has bars to compare."""
    if all(len(some) <= 1 for some in bars.values()):
        return (Group("", tuple(replace(bar, label=heading) for heading, some in bars.items() for bar in some)),)
    return tuple(Group(heading, tuple(some)) for heading, some in bars.items())


def _bar_of_step(label: str, row: Part) -> Bar:
    if row["step"] == 1:
        return Bar(label, row["count"], 1.0 if row["count"] else 0.0)
    said = [
        f"{figure(row['rate_from_first'], Kind.SHARE)} of all",
        f"{figure(row['rate_from_previous'], Kind.SHARE)} of step {row['step'] - 1}",
        f"median {figure(row['median_seconds'], Kind.SECONDS)}",
    ]
    return Bar(label, row["count"], row["rate_from_first"] or 0.0, ", ".join(said))


def _places(part: Part, description: Description) -> list[str]:
    return list(distinct_periods(part["rows"], "period", description).values())


def _by_period(definition: Funnel, steps: Labelled, places: Sequence[str], note: str) -> Lines:
    rates: dict[str, list[float | None]] = {}
    for label, row in steps:
        if row["step"] == len(definition.steps):
            rates.setdefault(label, []).append(row["rate_from_first"])
    series = [Series(label or "conversion", tuple(some)) for label, some in rates.items()]
    return lines(f"Conversion by {definition.unit}", Kind.SHARE, str(definition.unit), places, series, note)


def _time_to_convert(times: Labelled) -> Bars:
    bars = {
        f"below {figure(limit, Kind.SECONDS)}": [
            _bar_of_time(label, row["below"][limit], row["converted"]) for label, row in times
        ]
        for limit in _limits(times)
    }
    return Bars("Time to convert", Kind.NUMBER, _groups(bars))


def _limits(times: Labelled) -> list[int]:
    """The limits up to the first one that all conversions are below."""
    limits: list[int] = []
    for limit in times[0][1]["below"] if times else ():
        limits.append(limit)
        if all(row["below"][limit] == row["converted"] for _, row in times):
            break
    return limits


def _bar_of_time(label: str, count: int, converted: int) -> Bar:
    share = count / converted if converted else 0.0
    return Bar(label, count, share, figure(share, Kind.SHARE) if converted else "")


def _table_of_steps(steps: Labelled) -> Table:
    rows = tuple(
        (
            label or "all",
            str(row["period"]),
            f"{row['step']} {row['title']}",
            figure(row["count"], Kind.NUMBER),
            figure(row["rate_from_first"], Kind.SHARE),
            figure(row["rate_from_previous"], Kind.SHARE),
            figure(row["median_seconds"], Kind.SECONDS),
        )
        for label, row in steps
    )
    columns = ("segment", "period", "step", "count", "of all", "of the step before", "median time")
    return Table("Steps by period", columns, rows, labels=3)


def _table_of_times(times: Labelled) -> Table:
    rows = tuple(
        (
            joined([label, None if row["period"] is None else str(row["period"])]) or "all",
            figure(row["converted"], Kind.NUMBER),
            *(figure(row[name], Kind.SECONDS) for name in _TIMES),
        )
        for label, row in times
    )
    return Table("Time to convert", ("segment", "converted", *_TIMES), rows)
