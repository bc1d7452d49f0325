"""The decisions of a run: which incidents open, go on, come back or are over. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mixpanel_data.detect.incidents.incident import (
    QUIET_BEFORE_RESOLVED,
    WHOLE,
    Direction,
    Episode,
    Incident,
    Observation,
    Rule,
    State,
    incident_id,
)
from mixpanel_data.detect.incidents.watched import WatchedEvent


@dataclass(frozen=True, slots=True)
class JudgingContext:
    """Everything a run knows apart from counts. All times UTC.

    `as_of`: the time the run judges from. `read_until`: the event time up to which the collector has asked for events,
    None if it never did. `judged_until`: the `read_until` of the run before. `changed_from`: the time from which on an
    event's counts changed since that run, by event name; None where there was no run before, so that all is new.
    """

    as_of: datetime
    read_until: datetime | None
    judged_until: datetime | None
    changed_from: Mapping[str, datetime] | None
    max_age: timedelta
    cooldown: timedelta

    @property
    def gap(self) -> timedelta:
        """The longest time between two abnormal windows that belong to one incident."""
        return QUIET_BEFORE_RESOLVED + self.cooldown

    def is_new(self, episode: Episode) -> bool:
        """True of an episode that no run has judged before, and that is young enough to open an incident."""
        if episode.abnormal_until <= self.as_of - self.max_age:
            return False
        if self.changed_from is None:
            return True
        changed = self._changed_from(episode.event_name)
        since = [changed] if changed else []
        if episode.direction is Direction.LOW:
            # No arrival announces missing events: minutes that the collector has read since are new too.
            since.append(self.judged_until or self.as_of - self.max_age)
        return any(episode.abnormal_until > time for time in since)

    def _changed_from(self, event_name: str) -> datetime | None:
        changed = self.changed_from or {}
        return min(changed.values(), default=None) if event_name == WHOLE else changed.get(event_name)

    def is_over(self, abnormal_until: datetime) -> bool:
        """True once enough complete data without an abnormal window follows."""
        return self.read_until is not None and self.read_until >= abnormal_until + QUIET_BEFORE_RESOLVED


@dataclass(frozen=True, slots=True)
class Decision:
    """An incident as this run leaves it, and as it was; `before` is None for a new one."""

    incident: Incident
    before: Incident | None

    @property
    def changes(self) -> bool:
        """True where anything about the incident is new."""
        return self.incident != self.before

    @property
    def opens(self) -> bool:
        """True of a new incident."""
        return self.before is None

    @property
    def resolves(self) -> bool:
        """True of an incident that was open and is over."""
        return self.before is not None and self.before.state is State.OPEN and self.incident.state is State.RESOLVED

    @property
    def reopens(self) -> bool:
        """True of an incident that was over and is back."""
        return self.before is not None and self.before.state is State.RESOLVED and self.incident.state is State.OPEN

    @property
    def breaks_away(self) -> bool:
        """True of an incident that belonged to one of all events, and stands by itself from now on."""
        return self.before is not None and self.before.whole_id is not None and self.incident.whole_id is None


def decide(
    episodes: Iterable[Episode],
    known: Sequence[Incident],
    watched: Sequence[WatchedEvent],
    muted: frozenset[str],
    context: JudgingContext,
) -> list[Decision]:
    """A decision for each known incident and for each that opens, in order of event and time.

    An episode belongs to a known incident if less than the context's gap lies between them. Any other episode opens an
    incident, unless it was judged before or is too old. `muted` are the names of muted events. All events together are
    an event like any other here, under the name WHOLE in `watched`.
    """
    by_name = {event.event_name: event for event in watched}
    current = {incident.incident_id: incident for incident in known}
    for episode in episodes:
        incident = _incident_of(episode, current.values(), context.gap)
        if incident is not None:
            current[incident.incident_id] = _continued(incident, episode)
        elif context.is_new(episode):
            opened = _opened(episode, by_name[episode.event_name], context.as_of)
            current[opened.incident_id] = opened
    before = {incident.incident_id: incident for incident in known}
    decided = (_settled(incident, muted, context) for incident in current.values())
    decisions = [Decision(incident, before.get(incident.incident_id)) for incident in decided]
    return sorted(decisions, key=lambda decision: (decision.incident.event_name, decision.incident.first.start))


def _incident_of(episode: Episode, known: Iterable[Incident], gap: timedelta) -> Incident | None:
    """The newest incident that the episode belongs to."""
    found = [
        incident
        for incident in known
        if (incident.event_name, incident.direction) == (episode.event_name, episode.direction)
        and episode.first.end <= incident.abnormal_until + gap
        and episode.abnormal_until + gap >= incident.first.end
    ]
    return max(found, key=lambda incident: incident.abnormal_until, default=None)


def _continued(incident: Incident, episode: Episode) -> Incident:
    abnormal_until = max(incident.abnormal_until, episode.abnormal_until)
    return replace(
        incident,
        rules=tuple(rule for rule in Rule if rule in incident.rules or rule in episode.rules),
        peak=_peak(incident, episode),
        abnormal_until=abnormal_until,
        state=State.OPEN if abnormal_until > incident.abnormal_until else incident.state,
    )


def _peak(incident: Incident, episode: Episode) -> Observation:
    """The episode's peak if the episode covers the incident from its start, else the greater of both."""
    if episode.first.end <= incident.first.end:
        return episode.peak
    return max(incident.peak, episode.peak, key=lambda observation: (observation.score or 0.0, observation.count))


def _opened(episode: Episode, event: WatchedEvent, as_of: datetime) -> Incident:
    return Incident(
        incident_id=incident_id(episode.event_name, episode.direction, episode.first),
        event_name=episode.event_name,
        direction=episode.direction,
        rules=episode.rules,
        state=State.OPEN,
        opened_at=as_of,
        first=episode.first,
        peak=episode.peak,
        abnormal_until=episode.abnormal_until,
        resolved_at=None,
        threshold=event.entry.alert_threshold if Rule.THRESHOLD in episode.rules else None,
        channel=event.channel,
        is_muted=False,
    )


def _settled(incident: Incident, muted: frozenset[str], context: JudgingContext) -> Incident:
    """The incident, resolved once it has been quiet for long enough; a resolved one stays as it is."""
    if incident.state is State.RESOLVED:
        return incident
    is_over = context.is_over(incident.abnormal_until)
    return replace(
        incident,
        state=State.RESOLVED if is_over else State.OPEN,
        resolved_at=incident.abnormal_until + QUIET_BEFORE_RESOLVED if is_over else None,
        is_muted=incident.event_name in muted,
    )
