"""JSON values of properties, and figures over numbers."""

import json
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any


def is_number(value: object) -> bool:
    """Whether a JSON value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def json_text(value: Any) -> str:
    """A value as compact JSON. Decided: equal numbers are written alike (10.0 as 10), names of objects are sorted."""
    return json.dumps(_alike(value), separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def is_same(one: object, other: object) -> bool:
    """Whether two values are equal within their JSON type: `"10"` is not `10`, true is not 1; 10 is 10.0."""
    return json_text(one) == json_text(other)


def percentile(numbers: Sequence[float], share: float) -> float | None:
    """The exact percentile, linear between neighbours; None of nothing.

    Page funnels-advanced, Time to Convert: Mixpanel's own are approximate. Decided: of n numbers in order, the one at
    place `share` · (n - 1), counted from 0, and between two places as far from each as the place is.
    """
    if not numbers:
        return None
    ordered = sorted(map(Fraction, numbers))
    place = Fraction(str(share)) * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (ordered[high] - ordered[low]) * (place - low))


def mean(numbers: Sequence[float]) -> float | None:
    """The arithmetic mean; None of nothing."""
    return float(sum(map(Fraction, numbers)) / len(numbers)) if numbers else None


def total(numbers: Sequence[float]) -> float:
    """The sum, rounded once; 0 of nothing."""
    return float(sum(map(Fraction, numbers)))


def ratio(part: float | None, whole: float) -> float | None:
    """Part by whole; None where there is no whole."""
    return None if part is None or whole == 0 else part / whole


def _alike(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _alike(member) for name, member in value.items()}
    return [_alike(member) for member in value] if isinstance(value, list) else value
