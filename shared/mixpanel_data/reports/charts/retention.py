"""The charts of retention."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from mixpanel_data.configuration.reports.definitions import Retention
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
    Cell,
    Chart,
    Description,
    Kind,
    Part,
    Series,
    Triangle,
    TriangleRow,
    lines,
)


def charts_of_retention(definition: Retention, description: Description, parts: Sequence[Part]) -> list[Chart]:
    """The average by bucket, and a triangle of cohorts for each segment."""
    columns = _columns(definition)
    series, triangles = [], []
    for part, label in zip(parts, labels_of(description, parts), strict=True):
        rows_of = grouped(part["rows"], "segment")
        for segment, averages in grouped(part["average"], "segment").items():
            name = joined([segment_text(*segment), label])
            series.append(Series(name or "average", tuple(row["rate"] for row in averages)))
            rows = rows_of[segment]
            triangles.append(Triangle(titled("Cohorts", name), "cohort", columns, _cohorts(rows, description)))
    more = left_out(definition.limit, (part["segments"] for part in parts))
    note = " ".join(["The average of complete cells.", *([more] if more else [])])
    title = f"Retention by {definition.unit}"
    return [lines(title, Kind.SHARE, definition.unit.value, columns, series, note), *triangles]


def _columns(definition: Retention) -> tuple[str, ...]:
    """The units of each bucket: `0`, or `1–3` of a bracket."""
    ends = pairwise(accumulate(definition.lengths, initial=0))
    return tuple(str(low) if high - low == 1 else f"{low}–{high - 1}" for low, high in ends)


def _cohorts(rows: Sequence[Part], description: Description) -> tuple[TriangleRow, ...]:
    texts = distinct_periods(rows, "cohort", description)
    return tuple(
        TriangleRow(
            texts[some[0]["cohort"]],
            some[0]["size"],
            tuple(Cell(row["users"], row["rate"], row["is_complete"]) for row in some),
        )
        for some in grouped(rows, "cohort").values()
    )
