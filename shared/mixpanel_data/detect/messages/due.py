"""The messages due after a run: reads the messages before it, and plans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from mixpanel_data.detect.findings.judging import Findings
from mixpanel_data.detect.incidents.alerts_table import incidents_by_id
from mixpanel_data.detect.incidents.incident import Incident
from mixpanel_data.detect.messages.alert_messages_table import earlier_messages, waiting
from mixpanel_data.detect.messages.message import EarlierMessages, PlannedMessage
from mixpanel_data.detect.messages.planning import ReportingPolicy, plan, plan_notices
from mixpanel_data.outbox.message import MessageKind
from mixpanel_data.warehouse.base import Warehouse


@dataclass(frozen=True, slots=True)
class DueMessages:
    """The messages that are due after a run, and those `earlier` that say so."""

    planned: Sequence[PlannedMessage]
    earlier: EarlierMessages

    @property
    def is_any_waiting(self) -> bool:
        """True where there is anything to deliver, of earlier runs too."""
        return bool(self.planned or waiting(self.earlier))


NO_MESSAGES = DueMessages((), EarlierMessages(()))
"""Without Slack no message is due, and none is delivered."""


def due_messages(warehouse: Warehouse, findings: Findings, *, can_update: bool) -> DueMessages:
    """Messages about the run's incidents, then notices; `can_update` is False over a webhook.

    Raises the warehouse's errors.
    """
    context, decisions = findings.context, findings.decisions
    decided = [decision.incident.incident_id for decision in decisions]
    earlier = earlier_messages(warehouse, decided, context.as_of)
    suspected = findings.whole.suspected if findings.whole else frozenset()
    policy = ReportingPolicy(context.cooldown, can_update, _remind_after(findings), suspected)
    others = _others(warehouse, decided, earlier)
    about_incidents = plan(decisions, earlier, policy, context.as_of, others=others)
    # A webhook has one channel, whatever is configured.
    channels = sorted({event.channel for event in findings.watched}) if can_update else [""]
    notices = plan_notices(channels, earlier, context.as_of, context.read_until)
    return DueMessages([*about_incidents, *notices], earlier)


def _remind_after(findings: Findings) -> dict[str, timedelta]:
    of_all = [findings.whole.watched] if findings.whole else []
    return {
        event.event_name: timedelta(minutes=event.entry.remind_after_minutes)
        for event in [*findings.watched, *of_all]
        if event.entry.remind_after_minutes is not None
    }


def _others(warehouse: Warehouse, decided: Sequence[str], earlier: EarlierMessages) -> list[Incident]:
    """The incidents without a decision that share an alert with a decided one."""
    alerts = (message for message in earlier.messages if message.kind is MessageKind.ALERT)
    others = {incident_id for alert in alerts for incident_id in alert.about} - set(decided)
    return incidents_by_id(warehouse, sorted(others)) if others else []
