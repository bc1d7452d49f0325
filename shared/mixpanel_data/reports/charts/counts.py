"""The charts of segmentation, active users and frequency."""

from collections.abc import Sequence

from mixpanel_data.configuration.reports.choices import Measure
from mixpanel_data.configuration.reports.definitions import Frequency, Segmentation
from mixpanel_data.reports.charts.parts import (
    distinct_periods,
    grouped,
    joined,
    labels_of,
    left_out,
    segment_text,
    titled,
)
from mixpanel_data.reports.charts.shapes import (
    Bar,
    Bars,
    Cell,
    Chart,
    Description,
    Group,
    Kind,
    Lines,
    Part,
    Series,
    Triangle,
    TriangleRow,
    lines,
    shares_of,
)

_MEASURES = {Measure.GENERAL: "Events", Measure.UNIQUE: "Users", Measure.AVERAGE: "Events per user"}


def charts_of_segmentation(definition: Segmentation, description: Description, parts: Sequence[Part]) -> list[Chart]:
    """The measure by period, and that of the whole range."""
    measure = _MEASURES.get(definition.measure, f"{definition.measure.capitalize()} of {definition.property}")
    places = tuple(distinct_periods(parts[0]["rows"], "period", description).values())
    series = [
        each
        for part, label in zip(parts, labels_of(description, parts), strict=True)
        for each in _series(definition, part, label)
    ]
    note = left_out(definition.limit, (count for part in parts for count in part["segments"]))
    by_period = lines(f"{measure} by {definition.unit}", Kind.NUMBER, definition.unit.value, places, series, note)
    totals = [each.total for each in series]
    bars = [Bar(each.label, each.total, share) for each, share in zip(series, shares_of(totals), strict=True)]
    in_all = Bars(f"{measure} of the whole range", Kind.NUMBER, (Group("", tuple(bars)),), note)
    if len(places) == 1:
        return [in_all]
    return [by_period, in_all] if len(series) > 1 else [by_period]


def _series(definition: Segmentation, part: Part, label: str) -> list[Series]:
    rows = grouped(part["rows"], "step", "segment")
    series = []
    for total in part["totals"]:
        # The number tells steps of the same event apart.
        event = f"{total['step']} {total['event']}" if len(definition.events) > 1 else ""
        name = joined([event, segment_text(total["segment"]), label]) or total["event"]
        values = tuple(row["value"] for row in rows.get((total["step"], total["segment"]), ()))
        series.append(Series(name, values, total["value"]))
    return series


def charts_of_active_users(unit: str, description: Description, parts: Sequence[Part]) -> list[Chart]:
    """Daily, weekly and monthly active users, and how they compare."""
    names = {"dau": "DAU", "wau": "WAU", "mau": "MAU"}
    ratios = {"dau_by_mau": "DAU/MAU", "dau_by_wau": "DAU/WAU"}
    return [
        lines_of("Active users", Kind.NUMBER, unit, names, description, parts),
        lines_of("Stickiness", Kind.SHARE, unit, ratios, description, parts),
    ]


def lines_of(
    title: str, kind: Kind, unit: str, columns: dict[str, str], description: Description, parts: Sequence[Part]
) -> Lines:
    """These columns of the rows by period; `columns` has the label of each."""
    places = tuple(distinct_periods(parts[0]["rows"], "period", description).values())
    series = tuple(
        Series(joined([text, label]), tuple(row[name] for row in part["rows"]))
        for part, label in zip(parts, labels_of(description, parts), strict=True)
        for name, text in columns.items()
    )
    return lines(f"{title} by {unit}", kind, unit, places, series)


def charts_of_frequency(definition: Frequency, description: Description, parts: Sequence[Part]) -> list[Chart]:
    """The share of each period's users who were active in so many of its hours or days."""
    labelled = list(zip(parts, labels_of(description, parts), strict=True))
    most = max((row["at_least"] for part in parts for row in part["rows"]), default=0)
    columns = tuple(str(number) for number in range(1, most + 1))
    title = f"Users active in at least so many {definition.part.value}s"
    triangles = [
        Triangle(titled(title, label), definition.unit.value, columns[: _most(part)], _periods(part, description))
        for part, label in labelled
    ]
    series = tuple(Series(label or "all periods", _mean_shares(part, most)) for part, label in labelled)
    return [lines(title, Kind.SHARE, f"{definition.part.value}s", columns, series), *triangles]


def _most(part: Part) -> int:
    return max((row["at_least"] for row in part["rows"]), default=0)


def _periods(part: Part, description: Description) -> tuple[TriangleRow, ...]:
    texts = distinct_periods(part["rows"], "period", description)
    rows = []
    for (period,), some in grouped(part["rows"], "period").items():
        users = [row["users"] for row in some]
        cells = tuple(Cell(count, count / users[0] if users[0] else None, is_complete=True) for count in users)
        rows.append(TriangleRow(texts[period], users[0], cells))
    return tuple(rows)


def _mean_shares(part: Part, most: int) -> tuple[float | None, ...]:
    """Of the users of all periods together, the share that was active so often."""
    users = [sum(row["users"] for row in part["rows"] if row["at_least"] == number) for number in range(1, most + 1)]
    return tuple(count / users[0] if users[0] else None for count in users)
