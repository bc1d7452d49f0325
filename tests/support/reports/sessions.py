"""Sessions: page docs/features/sessions, Timeout-Based Sessions."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from mixpanel_data.configuration.reports.definitions import Sessions
from support.reports.days import day_of, long_periods, period_of
from support.reports.events import Event, Row, World, histories, person_of
from support.reports.ranges import days_asked, in_range
from support.reports.values import mean, percentile

SESSION_TIMEOUT = timedelta(minutes=30)
MIXPANELS_EXCLUDED = frozenset(
    {
        "$identify",
        "$create_alias",
        "$merge",
        "$hotshard_events",
        "$campaign_delivery",
        "$campaign_bounced",
        "$campaign_marked_spam",
        "$message_suppressed",
        "$unsubscribe",
        "$journey_entered",
    }
)
"""What page docs/features/sessions, FAQ, leaves out by default."""


def sessions_of(
    history: Sequence[Event], zone: ZoneInfo, timeout: timedelta, excluded: Collection[str]
) -> list[list[Event]]:
    """The sessions of one user.

    Page docs/features/sessions: a session starts with any event that is not excluded, and ends with the last one before
    the timeout has elapsed; every session is reset at midnight of the project's zone. Decided: an event exactly the
    timeout after the one before still belongs.
    """
    events = [event for event in history if event.name not in excluded]
    sessions = [[event] for event in events[:1]]
    for before, event in pairwise(events):
        is_cut = day_of(event.time, zone) != day_of(before.time, zone)
        if is_cut or event.time - before.time > timeout:
            sessions.append([])
        sessions[-1].append(event)
    return sessions


def sessions(definition: Sessions, events: Sequence[Event], world: World) -> Row:
    """Figures of the sessions of each period, in `rows`, and of the range, in `total`; the latter's entries and exits.

    Page docs/features/sessions, Session Properties: the length is that from the first to the last event, in seconds;
    the count of events is without excluded ones. `entries` and `exits` have each event's name and how many sessions
    it begins and ends, the most frequent first, ties by name.
    """
    excluded = MIXPANELS_EXCLUDED | set(definition.exclude)
    people = histories(in_range(events, definition, world), definition.by)
    found = [
        session
        for history in people.values()
        for session in sessions_of(history, world.zone, definition.timeout, excluded)
    ]
    first, last = days_asked(definition)
    by_period: dict[Any, list[list[Event]]] = {period: [] for period in long_periods(first, last, definition.unit)}
    for session in found:
        by_period[period_of(session[0].time, definition.unit, world.zone)].append(session)
    return {
        "rows": [{"period": period} | _figures(some, definition) for period, some in by_period.items()],
        "total": _figures(found, definition),
        "entries": _ranked(Counter(session[0].name for session in found), "sessions"),
        "exits": _ranked(Counter(session[-1].name for session in found), "sessions"),
    }


def length_of(session: Sequence[Event]) -> float:
    """Seconds from the first to the last event."""
    return (session[-1].time - session[0].time).total_seconds()


def _figures(found: Sequence[Sequence[Event]], definition: Sessions) -> Row:
    lengths = [length_of(session) for session in found]
    return {
        "sessions": len(found),
        "users": len({person_of(session[0], definition.by) for session in found}),
        "events": sum(map(len, found)),
        "mean_seconds": mean(lengths),
        "median_seconds": percentile(lengths, 0.5),
        "single_event_sessions": sum(len(session) == 1 for session in found),
    }


def _ranked(counts: Counter[str], figure: str) -> list[Row]:
    return [{"event": name, figure: counts[name]} for name in sorted(counts, key=lambda name: (-counts[name], name))]
