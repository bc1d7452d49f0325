"""What is to be said, where: from decisions and what was said before to messages. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from mixpanel_data.detect.incident import Incident, State
from mixpanel_data.detect.incidents import Decision

LATE = timedelta(minutes=45)
"""How old the collector's reading may be before one is told that drops and silences are not judged."""

COLLECTOR_LATE, COLLECTOR_BACK = ("collector late",), ("collector back",)
UNDELIVERABLE = "undeliverable"
"""Subjects of notices; the last is followed by the channel and the reason."""


class Kind(StrEnum):
    """What a message is."""

    ALERT = "alert"
    UPDATE = "update"
    REMINDER = "reminder"
    RESOLUTION = "resolution"
    NOTICE = "notice"


class Delivery(StrEnum):
    """How far a message has come; of one that is `sending` it is not known whether Slack has it."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    SUPERSEDED = "superseded"
    UNDELIVERABLE = "undeliverable"


@dataclass(frozen=True, slots=True)
class Message:
    """A row of `alert_messages`. `about` are incident ids, or a notice's subject; `body` is empty until composed."""

    message_key: str
    seq: int
    channel: str
    kind: Kind
    about: tuple[str, ...]
    parent_key: str | None
    created_at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)
    state: Delivery = Delivery.PENDING
    slack_channel: str | None = None
    slack_ts: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What was said before: the messages of the incidents at hand, and notices."""

    messages: Sequence[Message]

    def opening(self, incident: Incident) -> Message | None:
        """The message that told of it first."""
        return next((one for one in self._about(incident) if one.kind is Kind.ALERT), None)

    def last(self, incident: Incident) -> datetime | None:
        """When it was last spoken of."""
        return max((one.created_at for one in self._about(incident)), default=None)

    def last_loud(self, incident: Incident) -> datetime | None:
        """When somebody was last called because of it."""
        loud = (Kind.ALERT, Kind.REMINDER)
        return max((one.created_at for one in self._about(incident) if one.kind in loud), default=None)

    def standing(self, opening: Message) -> list[Message]:
        """The message that told of incidents first, and its updates, in order: the last says how they stand."""
        updates = (one for one in self.messages if one.kind is Kind.UPDATE and one.parent_key == opening.message_key)
        return [opening, *sorted(updates, key=lambda one: one.seq)]

    def last_notice(self, channel: str, subjects: Sequence[tuple[str, ...]]) -> Message | None:
        """The newest notice to the channel about one of the subjects."""
        found = [
            one for one in self.messages if one.kind is Kind.NOTICE and one.channel == channel and one.about in subjects
        ]
        return max(found, key=lambda one: one.seq, default=None)

    def _about(self, incident: Incident) -> Iterator[Message]:
        return (one for one in self.messages if incident.incident_id in one.about and one.kind is not Kind.NOTICE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message that is to be composed; `incidents` are none for a notice.

    `after`: the key of the message that an update follows, so that what comes back is an update of its own. `since`:
    when what is over now was told; `given_up`: how many messages could not be delivered.
    """

    kind: Kind
    channel: str
    about: tuple[str, ...]
    parent_key: str | None = None
    incidents: tuple[Incident, ...] = ()
    after: str = ""
    since: datetime | None = None
    given_up: int = 0


def wanted(
    decisions: Sequence[Decision],
    told: Told,
    remind_after: Mapping[str, timedelta],
    *,
    others: Sequence[Incident] = (),
    as_of: datetime,
    cooldown: timedelta,
    can_update: bool,
) -> list[Wanted]:
    """The messages about incidents; those that open in one run are told to a channel in one.

    `others` are incidents of which nothing is decided, and which a message tells of together with those of which
    something is. `remind_after` is by event name. Over a webhook (`can_update` False) nothing is updated, what is over
    is told by a message of its own, and so is what comes back then; all of it in the webhook's own channel, which has
    no name.
    """
    untold = [one.incident for one in decisions if _is_to_be_told(one, told)]
    channels = list(dict.fromkeys(_channel(incident, can_update) for incident in untold))
    alerts = [_alert(channel, [one for one in untold if _channel(one, can_update) == channel]) for channel in channels]
    spoken = [one for one in decisions if told.opening(one.incident)]
    resolutions = [_answer(Kind.RESOLUTION, one, told, can_update) for one in spoken if one.resolves]
    reminders = [
        _answer(Kind.REMINDER, one, told, can_update)
        for one in spoken
        if _is_due(one, told, remind_after, as_of) or (_is_back(one) and not can_update)
    ]
    updates = _updates(spoken, others, told, as_of, cooldown) if can_update else []
    return [*alerts, *updates, *resolutions, *reminders]


