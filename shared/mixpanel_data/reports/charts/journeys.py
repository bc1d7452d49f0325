"""The charts of sessions and paths."""

from collections.abc import Sequence

from mixpanel_data.reports.charts.counts import lines_of
from mixpanel_data.reports.charts.parts import labels_of, titled
from mixpanel_data.reports.charts.shapes import (
    Bar,
    Bars,
    Chart,
    Description,
    Flow,
    Group,
    Kind,
    Link,
    Part,
    Table,
    shares_of,
)
from mixpanel_data.reports.charts.texts import figure

_MOST_BARS = 10
_FIGURES = {
    "sessions": Kind.NUMBER,
    "users": Kind.NUMBER,
    "events": Kind.NUMBER,
    "single_event_sessions": Kind.NUMBER,
    "mean_seconds": Kind.SECONDS,
    "median_seconds": Kind.SECONDS,
}


def charts_of_sessions(unit: str, description: Description, parts: Sequence[Part]) -> list[Chart]:
    """Sessions and their lengths by period, figures of the whole range, and the events that begin and end sessions."""
    labelled = list(zip(parts, labels_of(description, parts), strict=True))
    counts = {"sessions": "sessions", "users": "users"}
    lengths = {"mean_seconds": "mean", "median_seconds": "median"}
    totals = tuple(
        (label or "all", *(figure(part["total"][name], kind) for name, kind in _FIGURES.items()))
        for part, label in labelled
    )
    return [
        lines_of("Sessions", Kind.NUMBER, unit, counts, description, parts),
        lines_of("Length of sessions", Kind.SECONDS, unit, lengths, description, parts),
        Table(
            "Whole range",
            ("segment", *(name.replace("_seconds", " length").replace("_", " ") for name in _FIGURES)),
            totals,
        ),
        *(_ranked(title, part[name]) for part, label in labelled for title, name in _ends(label)),
    ]


def _ends(label: str) -> list[tuple[str, str]]:
    return [
        (titled("Events that begin sessions", label), "entries"),
        (titled("Events that end sessions", label), "exits"),
    ]


def _ranked(title: str, rows: Sequence[Part]) -> Bars:
    counts = [row["sessions"] for row in rows]
    bars = [Bar(row["event"], row["sessions"], share) for row, share in zip(rows, shares_of(counts), strict=True)]
    note = f"The {_MOST_BARS} most frequent of {len(bars)} events." if len(bars) > _MOST_BARS else ""
    return Bars(title, Kind.NUMBER, (Group("", tuple(bars[:_MOST_BARS])),), note)


def charts_of_paths(description: Description, parts: Sequence[Part]) -> list[Chart]:
    """The users at each event and place, and the most frequent paths."""
    charts: list[Chart] = []
    for part, label in zip(parts, labels_of(description, parts), strict=True):
        charts += [_flow(titled("Events by place", label), part), _paths(titled("Most frequent paths", label), part)]
    return charts


def _flow(title: str, part: Part) -> Flow:
    places: dict[int, dict[str, int]] = {}
    for row in sorted(part["nodes"], key=lambda row: (row["place"], -row["users"], row["event"])):
        places.setdefault(row["place"], {})[row["event"]] = row["users"]
    links = tuple(Link(row["place"], row["source"], row["target"], row["users"]) for row in part["links"])
    return Flow(title, part["users"], places, links)


def _paths(title: str, part: Part) -> Bars:
    bars = []
    for row in part["paths"]:
        share = row["users"] / part["users"]
        bars.append(Bar(" → ".join(row["path"]), row["users"], share, figure(share, Kind.SHARE)))
    return Bars(title, Kind.NUMBER, (Group("", tuple(bars)),))
