"""One user's journey and profile, the search for profiles, and the size of a segment over time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from mixpanel_data.configuration.base import Configuration
from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.configuration.reports.conditions import Where
from support.reports.conditions import meets
from support.reports.days import beginning, day_of, later, long_periods
from support.reports.events import Event, Row, World, histories
from support.reports.segments import members
from support.reports.sessions import MIXPANELS_EXCLUDED, SESSION_TIMEOUT, sessions_of
from support.reports.values import is_same

# Decided: these tell an event from others, and nothing about the user.
OF_THE_EVENT = frozenset({"time", "distinct_id", "$insert_id", "mp_processing_time_ms"})
_EMAILS = ("$email", "email")


def journey(identity: str, events: Sequence[Event], world: World, by: By = By.USER) -> list[Row]:
    """The timeline of the user that has this id, of all ids of the cluster; each event with the number of its session.

    Page docs/features/sessions: excluded events belong to no session, and have None.
    """
    history = histories(events, by).get(world.person_with(identity, by), [])
    sessions = sessions_of(history, world.zone, SESSION_TIMEOUT, MIXPANELS_EXCLUDED)
    number_of = {event.event_id: number for number, some in enumerate(sessions, start=1) for event in some}
    return [
        {
            "time": event.time,
            "event": event.name,
            "event_id": event.event_id,
            "distinct_id": event.user,
            "session": number_of.get(event.event_id),
            "properties": dict(event.properties),
        }
        for event in history
    ]


def profile(identity: str, events: Sequence[Event], world: World, by: By = By.USER) -> Row | None:
    """All that is known of the user that has this id; None without an event."""
    person = world.person_with(identity, by)
    history = histories(events, by).get(person)
    if not history:
        return None
    names = Counter(event.name for event in history)
    return {
        "user": person,
        "ids": world.ids_of(person, by),
        "events": len(history),
        "first_seen": history[0].time,
        "last_seen": history[-1].time,
        "active_days": len({day_of(event.time, world.zone) for event in history}),
        "sessions": len(sessions_of(history, world.zone, SESSION_TIMEOUT, MIXPANELS_EXCLUDED)),
        "events_by_name": {name: names[name] for name in sorted(names, key=lambda name: (-names[name], name))},
        "properties": latest_properties(history),
        "changes": property_changes(history),
    }


def latest_properties(history: Sequence[Event]) -> dict[str, Any]:
    """The value of each property in the last event that has one. Decided: null is none."""
    latest: dict[str, Any] = {}
    for event in history:
        latest |= _of_the_user(event)
    return dict(sorted(latest.items()))


def property_changes(history: Sequence[Event]) -> list[Row]:
    """Every event in which a property has another value than in the last event that had one, in order, then by name.

    The first value is a change too, from None. Values are compared within their JSON type.
    """
    changes: list[Row] = []
    latest: dict[str, Any] = {}
    for event in history:
        for name, value in sorted(_of_the_user(event).items()):
            if name not in latest or not is_same(latest[name], value):
                row = {"time": event.time, "event": event.name, "event_id": event.event_id, "property": name}
                changes.append(row | {"from": latest.get(name), "to": value})
            latest[name] = value
    return changes


def profiles(
    events: Sequence[Event],
    world: World,
    where: Where | None = None,
    *,
    email: str | None = None,
    identity: str | None = None,
    by: By = By.USER,
) -> list[Row]:
    """The users by name whose latest properties meet the condition, and who have this e-mail and this id.

    Decided: an e-mail is the latest `$email`, else `email`, letter by letter; an id is any of the user's.
    """
    found = []
    for person, history in histories(events, by).items():
        latest, ids = latest_properties(history), world.ids_of(person, by)
        is_asked_for = (
            meets(latest, where) and email in (None, _email(latest)) and (identity is None or identity in ids)
        )
        if is_asked_for:
            times = {"events": len(history), "first_seen": history[0].time, "last_seen": history[-1].time}
            found.append({"user": person, "ids": ids, **times, "properties": latest})
    return found


def cohort(
    segment: Configuration,
    events: Sequence[Event],
    world: World,
    days: tuple[date, date],
    unit: str = "day",
    by: By = By.USER,
) -> Row:
    """The size of a segment at the end of each period of these days, and its members as of `as_of`.

    Page docs/users/cohorts: a cohort is worked out as of an instant. Decided: as of the last microsecond of the period
    or of the range, or as of `as_of` if that is earlier; periods that begin after it are left out.
    """
    as_of = world.as_of or world.now
    first, last = days
    sizes = []
    for period in long_periods(first, last, unit):
        end = min(later(period, 1, unit), last + timedelta(days=1))
        if beginning(max(period, first), world.zone) <= as_of:
            then = replace(world, as_of=min(_just_before(beginning(end, world.zone)), as_of))
            sizes.append({"period": period, "size": len(members(segment, events, then, by))})
    found = sorted(members(segment, events, world, by))
    return {"rows": sizes, "size": len(found), "members": found}


def _just_before(time: datetime) -> datetime:
    return time - timedelta(microseconds=1)


def _of_the_user(event: Event) -> dict[str, Any]:
    return {name: value for name, value in event.properties.items() if value is not None and name not in OF_THE_EVENT}


def _email(latest: Mapping[str, Any]) -> object:
    return next((latest[name] for name in _EMAILS if name in latest), None)
