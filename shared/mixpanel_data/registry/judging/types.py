"""Changes of a property's type: a type that the values did not have becomes common among them.

Integer and number are one type, apart from integers among which numbers with a fraction become common: that widens the
type. Null is a type like the others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mixpanel_data.registry.judging.shapes import PropertyDay
from mixpanel_data.registry.judging.statistics.sequential import DayShare, ShareWatch, Total, log_odds

_FAMILIES = ("string", "number", "boolean", "null", "array", "object")
# Numbers with a fraction; watched while all numbers are whole.
_FRACTION = "fraction"
_WATCHED = (*_FAMILIES, _FRACTION)
_LEARNING = timedelta(days=7)
_RECENT_DAYS = 30
_UNSTABLE_DAYS = 7
_FIRST_DAYS = 3
# Of a type that the last days have beside another one: 20 times likelier with 5% than with 1%.
_LEAST_LOG_ODDS = 3.0


@dataclass(frozen=True, slots=True)
class TypeChange:
    """Since `day` the values have the types `after`; both joined by |."""

    day: date
    before: str
    after: str
    is_breaking: bool


def type_changes(days: Sequence[PropertyDay]) -> list[TypeChange]:
    """The changes of type in the days, oldest first; none of them in the first week that has values."""
    seen = [_counted(day) for day in days if day.types]
    if not any(len(day.counts) > 1 for day in seen) and len({key for day in seen for key in day.counts}) < 2:
        return []
    return _Types(seen).changes()


def types_from(days: Sequence[PropertyDay], first: date) -> str:
    """The types of the values on the first three days with values from `first` on, joined by |."""
    return "|".join(_named(_common([_counted(day) for day in days if day.types and day.day >= first][:_FIRST_DAYS])))


def is_unstable(days: Sequence[PropertyDay]) -> bool:
    """Whether the last 7 days with values have two types other than null; strays do not count."""
    last = [_counted(day) for day in days if day.types][-_UNSTABLE_DAYS:]
    families = [family for family in _FAMILIES if family != "null"]
    return sum(_total(last, family) > 0 and _is_sure(last, family) for family in families) > 1


@dataclass(frozen=True, slots=True)
class _Counts:
    day: date
    counts: Mapping[str, int]
    of: int

    def share_of(self, family: str) -> DayShare:
        return DayShare(self.day, self.counts.get(family, 0), self.of)


def _counted(day: PropertyDay) -> _Counts:
    counts: dict[str, int] = {}
    for name, events in day.types.items():
        family = "number" if name == "integer" else name
        counts[family] = counts.get(family, 0) + events
    if "number" in day.types:
        counts[_FRACTION] = day.types["number"]
    return _Counts(day.day, counts, sum(day.types.values()))


class _Types:
    """The types that hold, and a watch for each of the others."""

    def __init__(self, days: Sequence[_Counts]) -> None:
        self._days = days
        end = days[0].day + _LEARNING
        self._learned = sum(day.day < end for day in days)
        self._holds = _common(days[: self._learned])
        self._watches: dict[str, ShareWatch] = {}
        self._watch(days[: self._learned])

    def changes(self) -> list[TypeChange]:
        found = []
        for index in range(self._learned, len(self._days)):
            day = self._days[index]
            starts = {family: watch.add(day.share_of(family)) for family, watch in self._watches.items()}
            certain = {family: start for family, start in starts.items() if start}
            if certain:
                found += self._change(certain, index)
            elif any(watch.is_settled for watch in self._watches.values()):
                self._settle()
        return found

    def _change(self, certain: Mapping[str, date], index: int) -> list[TypeChange]:
        start = min(certain.values())
        first = next(number for number, day in enumerate(self._days) if day.day >= start)
        since = self._days[first : index + 1]
        before = self._labels(self._days[max(0, first - _RECENT_DAYS) : first])
        had = self._holds
        # The first day of a change may still have hours without it.
        self._holds = _common(since[1:] or since) | certain.keys()
        if "number" in self._holds and _FRACTION in had:
            self._holds.add(_FRACTION)
        elif _FRACTION in self._holds:
            self._holds.add("number")
        self._watch(since)
        after = _named(self._holds)
        if before == after:
            return []
        return [_type_change(start, before, after)]

    def _labels(self, recent: Sequence[_Counts]) -> list[str]:
        """The types that held and were there lately."""
        there = self._holds & (_common(recent) | {_FRACTION})
        return _named(there if there - {_FRACTION} else self._holds)

    def _watch(self, learned: Sequence[_Counts]) -> None:
        self._watches = {}
        for family in _WATCHED:
            if family in self._holds or (family == _FRACTION and "number" not in self._holds):
                continue
            before = Total()
            for day in learned:
                before.add(day.share_of(family))
            self._watches[family] = ShareWatch(before)

    def _settle(self) -> None:
        for family in [family for family, watch in self._watches.items() if watch.is_settled]:
            self._holds.add(family)
            del self._watches[family]


def _type_change(day: date, before: Sequence[str], after: Sequence[str]) -> TypeChange:
    added = set(after) - set(before) - ({"number"} if "integer" in before else set())
    return TypeChange(day, "|".join(before), "|".join(after), bool(added))


def _common(days: Sequence[_Counts]) -> set[str]:
    of = sum(day.of for day in days)
    return {family for family in _WATCHED if log_odds(_total(days, family), of) > 0}


def _is_sure(days: Sequence[_Counts], family: str) -> bool:
    of = sum(day.of for day in days)
    hits = _total(days, family)
    return 2 * hits >= of or log_odds(hits, of) >= _LEAST_LOG_ODDS


def _total(days: Sequence[_Counts], family: str) -> int:
    return sum(day.counts.get(family, 0) for day in days)


def _named(families: Iterable[str]) -> list[str]:
    """The types as observations name them: number if some have a fraction, integer if none has."""
    held = set(families)
    whole = "number" in held and _FRACTION not in held
    return ["integer" if name == "number" and whole else name for name in _FAMILIES if name in held]
