"""Which incidents belong to one of all events together, so that this one alone is told. Pure.

When every event falls to a third, that is one thing that happened, and not one for each event.

1. An event's incident belongs to the whole's if both have one direction and it began no more than an hour before the
   whole's first abnormal window, and before the whole was back to normal.
2. Later than an hour after that, it belongs only as far as the whole explains it: on a quiet holiday a checkout that
   stops is news.
3. For the same reason it stands by itself again once it is more abnormal than the whole explains, or outlasts the
   whole by more than the cooldown.
4. A threshold that somebody chose always alerts by itself.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from mixpanel_data.detect.incidents.decisions import Decision
from mixpanel_data.detect.incidents.episodes import episodes
from mixpanel_data.detect.incidents.incident import (
    QUIET_BEFORE_RESOLVED,
    WHOLE,
    AbnormalWindow,
    Episode,
    Incident,
    Rule,
    State,
)

BEGINS_WITHIN = timedelta(hours=1)
"""The time before and after the start of the whole's incident in which everything that begins belongs to it."""

Explains = Callable[[Incident, Incident], bool]
"""True of an incident of all events, and one of a single event, which the first one explains."""


def with_wholes(decisions: Sequence[Decision], known: Iterable[Incident], explains: Explains) -> list[Decision]:
    """The decisions, each incident of a single event with the one of all events that it belongs to.

    `known` are all incidents that the warehouse has: a run over some events decides nothing about the whole.
    """
    wholes = {incident.incident_id: incident for incident in known if incident.is_whole}
    wholes |= {each.incident.incident_id: each.incident for each in decisions if each.incident.is_whole}
    opening = {each.incident.incident_id for each in decisions if each.incident.is_whole and each.opens}
    return [_linked(decision, wholes.values(), opening, explains) for decision in decisions]


def episodes_told(windows: Sequence[AbnormalWindow], wholes: Sequence[Episode], gap: timedelta) -> list[Episode]:
    """The episodes of one event and direction that would be told, given those of all events together.

    For a history in which nobody asks what explains what: an event that outlasts the others is told from its first
    window on that begins after them.
    """
    told = []
    for episode in episodes(windows, gap):
        whole = next((each for each in wholes if _begins_with(episode, each)), None)
        if whole is None:
            told.append(episode)
            continue
        own = (window for window in windows if _is_of(window, episode) and _is_apart(window, whole))
        told += episodes(own, gap)
    return told


def _begins_with(episode: Episode, whole: Episode) -> bool:
    is_together = episode.first.end > whole.first.start - BEGINS_WITHIN
    is_before_its_end = episode.first.start < whole.abnormal_until + QUIET_BEFORE_RESOLVED
    is_alike = episode.direction is whole.direction and episode.event_name != WHOLE
    return is_alike and is_together and is_before_its_end and Rule.THRESHOLD not in episode.rules


def _is_of(window: AbnormalWindow, episode: Episode) -> bool:
    return episode.first.end <= window.observation.end <= episode.abnormal_until


def _is_apart(window: AbnormalWindow, whole: Episode) -> bool:
    return window.observation.start >= whole.abnormal_until


def _linked(decision: Decision, wholes: Iterable[Incident], opening: set[str], explains: Explains) -> Decision:
    incident = decision.incident
    if incident.is_whole:
        return decision
    if incident.whole_id is not None:
        whole = next((each for each in wholes if each.incident_id == incident.whole_id), None)
        is_by_itself = incident.state is State.OPEN and not _still_belongs(incident, whole, explains)
        return _with(decision, None) if is_by_itself else decision
    # Only what is new on either side: whoever has come to stand by itself stays so.
    candidates = [each for each in wholes if decision.opens or each.incident_id in opening]
    return _with(decision, next((each for each in candidates if _belongs(incident, each, explains)), None))


def _with(decision: Decision, whole: Incident | None) -> Decision:
    return replace(decision, incident=replace(decision.incident, whole_id=whole.incident_id if whole else None))


def _belongs(incident: Incident, whole: Incident, explains: Explains) -> bool:
    """True where an incident that stands by itself begins together with the whole's, or because of it."""
    start = whole.first.start
    if incident.direction is not whole.direction or Rule.THRESHOLD in incident.rules:
        return False
    if incident.first.end <= start - BEGINS_WITHIN:
        return False
    if whole.state is State.RESOLVED and incident.first.start >= whole.abnormal_until:
        return False
    return incident.first.start < start + BEGINS_WITHIN or explains(whole, incident)


def _still_belongs(incident: Incident, whole: Incident | None, explains: Explains) -> bool:
    return whole is not None and Rule.THRESHOLD not in incident.rules and explains(whole, incident)
