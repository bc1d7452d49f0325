"""How tables show incidents, and the minutes of an event."""

from collections.abc import Mapping, Sequence
from typing import Any

from mixpanel_data.cli.base.tables.columns import Choice, Column, Kind, spare
from mixpanel_data.cli.base.tables.plots import Band

_WINDOWS: Choice = ("peak", "peak_count", "peak_expected", *spare("window", "count", "expected"))
ALERTS: Choice = ("event", *spare("rule"), "direction", "state", *_WINDOWS, *spare("channel"))
BACKTEST: Choice = ("opened_at", "resolved_at", "event", *spare("rule"), "direction", *_WINDOWS)
SERIES: Choice = ("minute", "count", *spare("expected", "low", "high", "score"), Column("plot", kind=Kind.PLOT))


def with_windows(alerts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The alerts with their first and their most abnormal window as one text each: start and end, UTC."""
    return [
        {**alert, **{name: _window(alert[f"{name}_start"], alert[f"{name}_end"]) for name in ("window", "peak")}}
        for alert in alerts
    ]


def _window(start: str, end: str) -> str:
    """`2026-03-10 19:00 to 19:15`, with the second date where it is another one."""
    date, since = start[:16].split("T")
    return f"{date} {since} to {end[11:16] if end.startswith(date) else end[:16].replace('T', ' ')}"


def with_plots(series: Sequence[Mapping[str, Any]], top: float) -> list[Mapping[str, Any]]:
    """The minutes, each with the drawing of its count within the band."""
    return [{**row, "plot": Band(row["count"], row["low"], row["expected"], row["high"], top)} for row in series]
