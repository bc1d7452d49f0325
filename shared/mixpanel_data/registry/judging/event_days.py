"""The days of all events, as they were observed: read once for everything that a run judges."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from mixpanel_data.registry.judging.shapes import EventDay
from mixpanel_data.registry.judging.statements import EVENT_DAYS
from mixpanel_data.warehouse.base import Warehouse


@dataclass(frozen=True, slots=True)
class ObservedDay:
    """How many events of a name there were on a UTC day, how many are in the sample, and when, UTC.

    `has_others`: whether a property may go unlisted.
    """

    day: date
    events: int
    sampled: int
    first_seen: datetime
    last_seen: datetime
    has_others: bool


@dataclass(frozen=True, slots=True)
class EventLife:
    """All events of a name up to a day: first and last, UTC, how many, and on how many days."""

    first_seen: datetime
    last_seen: datetime
    events: int
    days: int


@dataclass(frozen=True, slots=True)
class EventDays:
    """The days of events by name, oldest first, also those after the day that is judged."""

    by_name: Mapping[str, Sequence[ObservedDay]]

    def newest(self, today: date) -> date | None:
        """The newest day with events, UTC, that is not after today; None where nothing was observed."""
        return max((one.day for days in self.by_name.values() for one in days if one.day <= today), default=None)

    def number_of(self, event_name: str) -> int:
        """On how many days an event was seen."""
        return len(self.by_name.get(event_name, ()))

    def up_to(self, event_name: str, at: date) -> list[ObservedDay]:
        """The days of an event up to that day, oldest first."""
        return [one for one in self.by_name.get(event_name, ()) if one.day <= at]

    def histories(self, at: date) -> dict[str, list[EventDay]]:
        """The days up to `at` on which each event was seen, oldest first; names without one are not among them."""
        days = {name: [EventDay(one.day, one.events) for one in self.up_to(name, at)] for name in self.by_name}
        return {name: of_name for name, of_name in days.items() if of_name}

    def life(self, event_name: str, at: date) -> EventLife:
        """All events of a name up to that day, of which there is at least one."""
        days = self.up_to(event_name, at)
        return EventLife(
            min(one.first_seen for one in days),
            max(one.last_seen for one in days),
            sum(one.events for one in days),
            len(days),
        )


def event_days(warehouse: Warehouse) -> EventDays:
    """The observed days of all events. Raises the warehouse's errors."""
    by_name: dict[str, list[ObservedDay]] = defaultdict(list)
    with warehouse.stream(EVENT_DAYS) as rows:
        for row in rows:
            names = ("day", "events", "sampled", "first_seen", "last_seen", "has_others")
            by_name[row["event_name"]].append(ObservedDay(*(row[name] for name in names)))
    return EventDays(dict(by_name))
