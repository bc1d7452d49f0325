"""The users of a segment, as of an instant.

Page docs/users/cohorts: a cohort is worked out as of now, from what users did and how often in a time range, and
combined by and/or; one from a list of ids is static.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from mixpanel_data.configuration.base import Configuration
from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.configuration.reports.segments import All, AnyOf, Did, FirstDid, Ids, Named, Not
from support.reports.conditions import is_one_of
from support.reports.days import day_of, is_within
from support.reports.events import Event, World, histories
from support.reports.values import is_number, total


def members(segment: Configuration, events: Sequence[Event], world: World, by: By) -> frozenset[str]:
    """The users of a segment. Decided: only events up to `as_of` count, and users are those who have one."""
    as_of = world.as_of or world.now
    people = histories([event for event in events if event.time <= as_of], by)
    return _members(segment, people, replace(world, as_of=as_of), by)


def _members(segment: Configuration, people: dict[str, list[Event]], world: World, by: By) -> frozenset[str]:
    everyone = frozenset(people)
    match segment:
        case All(all=parts):
            return frozenset.intersection(*(_members(part, people, world, by) for part in parts))
        case AnyOf(any=parts):
            return frozenset.union(*(_members(part, people, world, by) for part in parts))
        case Not(not_=part):
            return everyone - _members(part, people, world, by)
        case Did():
            return frozenset(person for person, history in people.items() if _did(segment, history, world))
        case FirstDid():
            return frozenset(person for person, history in people.items() if _first_did(segment, history, world))
        case Ids(ids=ids):
            return everyone & {world.person_with(one, by) for one in ids}
        case Named(segment=name):
            saved = world.saved[name]
            if isinstance(saved, frozenset):
                return everyone & {world.person_with(one, by) for one in saved}
            return _members(saved, people, world, by)
    raise TypeError(f"{segment!r} is no segment")


def _did(segment: Did, history: list[Event], world: World) -> bool:
    """Whether a user did it so often, or so much.

    Decided: who never did it did it 0 times, with a sum of 0, and is therefore in `at_most` and `exactly` 0.
    """
    done = [
        event
        for event in history
        if is_one_of(event, segment.did, segment.where) and _in_days(event.time, segment, world)
    ]
    figure = len(done) if segment.sum is None else _sum(done, segment.sum)
    if segment.exactly is not None:
        return figure == segment.exactly
    if segment.at_least is None and segment.at_most is None:
        return figure >= 1
    least, most = segment.at_least, segment.at_most
    return (least is None or figure >= least) and (most is None or figure <= most)


def _first_did(segment: FirstDid, history: list[Event], world: World) -> bool:
    """Whether the first event of this kind lies within the days.

    Page docs/reports, first time ever: the first instance in the whole history of the user.
    """
    first = next((event for event in history if is_one_of(event, segment.first_did, segment.where)), None)
    return first is not None and _in_days(first.time, segment, world)


def _sum(events: list[Event], name: str) -> float:
    values = [event.properties.get(name) for event in events]
    return total([value for value in values if isinstance(value, int | float) and is_number(value)])


def _in_days(time: datetime, segment: Did | FirstDid, world: World) -> bool:
    first, last = _days(segment, world)
    return is_within(time, first, last, world.zone)


def _days(segment: Did | FirstDid, world: World) -> tuple[date | None, date | None]:
    if segment.within_days is None:
        return segment.from_, segment.to
    today = day_of(world.as_of or world.now, world.zone)
    return today - timedelta(days=segment.within_days - 1), today
