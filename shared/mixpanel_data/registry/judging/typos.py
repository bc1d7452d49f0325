"""Misspelt names: a rare name that resembles a frequent one, with the same properties, while that one goes on.

A name that takes over from another one is a rename and no typo: then the other one does not go on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mixpanel_data.registry.judging.own_keys import is_mixpanels
from mixpanel_data.registry.judging.shapes import EventDay
from mixpanel_data.registry.judging.spelling.names import SpelledName, alike, are_twins, changed_words

Histories = Mapping[str, Sequence[EventDay]]

# A typo has at most a twentieth of the other name's events.
_RARER = 20
# From the typo's first day on, the other name has at least twice as many.
_GOES_ON = 2


@dataclass(frozen=True, slots=True)
class PropertySet:
    """The properties of an event: those that any of its events has, and those that half of them have or more."""

    all: frozenset[str]
    usual: frozenset[str]

    @classmethod
    def of(cls, shares: Mapping[str, float]) -> "PropertySet":
        """The event's own properties, from the share of its events that have each; Mixpanel's keys tell nothing."""
        own = {name: share for name, share in shares.items() if not is_mixpanels(name)}
        return cls(frozenset(own), frozenset(name for name, share in own.items() if share >= 0.5))


@dataclass(frozen=True, slots=True)
class Resemblance:
    """The more frequent name that one resembles, and whether it was probably meant."""

    similar_to: str
    is_typo: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A name, and a more frequent one that it resembles."""

    name: SpelledName
    other: SpelledName


def pairs(histories: Histories) -> list[Pair]:
    """The pairs of event names of which one may be a typo, or that are twins; none with names that Mixpanel gives.

    The first of two is the one with fewer events, or of equally many the later one by name.
    """
    events = _events(histories)
    found = _alike(events)
    vocabulary = _Vocabulary(events, found)
    return [pair for pair in found if not vocabulary.has_both_words(pair)]


def names_in(found: Iterable[Pair]) -> list[str]:
    """The names whose properties decide about the pairs, sorted."""
    return sorted({name.text for pair in found for name in (pair.name, pair.other)})


def resemblances(
    histories: Histories, found: Iterable[Pair], properties: Mapping[str, PropertySet]
) -> dict[str, Resemblance]:
    """What each name resembles: the typos of a name before others, then the more frequent one."""
    events = _events(histories)
    best: dict[str, tuple[tuple[bool, int, str], Resemblance]] = {}
    for pair in found:
        name, other = pair.name.text, pair.other.text
        if not _share_properties(properties[name], properties[other]):
            continue
        is_typo = _is_rare_beside(histories[name], histories[other])
        rank = (not is_typo, -events[other], other)
        if name not in best or rank < best[name][0]:
            best[name] = (rank, Resemblance(other, is_typo))
    return {name: resemblance for name, (_, resemblance) in best.items()}


def _events(histories: Histories) -> dict[str, int]:
    return {name: sum(day.events for day in days) for name, days in histories.items()}


def _alike(events: Mapping[str, int]) -> list[Pair]:
    """The twins, and the rare names that are near frequent ones."""

    def is_worth(one: str, other: str) -> bool:
        rare, frequent = sorted((events[one], events[other]))
        return rare * _RARER <= frequent

    own = (name for name in events if not is_mixpanels(name))
    return [_ordered(one, other, events) for one, other in alike(own, is_worth)]


def _ordered(one: SpelledName, other: SpelledName, events: Mapping[str, int]) -> Pair:
    rare, frequent = sorted((one, other), key=lambda name: (events[name.text], [-ord(c) for c in name.text]))
    return Pair(rare, frequent)


def _is_rare_beside(days: Sequence[EventDay], other: Sequence[EventDay]) -> bool:
    events = sum(day.events for day in days)
    since = sum(day.events for day in other if day.day >= days[0].day)
    return events * _RARER <= sum(day.events for day in other) and since >= _GOES_ON * events


def _share_properties(one: PropertySet, other: PropertySet) -> bool:
    """Whether half of what either usually has is known to the other."""
    return all(2 * len(ours.usual & theirs.all) >= len(ours.usual) for ours, theirs in ((one, other), (other, one)))


class _Vocabulary:
    """The words of all names, with the events that they occur in."""

    def __init__(self, events: Mapping[str, int], found: Sequence[Pair]) -> None:
        self._events = events
        wanted = {word for pair in found for word in changed_words(pair.name, pair.other)[0]}
        self._names: dict[str, list[SpelledName]] = defaultdict(list)
        self._all_words: set[tuple[str, ...]] = set()
        self._elsewhere: dict[tuple[str, str], int] = {}
        for name in map(SpelledName, events if wanted else ()):
            self._all_words.add(name.words)
            for word in wanted.intersection(name.words):
                self._names[word].append(name)

    def has_both_words(self, pair: Pair) -> bool:
        """Whether the rarer name's word is one of its own: frequent in names that have no counterpart with the other.

        So `Card Opened` is not `Cart Opened` where there is a `Card Added`; but `Chekout Started` is a typo beside
        `Chekout Completed`, because there is a `Checkout Completed`.
        """
        if are_twins(pair.name, pair.other):
            return False
        ours, theirs = changed_words(pair.name, pair.other)
        if len(ours) != 1 or len(theirs) != 1:
            return False
        return self._events_elsewhere(ours[0], theirs[0]) * _RARER >= self._events[pair.other.text]

    def _events_elsewhere(self, word: str, other: str) -> int:
        """The events whose name has the word, while no name has the other one in its place."""
        if (word, other) not in self._elsewhere:
            names = [name for name in self._names[word] if not self._has_counterpart(name, word, other)]
            self._elsewhere[word, other] = sum(self._events[name.text] for name in names)
        return self._elsewhere[word, other]

    def _has_counterpart(self, name: SpelledName, word: str, other: str) -> bool:
        return tuple(other if each == word else each for each in name.words) in self._all_words
