"""The segments of a breakdown by a property."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

from mixpanel_data.configuration.reports.definitions import Breakdown
from support.reports.values import is_number, json_text

UNDEFINED = "undefined"


def label_of(value: Any, breakdown: Breakdown) -> str:
    """The segment of a value: text as it is, other values as JSON, null and missing `undefined`.

    Numbers with `width` or `edges` lie in [low, high). Decided: below the first edge and from the last one on are
    segments too, and what is no number stays as it is.
    """
    if value is None:
        return UNDEFINED
    if is_number(value) and breakdown.width is not None:
        low = math.floor(value / breakdown.width) * breakdown.width
        return f"[{json_text(low)}, {json_text(low + breakdown.width)})"
    if is_number(value) and breakdown.edges:
        return _between(value, breakdown.edges)
    return value if isinstance(value, str) else json_text(value)


def largest(sizes: Mapping[str, int], limit: int) -> list[str]:
    """The largest segments, the largest first.

    Page docs/reports: by events for totals, by users for uniques, by first steps in funnels, by first events in
    retention. Decided: of equal ones, the first by name (by code points).
    """
    return sorted(sizes, key=lambda label: (-sizes[label], label))[:limit]


def _between(value: float, edges: tuple[float, ...]) -> str:
    if value < edges[0]:
        return f"(-∞, {json_text(edges[0])})"
    if value >= edges[-1]:
        return f"[{json_text(edges[-1])}, ∞)"
    low, high = next((low, high) for low, high in itertools.pairwise(edges) if low <= value < high)
    return f"[{json_text(low)}, {json_text(high)})"
