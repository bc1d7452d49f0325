"""Plans the messages of a run, from its decisions and the messages before. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mixpanel_data.detect.incidents.decisions import Decision
from mixpanel_data.detect.incidents.incident import Incident, State
from mixpanel_data.detect.messages.message import (
    COLLECTOR_BACK,
    COLLECTOR_LATE,
    UNDELIVERABLE,
    EarlierMessages,
    PlannedMessage,
)
from mixpanel_data.outbox.message import Message, MessageKind

LATE_AFTER = timedelta(minutes=45)
"""The delay of the collector from which a notice says that drops and silences are not being judged."""


@dataclass(frozen=True, slots=True)
class ReportingPolicy:
    """When messages are due.

    `remind_after` is by event name. `can_update` is False over a webhook: nothing is updated there, the end of an
    incident is a message of its own, and so is its return; all of it in the webhook's own channel, which has no name.
    """

    cooldown: timedelta
    can_update: bool
    remind_after: Mapping[str, timedelta]


def plan(
    decisions: Sequence[Decision],
    earlier: EarlierMessages,
    policy: ReportingPolicy,
    as_of: datetime,
    *,
    others: Sequence[Incident] = (),
) -> list[PlannedMessage]:
    """The messages about incidents; incidents that open in one run are one message to each channel.

    `others` are incidents without a decision that stand in a message together with incidents that have one.
    """
    alerts = _alerts_by_channel(decisions, earlier, policy)
    reported = [decision for decision in decisions if earlier.alert_about(decision.incident)]
    resolutions = [
        _reply(MessageKind.RESOLUTION, decision, earlier, policy) for decision in reported if decision.resolves
    ]
    reminders = [
        _reply(MessageKind.REMINDER, decision, earlier, policy)
        for decision in reported
        if _is_reminder_due(decision, earlier, policy, as_of) or (_is_back(decision) and not policy.can_update)
    ]
    updates = _updates(reported, others, earlier, policy.cooldown, as_of) if policy.can_update else []
    return [*alerts, *updates, *resolutions, *reminders]


def plan_notices(
    channels: Sequence[str], earlier: EarlierMessages, as_of: datetime, read_until: datetime | None
) -> list[PlannedMessage]:
    """A notice to each channel when the collector falls behind, and one when it has caught up."""
    if read_until is None:
        return []
    subject = COLLECTOR_LATE if read_until < as_of - LATE_AFTER else COLLECTOR_BACK
    planned = []
    for channel in channels:
        last = earlier.last_notice(channel, (COLLECTOR_LATE, COLLECTOR_BACK))
        if subject != (last.about if last else COLLECTOR_BACK):
            since = last.created_at if last else None
            planned.append(PlannedMessage(MessageKind.NOTICE, channel, subject, since=since))
    return planned


def undeliverable_notice(channel: str, failed: str, reason: str, given_up: int) -> PlannedMessage:
    """The notice to a channel that messages to the channel `failed` cannot be delivered."""
    return PlannedMessage(MessageKind.NOTICE, channel, (UNDELIVERABLE, failed, reason), given_up=given_up)


def message(planned: PlannedMessage, body: Mapping[str, Any], seq: int, as_of: datetime) -> Message:
    """The message, with a key that is the same whenever the same is decided again."""
    key = _key(planned, as_of)
    return Message(key, seq, planned.channel, planned.kind, planned.about, planned.parent_key, as_of, body)


def _key(planned: PlannedMessage, as_of: datetime) -> str:
    parts = [planned.kind, planned.channel, *planned.about, planned.parent_key or "", planned.after]
    parts += map(_shown, planned.incidents)
    if planned.kind in (MessageKind.NOTICE, MessageKind.REMINDER):
        parts.append(as_of.isoformat())
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _shown(incident: Incident) -> str:
    """Everything about an incident that can change and that a message shows."""
    peak = incident.peak
    times = (incident.abnormal_until, peak.start, peak.end)
    return " ".join([incident.incident_id, incident.state, *incident.rules, str(peak.count), *map(str, times)])


def _is_to_be_reported(decision: Decision, earlier: EarlierMessages) -> bool:
    """True of a new incident, and of an open one that was muted until now; one that ended muted stays unreported."""
    incident = decision.incident
    if incident.is_muted or earlier.alert_about(incident):
        return False
    return decision.opens or incident.state is State.OPEN


def _is_back(decision: Decision) -> bool:
    """True of an incident that was reported as over, and is not."""
    return decision.reopens and not decision.incident.is_muted


def _channel(incident: Incident, policy: ReportingPolicy) -> str:
    return incident.channel if policy.can_update else ""


def _alerts_by_channel(
    decisions: Sequence[Decision], earlier: EarlierMessages, policy: ReportingPolicy
) -> list[PlannedMessage]:
    by_channel: dict[str, list[Incident]] = {}
    for decision in decisions:
        if _is_to_be_reported(decision, earlier):
            by_channel.setdefault(_channel(decision.incident, policy), []).append(decision.incident)
    return [_alert(channel, incidents) for channel, incidents in by_channel.items()]


def _alert(channel: str, incidents: Sequence[Incident]) -> PlannedMessage:
    about = tuple(incident.incident_id for incident in incidents)
    return PlannedMessage(MessageKind.ALERT, channel, about, incidents=tuple(incidents))


def _reply(kind: MessageKind, decision: Decision, earlier: EarlierMessages, policy: ReportingPolicy) -> PlannedMessage:
    """A message about one incident, in the thread of its alert where there are threads."""
    incident, alert = decision.incident, earlier.alert_about(decision.incident)
    parent = alert.message_key if alert and policy.can_update else None
    return PlannedMessage(kind, _channel(incident, policy), (incident.incident_id,), parent, (incident,))


def _is_reminder_due(decision: Decision, earlier: EarlierMessages, policy: ReportingPolicy, as_of: datetime) -> bool:
    incident, last = decision.incident, earlier.last_call_about(decision.incident)
    after = policy.remind_after.get(incident.event_name)
    is_open = incident.state is State.OPEN and not incident.is_muted
    return is_open and after is not None and last is not None and last + after <= as_of


def _updates(
    reported: Sequence[Decision],
    others: Sequence[Incident],
    earlier: EarlierMessages,
    cooldown: timedelta,
    as_of: datetime,
) -> Iterator[PlannedMessage]:
    """An update of each message that no longer shows how its incidents stand; several can stand in one."""
    current = {each.incident_id: each for each in (*others, *(decision.incident for decision in reported))}
    turned = {decision.incident.incident_id for decision in reported if decision.resolves or decision.reopens}
    for alert in _alerts(reported, earlier):
        incidents = tuple(current[each] for each in alert.about if each in current)
        last = max(filter(None, map(earlier.last_about, incidents)), default=alert.created_at)
        is_due = last + cooldown <= as_of or not turned.isdisjoint(alert.about)
        *before, newest = earlier.versions_of(alert)
        if is_due and not _shows(newest, before[-1].message_key if before else "", incidents):
            yield PlannedMessage(
                MessageKind.UPDATE,
                alert.channel,
                alert.about,
                alert.message_key,
                incidents,
                after=newest.message_key,
            )


def _alerts(reported: Sequence[Decision], earlier: EarlierMessages) -> Iterable[Message]:
    """The alerts that reported the incidents, each once."""
    alerts = (earlier.alert_about(decision.incident) for decision in reported)
    return {alert.message_key: alert for alert in alerts if alert}.values()


def _shows(version: Message, after: str, incidents: tuple[Incident, ...]) -> bool:
    """True where this version of a message shows the incidents as they are: the same plan would have its key."""
    again = PlannedMessage(version.kind, version.channel, version.about, version.parent_key, incidents, after)
    return _key(again, version.created_at) == version.message_key
