"""Explosions of cardinality: a property with up to 20 values gets 20 new ones within three days on which it is seen."""

from collections.abc import Sequence
from datetime import date

from mixpanel_data.registry.judging.shapes import PropertyDay
from mixpanel_data.registry.judging.statistics.sequential import COMMON, log_odds

FEW = 20
"""The most distinct values that a property of the cardinality `few` has."""

_NEW_VALUES = 20
_WITHIN_DAYS = 3
_USUAL_DAYS = 30
_LEAST_USUAL_DAYS = 7
# Few values of many events are few; few values of few events say nothing.
_LEAST_EVENTS_PER_VALUE = 3
_LEAST_EVENTS = 30
# A property that still gets new values before is on its way to many.
_LATE_VALUES = 2


def explosions(days: Sequence[PropertyDay]) -> list[date]:
    """The days on which explosions began, oldest first."""
    seen = [day for day in days if day.distinct]
    at_first = _first_values(seen)
    found: list[date] = []
    start = 0
    for index in range(len(seen)):
        first = max(start, index + 1 - _WITHIN_DAYS)
        if sum(at_first[first : index + 1]) < _NEW_VALUES:
            continue
        day = _explosion(seen[max(start, first - _USUAL_DAYS) : first], seen[first : index + 1])
        if day:
            found.append(day)
            start = index + 1
    return found


def _first_values(seen: Sequence[PropertyDay]) -> list[int]:
    """How many values of each day no day before had, at most."""
    known: set[str] = set()
    counts = []
    for day in seen:
        counts.append(day.distinct if day.values is None else len(day.values - known))
        known |= day.values or set()
    return counts


def _explosion(usual: Sequence[PropertyDay], latest: Sequence[PropertyDay]) -> date | None:
    """The day on which the values of the latest days began to explode; None if they do not."""
    known = _few_values(usual) if usual and usual[-1].values is not None else None
    if known is None or _has_another_type(usual, latest):
        return None
    listed = frozenset[str]().union(*(day.values or () for day in latest)) - known
    by_day = [_new_values(day, known) for day in latest]
    if max(len(listed), *by_day) < _NEW_VALUES:
        return None
    # A stray new value on the day before is not where it began.
    first = next(day for day, count in zip(latest, by_day, strict=True) if 3 * count >= max(by_day))
    return first.day


def _few_values(usual: Sequence[PropertyDay]) -> frozenset[str] | None:
    """The values of these days, if they are few and few are new in their later half; None otherwise."""
    if len(usual) < _LEAST_USUAL_DAYS or any(day.values is None for day in usual):
        return None
    known = _values(usual)
    late = known - _values(usual[: len(usual) // 2])
    events = sum(sum(day.types.values()) for day in usual)
    enough = events >= max(_LEAST_EVENTS, _LEAST_EVENTS_PER_VALUE * len(known))
    return known if enough and len(known) <= FEW and len(late) <= _LATE_VALUES else None


def _values(days: Sequence[PropertyDay]) -> frozenset[str]:
    return frozenset[str]().union(*(day.values or () for day in days))


def _new_values(day: PropertyDay, known: frozenset[str]) -> int:
    """How many values of the day are new, at least: of one with more values than are listed, all known ones may be."""
    return len(day.values - known) if day.values is not None else max(0, day.distinct - len(known))


def _has_another_type(usual: Sequence[PropertyDay], latest: Sequence[PropertyDay]) -> bool:
    """Whether a type came with the new values, which then are new because of it: that is a change of type."""
    before, after = _types(usual), _types(latest)
    of_before, of_after = sum(before.values()), sum(after.values())
    return any(
        count >= COMMON * of_after and log_odds(before.get(family, 0), of_before) <= 0
        for family, count in after.items()
    )


def _types(days: Sequence[PropertyDay]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for day in days:
        for name, count in day.types.items():
            family = "number" if name == "integer" else name
            counts[family] = counts.get(family, 0) + count
    return counts
