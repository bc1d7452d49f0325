"""Configurations whose names make trouble in SQL: metrics called as what statements name, properties spelt alike."""

from collections.abc import Sequence
from typing import Any

ALIKE = ("net worth", "netWorth", "net_worth", "NET_WORTH", "net.worth", "$net_worth", "net_worth_2", "$", "§", "2")
"""Properties that become the same identifier."""
TAKEN = (
    *("daily", "fresh", "stored", "changes", "totals", "steps", "clusters", "keys", "versions", "moved", "recomputed"),
    *("event_name", "event_timestamp", "properties", "version", "events", "counted", "typed", "numbers", "scalars"),
    *("net_worth_text", "a_counts", "event_as_timestamp", "user_insights", "fresh_daily", "is_new", "value"),
)
"""Names that a metric may have, and that a statement gives to relations and columns of its own."""
VALUES = {"STRING": "s", "INT64": 1, "NUMERIC": 1.5, "BOOL": True, "TIMESTAMP": "2040-01-01"}
"""A value of each type."""


def called(names: Sequence[str]) -> dict[str, Any]:
    """Metrics with these names in turn counters and properties, all over the property `net worth`."""
    return {
        "counters": {name: {"event": "Visit", "sum": "net worth"} for name in names[::2]},
        "latest": {
            **{name: {"property": "net worth", "type": "NUMERIC", "events": ["Visit"]} for name in names[1::2]},
            "seen": {"property": "event", "type": "TIMESTAMP"},
        },
    }


def reading(properties: Sequence[str]) -> dict[str, Any]:
    """Metrics that read each of these properties: counters `a0`, `a1` and so on, and one of each type."""
    return {
        "counters": {
            f"a{place}": {"event": "Visit", "sum": name, "where": {name: place}}
            for place, name in enumerate(properties)
        },
        "latest": {
            f"as_{type_}_{place}": {"property": name, "type": type_}
            for place, name in enumerate(properties)
            for type_ in VALUES
        },
    }
