"""What a run decides: which incidents open, go on, come back or are over. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mixpanel_data.detect.incident import QUIET, Direction, Episode, Incident, Observation, Rule, State, incident_id
from mixpanel_data.detect.watch import Watched


@dataclass(frozen=True, slots=True)
class Moment:
    """What a run knows besides counts. All times UTC.

    `read_until`: up to when the collector has asked for events, None if it never did. `judged_until`: the same as the
    last run had it. `changed_from`: from when on counts of a name changed since then; None: all is new.
    """

    as_of: datetime
    read_until: datetime | None
    judged_until: datetime | None
    changed_from: Mapping[str, datetime] | None
    max_age: timedelta
    cooldown: timedelta

    @property
    def gap(self) -> timedelta:
        """Between two abnormal windows that are parts of one incident, at most."""
        return QUIET + self.cooldown

    def is_new(self, episode: Episode) -> bool:
        """Whether it was not judged before, and is young enough to be told."""
        if episode.abnormal_until <= self.as_of - self.max_age:
            return False
        if self.changed_from is None:
            return True
        changed = self.changed_from.get(episode.event_name)
        since = [changed] if changed else []
        if episode.direction is Direction.LOW:
            since.append(self.judged_until or self.as_of - self.max_age)
        return any(episode.abnormal_until > moment for moment in since)

    def is_over(self, abnormal_until: datetime) -> bool:
        """Whether enough complete data without an abnormal window follow."""
        return self.read_until is not None and self.read_until >= abnormal_until + QUIET


@dataclass(frozen=True, slots=True)
class Decision:
    """An incident as it is from now on, and as it was; `before` is None for a new one."""

    incident: Incident
    before: Incident | None

    @property
    def changes(self) -> bool:
        """Whether anything about it is new."""
        return self.incident != self.before

    @property
    def opens(self) -> bool:
        """Whether it is new."""
        return self.before is None

    @property
    def resolves(self) -> bool:
        """Whether it was open and is over."""
        return self.before is not None and self.before.state is State.OPEN and self.incident.state is State.RESOLVED

    @property
    def reopens(self) -> bool:
        """Whether it was over and is back."""
        return self.before is not None and self.before.state is State.RESOLVED and self.incident.state is State.OPEN


def decide(
    episodes: Iterable[Episode],
    known: Sequence[Incident],
    watch: Sequence[Watched],
    muted: frozenset[str],
    moment: Moment,
) -> list[Decision]:
    """What becomes of each known incident and of those that open, in order of name and time.

    An episode is that of a known incident if less than a quiet time and the cooldown lie between them. One that is not
    known opens an incident, unless it was judged before or is too old.
    """
    by_name = {watched.event_name: watched for watched in watch}
    current = {incident.incident_id: incident for incident in known}
    for episode in episodes:
        watched = by_name[episode.event_name]
        incident = _incident_of(episode, current.values(), moment)
        if incident is not None:
            current[incident.incident_id] = _continued(incident, episode)
        elif moment.is_new(episode):
            opened = _opened(episode, watched, moment)
            current[opened.incident_id] = opened
    before = {incident.incident_id: incident for incident in known}
    decided = (_settled(incident, muted, moment) for incident in current.values())
    decisions = [Decision(incident, before.get(incident.incident_id)) for incident in decided]
    return sorted(decisions, key=lambda decision: (decision.incident.event_name, decision.incident.first.start))


def _incident_of(episode: Episode, known: Iterable[Incident], moment: Moment) -> Incident | None:
    """The newest incident that the episode is part of."""
    near = moment.gap
    found = [
        incident
        for incident in known
        if (incident.event_name, incident.direction) == (episode.event_name, episode.direction)
        and episode.first.end <= incident.abnormal_until + near
        and episode.abnormal_until + near >= incident.first.end
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
    """That of the episode, if it was judged from the incident's begin on; else the greater."""
    if episode.first.end <= incident.first.end:
        return episode.peak
    return max(incident.peak, episode.peak, key=lambda observation: (observation.score, observation.count))


def _opened(episode: Episode, watched: Watched, moment: Moment) -> Incident:
    return Incident(
        incident_id=incident_id(episode.event_name, episode.direction, episode.first),
        event_name=episode.event_name,
        direction=episode.direction,
        rules=episode.rules,
        state=State.OPEN,
        opened_at=moment.as_of,
        first=episode.first,
        peak=episode.peak,
        abnormal_until=episode.abnormal_until,
        resolved_at=None,
        threshold=watched.entry.alert_threshold if Rule.THRESHOLD in episode.rules else None,
        channel=watched.channel,
        is_muted=False,
    )


def _settled(incident: Incident, muted: frozenset[str], moment: Moment) -> Incident:
    """Open, or over if it has been quiet for long enough; what is over stays as it is."""
    if incident.state is State.RESOLVED:
        return incident
    is_over = moment.is_over(incident.abnormal_until)
    return replace(
        incident,
        state=State.RESOLVED if is_over else State.OPEN,
        resolved_at=incident.abnormal_until + QUIET if is_over else None,
        is_muted=incident.event_name in muted,
    )
