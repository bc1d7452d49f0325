"""What is new: it was absent before, and that absence was no chance.

The first sighting does not count, because everything has one.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from mixpanel_data.registry.judging.shapes import EventDay, PropertyDay
from mixpanel_data.registry.judging.statistics.chance import chance_of_absence

FIRST_WEEK = timedelta(days=7)
"""What is first seen in the first week of a history was there before."""

_CHANCE_OF_DAYS = 0.002
_CHANCE_OF_EVENTS = 0.0001
_LEAST_DAYS = 3


def new_event(days: Sequence[EventDay], history: date, at: date) -> date | None:
    """The first day of an event that is new; `history` is the first day of any event."""
    if not days or days[0].day < history + FIRST_WEEK:
        return None
    first = days[0].day
    before = (first - history).days
    seen = [day.day for day in days if day.day <= at]
    for number, day in enumerate(seen[1:], start=1):
        since = (day - first).days
        if number + 1 >= _LEAST_DAYS and chance_of_absence(number, since, before) < _CHANCE_OF_DAYS:
            return first
    return None


def new_property(days: Sequence[PropertyDay]) -> date | None:
    """The first day of a property that is new to its event, whose days these are."""
    first = next((number for number, day in enumerate(days) if day.types), None)
    if first is None or days[first].day < days[0].day + FIRST_WEEK:
        return None
    before = sum(day.of for day in days[:first])
    # The first day may lack its first hours: its events are counted only where they have the property.
    hits = of = sum(days[first].types.values())
    seen_days = 0
    for number, day in enumerate(days[first + 1 :], start=1):
        if not day.types:
            of += day.of
            continue
        present = min(sum(day.types.values()), day.of)
        hits, of, seen_days = hits + present, of + day.of, seen_days + 1
        by_days = chance_of_absence(seen_days, number, first)
        by_events = chance_of_absence(hits - 1, of - 1, before)
        if seen_days + 1 >= _LEAST_DAYS and by_days < _CHANCE_OF_DAYS and by_events < _CHANCE_OF_EVENTS:
            return days[first].day
    return None
