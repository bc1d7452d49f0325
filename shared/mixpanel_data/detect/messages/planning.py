"""Plans the messages of a run, from its decisions and the messages before. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mixpanel_data.detect.incidents.decisions import Decision
from mixpanel_data.detect.incidents.incident import LATE_AFTER, Direction, Incident, Rule, State
from mixpanel_data.detect.messages.message import (
    COLLECTOR_BACK,
    COLLECTOR_LATE,
    UNDELIVERABLE,
    EarlierMessages,
    PlannedMessage,
)
from mixpanel_data.outbox.message import Message, MessageKind

WAITS_FOR_ALL = timedelta(minutes=15)
"""The longest time that an incident waits for all events together, which a large event is abnormal before."""


@dataclass(frozen=True, slots=True)
class ReportingPolicy:
    """When messages are due.

    `remind_after` is by event name. `can_update` is False over a webhook: nothing is updated there, the end of an
    incident is a message of its own, and so is its return; all of it in the webhook's own channel, which has no name.
    `suspected` are the directions in which all events together may be about to become abnormal: an incident of a single
    event waits for that, for a quarter of an hour at most.
    """

    cooldown: timedelta
    can_update: bool
    remind_after: Mapping[str, timedelta]
    suspected: frozenset[Direction] = frozenset()


def plan(
    decisions: Sequence[Decision],
    earlier: EarlierMessages,
    policy: ReportingPolicy,
    as_of: datetime,
    *,
    others: Sequence[Incident] = (),
) -> list[PlannedMessage]:
    """The messages about incidents; incidents that open in one run are one message to each channel.

    An incident of all events together is a message of its own, to each channel that an incident belonging to it would
    have gone to. Nobody is called about those that belong: a message that was sent about one before is only updated.
    `others` are incidents without a decision that stand in a message together with incidents that have one.
    """
    alerts = [*_whole_alerts(decisions, earlier, policy), *_alerts_by_channel(decisions, earlier, policy, as_of)]
    reported = [decision for decision in decisions if earlier.alert_about(decision.incident)]
    called = [decision for decision in reported if decision.incident.whole_id is None]
    resolutions = [
        reply
        for decision in called
        if decision.resolves
        for reply in _replies(MessageKind.RESOLUTION, decision, earlier, policy)
    ]
    reminders = [
        reply
        for decision in called
        if _is_reminder_due(decision, earlier, policy, as_of)
        for reply in _replies(MessageKind.REMINDER, decision, earlier, policy)
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


def _is_to_be_reported(decision: Decision, earlier: EarlierMessages, policy: ReportingPolicy, as_of: datetime) -> bool:
    """True of a new incident, and of an open one that was muted until now; one that ended muted stays unreported."""
    incident, before = decision.incident, decision.before
    if incident.whole_id is not None or earlier.alert_about(incident):
        return False
    ends_unreported = decision.resolves and before is not None and not before.is_muted and not incident.is_muted
    return ends_unreported or (_is_news(decision) and not _waits_for_all(incident, policy, as_of))


def _waits_for_all(incident: Incident, policy: ReportingPolicy, as_of: datetime) -> bool:
    is_young = incident.state is State.OPEN and as_of < incident.opened_at + WAITS_FOR_ALL
    return is_young and incident.direction in policy.suspected and Rule.THRESHOLD not in incident.rules


def _is_news(decision: Decision) -> bool:
    incident = decision.incident
    return not incident.is_muted and (decision.opens or incident.state is State.OPEN)


def _channel(incident: Incident, policy: ReportingPolicy) -> str:
    return incident.channel if policy.can_update else ""


def _alerts_by_channel(
    decisions: Sequence[Decision], earlier: EarlierMessages, policy: ReportingPolicy, as_of: datetime
) -> list[PlannedMessage]:
    by_channel: dict[str, list[Incident]] = {}
    for decision in decisions:
        if not decision.incident.is_whole and _is_to_be_reported(decision, earlier, policy, as_of):
            by_channel.setdefault(_channel(decision.incident, policy), []).append(decision.incident)
    return [_alert(channel, incidents) for channel, incidents in by_channel.items()]


def _whole_alerts(
    decisions: Sequence[Decision], earlier: EarlierMessages, policy: ReportingPolicy
) -> Iterator[PlannedMessage]:
    """The message about all events together, to each channel concerned that does not have it yet."""
    for whole in decisions:
        if whole.incident.is_whole and _is_news(whole):
            belonging = (each for each in decisions if each.incident.whole_id == whole.incident.incident_id)
            concerned = [whole.incident, *(each.incident for each in belonging if _is_news(each))]
            told = {alert.channel for alert in earlier.alerts_about(whole.incident)}
            for channel in dict.fromkeys(_channel(incident, policy) for incident in concerned):
                if channel not in told:
                    yield _alert(channel, [whole.incident])


def _alert(channel: str, incidents: Sequence[Incident]) -> PlannedMessage:
    about = tuple(incident.incident_id for incident in incidents)
    return PlannedMessage(MessageKind.ALERT, channel, about, incidents=tuple(incidents))


def _replies(
    kind: MessageKind, decision: Decision, earlier: EarlierMessages, policy: ReportingPolicy
) -> Iterator[PlannedMessage]:
    """A message about one incident, in the thread of each of its alerts; a single one where there are no threads."""
    incident = decision.incident
    about, shown = (incident.incident_id,), (incident,)
    if not policy.can_update:
        yield PlannedMessage(kind, "", about, None, shown)
        return
    for alert in earlier.alerts_about(incident):
        channel = alert.channel if incident.is_whole and alert.channel else incident.channel
        yield PlannedMessage(kind, channel, about, alert.message_key, shown)


def _is_reminder_due(decision: Decision, earlier: EarlierMessages, policy: ReportingPolicy, as_of: datetime) -> bool:
    """True of an incident that lasts for long, that outlasts the one of all events, or that is back over a webhook."""
    incident, last = decision.incident, earlier.last_call_about(decision.incident)
    if incident.state is State.RESOLVED or incident.is_muted or last is None:
        return False
    if decision.breaks_away or (decision.reopens and not policy.can_update):
        return True
    after = policy.remind_after.get(incident.event_name)
    return after is not None and last + after <= as_of


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
    alerts = (alert for decision in reported for alert in earlier.alerts_about(decision.incident))
    return {alert.message_key: alert for alert in alerts}.values()


def _shows(version: Message, after: str, incidents: tuple[Incident, ...]) -> bool:
    """True where this version of a message shows the incidents as they are: the same plan would have its key."""
    again = PlannedMessage(version.kind, version.channel, version.about, version.parent_key, incidents, after)
    return _key(again, version.created_at) == version.message_key