def notices(channels: Sequence[str], told: Told, *, as_of: datetime, read_until: datetime | None) -> list[Wanted]:
    """Whether the collector is late, told once to each channel, and once that it no longer is."""
    if read_until is None:
        return []
    subject = COLLECTOR_LATE if read_until < as_of - LATE else COLLECTOR_BACK
    wishes = []
    for channel in channels:
        last = told.last_notice(channel, (COLLECTOR_LATE, COLLECTOR_BACK))
        if subject != (last.about if last else COLLECTOR_BACK):
            wishes.append(Wanted(Kind.NOTICE, channel, subject, since=last.created_at if last else None))
    return wishes


def undeliverable(channel: str, failed: str, reason: str, given_up: int) -> Wanted:
    """The notice to a channel that another cannot be told anything."""
    return Wanted(Kind.NOTICE, channel, (UNDELIVERABLE, failed, reason), given_up=given_up)


def message(wish: Wanted, body: Mapping[str, Any], seq: int, as_of: datetime) -> Message:
    """The message, with a key that is the same whenever the same is decided again."""
    return Message(_key(wish, as_of), seq, wish.channel, wish.kind, wish.about, wish.parent_key, as_of, body)


def _key(wish: Wanted, as_of: datetime) -> str:
    parts = [wish.kind, wish.channel, *wish.about, wish.parent_key or "", wish.after, *map(_shown, wish.incidents)]
    if wish.kind in (Kind.NOTICE, Kind.REMINDER):
        parts.append(as_of.isoformat())
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _shown(incident: Incident) -> str:
    """All of an incident that may change and that a message shows."""
    peak = incident.peak
    times = (incident.abnormal_until, peak.start, peak.end)
    return " ".join([incident.incident_id, incident.state, *incident.rules, str(peak.count), *map(str, times)])


def _is_to_be_told(decision: Decision, told: Told) -> bool:
    """Whether it is new, or was muted until now; what is over by the time that its mute ends is not told."""
    incident = decision.incident
    if incident.is_muted or told.opening(incident):
        return False
    return decision.opens or incident.state is State.OPEN


def _is_back(decision: Decision) -> bool:
    """Whether what somebody was told is over is not."""
    return decision.reopens and not decision.incident.is_muted


def _channel(incident: Incident, can_update: bool) -> str:
    return incident.channel if can_update else ""


def _alert(channel: str, incidents: Sequence[Incident]) -> Wanted:
    return Wanted(Kind.ALERT, channel, tuple(one.incident_id for one in incidents), None, tuple(incidents))


def _answer(kind: Kind, decision: Decision, told: Told, can_update: bool) -> Wanted:
    incident, opening = decision.incident, told.opening(decision.incident)
    parent = opening.message_key if opening and can_update else None
    return Wanted(kind, _channel(incident, can_update), (incident.incident_id,), parent, (incident,))


def _is_due(decision: Decision, told: Told, remind_after: Mapping[str, timedelta], as_of: datetime) -> bool:
    incident, last = decision.incident, told.last_loud(decision.incident)
    after = remind_after.get(incident.event_name)
    is_open = incident.state is State.OPEN and not incident.is_muted
    return is_open and after is not None and last is not None and last + after <= as_of


def _updates(
    spoken: Sequence[Decision], others: Sequence[Incident], told: Told, as_of: datetime, cooldown: timedelta
) -> Iterator[Wanted]:
    """The messages that no longer say what is; several incidents may stand in one."""
    current = {one.incident_id: one for one in (*others, *(decision.incident for decision in spoken))}
    turned = {one.incident.incident_id for one in spoken if one.resolves or one.reopens}
    for opening in _openings(spoken, told):
        incidents = tuple(current[one] for one in opening.about if one in current)
        last = max(filter(None, map(told.last, incidents)), default=opening.created_at)
        is_due = last + cooldown <= as_of or not turned.isdisjoint(opening.about)
        *before, standing = told.standing(opening)
        if is_due and not _says(standing, before[-1].message_key if before else "", incidents):
            key = opening.message_key
            yield Wanted(Kind.UPDATE, opening.channel, opening.about, key, incidents, after=standing.message_key)


def _openings(spoken: Sequence[Decision], told: Told) -> Iterable[Message]:
    openings = (told.opening(decision.incident) for decision in spoken)
    return {one.message_key: one for one in openings if one}.values()


def _says(standing: Message, after: str, incidents: tuple[Incident, ...]) -> bool:
    """Whether the message tells of the incidents as they are."""
    again = Wanted(standing.kind, standing.channel, standing.about, standing.parent_key, incidents, after)
    return _key(again, standing.created_at) == standing.message_key
