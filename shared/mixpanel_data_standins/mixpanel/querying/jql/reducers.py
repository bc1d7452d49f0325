"""The `mixpanel` object of scripts: reducers, and the buckets of numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mixpanel_data_standins.mixpanel.querying.jql.members import member
from mixpanel_data_standins.mixpanel.querying.jql.values import UNDEFINED, Function, json_text, number

Reduce = Callable[[list[object]], object]
DAY_MS = 86_400_000.0


@dataclass(frozen=True, slots=True)
class Reducer:
    """A built-in reducer: all items in, the value out."""

    reduce: Reduce


def value_at(item: object, path: object) -> object:
    """The value of an item at a path such as `properties.plan`, or the result of a function."""
    if callable(path):
        return path([item])
    for name in str(path).split("."):
        if item is None or item is UNDEFINED:
            return UNDEFINED
        item = member(item, name, 1)
    return item


def reduced(reducer: object, items: list[object]) -> object:
    """The items by a reducer, by several (a list of values), or by a function of the script."""
    if isinstance(reducer, list):
        return [reduced(one, items) for one in reducer]
    if isinstance(reducer, Reducer):
        return reducer.reduce(items)
    if callable(reducer):
        return reducer([[], items])
    raise TypeError("not a reducer")


def _numbers(items: list[object], path: object) -> list[float]:
    values = (value_at(item, path) for item in items)
    return [number(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]


def _over(reduce: Callable[[list[float]], object]) -> Function:
    return lambda given: Reducer(lambda items: reduce(_numbers(items, given[0])))


def _average(numbers: list[float]) -> object:
    return math.fsum(numbers) / len(numbers) if numbers else None


def _summary(numbers: list[float]) -> object:
    mean = math.fsum(numbers) / len(numbers) if numbers else 0.0
    squares = math.fsum(one * one for one in numbers)
    variance = max(0.0, squares / len(numbers) - mean * mean) if numbers else 0.0
    return {
        "count": float(len(numbers)),
        "sum": math.fsum(numbers),
        "sum_squares": squares,
        "avg": mean,
        "stddev": math.sqrt(variance),
    }


def _top(given: list[object]) -> Reducer:
    def reduce(items: list[object]) -> object:
        counts = Counter(json_text(item) for item in items)
        by_text = {json_text(item): item for item in items}
        ranked = counts.most_common(int(number(given[0])))
        return [{"value": by_text[key], "count": float(count)} for key, count in ranked]

    return Reducer(reduce)


def _numeric_bucket(given: list[object]) -> Function:
    path, bounds = given

    def bucket(arguments: list[object]) -> object:
        value = value_at(arguments[0], path)
        if not isinstance(value, (int, float)):
            return None
        if bounds is _DAILY:
            return math.floor(value / DAY_MS) * DAY_MS
        lower = [number(one) for one in bounds if number(one) <= value] if isinstance(bounds, list) else []
        return max(lower, default=None)

    return bucket


_DAILY: object = {"bucket": "day"}
_REDUCERS: dict[str, object] = {
    "count": lambda _given: Reducer(lambda items: float(len(items))),
    "sum": _over(math.fsum),
    "avg": _over(_average),
    "min": _over(lambda numbers: min(numbers, default=None)),
    "max": _over(lambda numbers: max(numbers, default=None)),
    "numeric_summary": _over(_summary),
    "any": lambda _given: Reducer(lambda items: items[0] if items else None),
    "null": lambda _given: Reducer(lambda _items: None),
    "top": _top,
}
MIXPANEL: Mapping[str, object] = {
    "reducer": _REDUCERS,
    "numeric_bucket": _numeric_bucket,
    "daily_time_buckets": _DAILY,
}
