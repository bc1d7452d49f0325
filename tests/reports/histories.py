"""Small random histories that are full of borderline cases: ties, repeats, ends of the range, changes of the clock."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from mixpanel_data.configuration.base import Configuration
from mixpanel_data.configuration.reports.segments import Did, Ids
from support.reports.days import beginning
from support.reports.events import Event, World

# The days on which the clock changes: by an hour, in Havana at midnight, on Lord Howe Island by half an hour, and once
# by a day, which Samoa left out. In UTC and Kathmandu, whose hours begin at a quarter, it never does.
CHANGES: Mapping[str, tuple[date, date]] = {
    "Europe/Berlin": (date(2025, 3, 30), date(2025, 10, 26)),
    "America/New_York": (date(2025, 3, 9), date(2025, 11, 2)),
    "America/Havana": (date(2025, 3, 9), date(2025, 11, 2)),
    "Australia/Lord_Howe": (date(2025, 4, 6), date(2025, 10, 5)),
    "Pacific/Apia": (date(2011, 12, 30), date(2011, 12, 31)),
    "Asia/Kathmandu": (date(2025, 3, 1), date(2025, 11, 3)),
    "UTC": (date(2025, 3, 1), date(2025, 11, 3)),
}
CLUSTERS = {"ann": ("ann", "ann's phone")}
SAVED: Mapping[str, Configuration | frozenset[str]] = {
    "buyers": Did(did=("B",)),
    "kept": frozenset({"ann's phone", "bob", "stranger"}),
    "some": Ids(ids=("cat",)),
}
NAMES = ("A", "A", "A", "B", "B", "C", "C", "X", "$identify", 'it\'s "ü" \\😀')
"""The names of events, the frequent ones several times."""
PROPERTIES: Mapping[str, tuple[object, ...]] = {
    "plan": ("pro", "free", "Pro", "", "undefined", None),
    'it\'s "ü".a[0]': ("'", "\\", "a\nb", "😀", '"'),
    "item": ("shirt", 1, "1", True, "true", None),
    "amount": (0, 1, 2, 2.0, 10, 0.5, -1, -0.5, "2", False, None, [1], {"b": 1, "a": [2.0]}),
}

_MICROSECOND, _SECOND, _MINUTE = timedelta(microseconds=1), timedelta(seconds=1), timedelta(minutes=1)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_SHORT = (timedelta(), _MICROSECOND, _SECOND, 2 * _SECOND, 2 * _SECOND + _MICROSECOND, 5 * _SECOND)
"""No time at all, and the grace with its neighbours."""
_LONG = (10 * _MINUTE, 30 * _MINUTE, 30 * _MINUTE + _MICROSECOND, _HOUR, 5 * _HOUR, _DAY, 7 * _DAY)
"""The timeout of sessions, windows of funnels and intervals of retention, some with a neighbour."""
_USERS = (*("ann",) * 6, "ann's phone", "bob", "bob", "cat", "", None)
"""Distinct ids, mostly of one user: rules bite where a user has many events."""


@dataclass(frozen=True)
class Past:
    """A history, the world around it, and the days, in the world's zone, that a report is likely to ask for."""

    events: tuple[Event, ...]
    world: World
    first: date
    last: date


@st.composite
def pasts(draw: DrawFn, most_events: int = 24, crowds: int = 1) -> Past:
    """A history of a few users around a change of the clock; of so many crowds, each of a few users of its own.

    Hypothesis draws a seed and which events to keep, so that it can leave events out of a failing history. It does not
    draw each event: its draws repeat one another so often that few users would get through a funnel.
    """
    name = draw(st.sampled_from(sorted(CHANGES)))
    zone, change = ZoneInfo(name), draw(st.sampled_from(CHANGES[name]))
    first = change - draw(st.sampled_from([1, 0, 2, 9])) * _DAY
    last = change + draw(st.sampled_from([3, 0, 1, 9])) * _DAY
    random = Random(draw(st.integers(0, 2**32 - 1)))
    moments = _moments(first, change, last, zone)
    walk = [_of_crowd(event, crowd) for crowd in range(crowds) for event in _walk(random, moments, most_events)]
    left_out = draw(st.sets(st.integers(0, len(walk) - 1), max_size=len(walk)))
    events = tuple(event for number, event in enumerate(walk) if number not in left_out)
    as_of = random.choice([None, random.choice(moments)])
    clusters = {
        _in_crowd(name, crowd): tuple(_in_crowd(each, crowd) for each in ids)
        for name, ids in CLUSTERS.items()
        for crowd in range(crowds)
    }
    world = World(zone, now=random.choice(moments), as_of=as_of, saved=SAVED, clusters=clusters)
    return Past(events, world, first, last)


def _of_crowd(event: Event, crowd: int) -> Event:
    """The event as one of a crowd: its user has a name of the crowd's own; nobody stays nobody."""
    user = event.user and _in_crowd(event.user, crowd)
    cluster = event.cluster and _in_crowd(event.cluster, crowd)
    return replace(event, event_id=f"{event.event_id} {crowd}", user=user, cluster=cluster)


def _in_crowd(name: str, crowd: int) -> str:
    return f"{name} {crowd}" if crowd else name


def _moments(first: date, change: date, last: date, zone: ZoneInfo) -> list[datetime]:
    """Instants of the range, most of them near its midnights and the change, some right before and behind it."""
    midnights = [beginning(day, zone) for day in (first, change, change + _DAY, last, last + _DAY)]
    inside = [beginning(first, zone) + number * _HOUR / 2 for number in (1, 5, 19)]
    near_the_change = [beginning(change, zone) + number * _HOUR / 2 for number in range(1, 8)]
    apart = [timedelta(), *_SHORT, *(-length for length in _SHORT), 10 * _MINUTE, -10 * _MINUTE, -_DAY]
    return [moment + distance for moment in inside + near_the_change + midnights for distance in apart]


def _walk(random: Random, moments: list[datetime], count: int) -> list[Event]:
    """Events, each a short or a long time after the one before, mostly of the same user, or at a new moment.

    Their ids are in the order of neither the list nor the times, so that nothing else breaks the ties.
    """
    events: list[Event] = []
    for number in random.sample(range(count), count):
        step = random.choice((*_SHORT, *_LONG, None))
        is_new = step is None or not events
        time = random.choice(moments) if is_new else events[-1].time + (step or timedelta())
        user = events[-1].user if events and random.random() < 0.6 else random.choice(_USERS)
        cluster = next((cluster for cluster, ids in CLUSTERS.items() if user in ids), None)
        events.append(Event(f"{number:03x}", time, random.choice(NAMES), user, cluster, _properties(random)))
    return events


def _properties(random: Random) -> dict[str, object]:
    return {name: random.choice(values) for name, values in PROPERTIES.items() if random.random() < 0.7}
