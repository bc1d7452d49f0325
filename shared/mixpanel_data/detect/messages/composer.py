"""From a planned message to its body: gathers the evidence and the query, and has the words written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.findings.evidence import Evidence, gather
from mixpanel_data.detect.findings.judging import Findings
from mixpanel_data.detect.incidents.incident import Incident
from mixpanel_data.detect.messages.message import COLLECTOR_BACK, COLLECTOR_LATE, PlannedMessage
from mixpanel_data.detect.messages.planning import message
from mixpanel_data.detect.messages.query import events_query
from mixpanel_data.detect.messages.wording.alert import MOST_IN_FULL, AlertWriter
from mixpanel_data.detect.messages.wording.notices import channel_unreachable, collector_caught_up, collector_late
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.detect.messages.wording.resolution import resolution
from mixpanel_data.outbox.blocks import Body
from mixpanel_data.outbox.message import Message, MessageKind, next_seq
from mixpanel_data.warehouse.base import Warehouse


class Composer:
    """Composes the messages of one run; its `redactor` follows the configuration."""

    def __init__(self, warehouse: Warehouse, events: EventsConfig, findings: Findings) -> None:
        self._warehouse = warehouse
        self._context = findings.context
        self._history = findings.history
        self._entries = {event.event_name: event.entry for event in findings.watched}
        self.redactor = Redactor(events.redact.properties, events.redact.patterns)

    def messages(self, planned: Sequence[PlannedMessage], as_of: datetime) -> list[Message]:
        """The planned messages with their words, numbered to be sent in this order, after all messages before.

        Raises the warehouse's errors.
        """
        first = next_seq()
        return [message(each, self._plain(each), first + number, as_of) for number, each in enumerate(planned)]

    def _plain(self, planned: PlannedMessage) -> Mapping[str, Any]:
        return self._body(planned).plain()

    def _body(self, planned: PlannedMessage) -> Body:
        if planned.kind is MessageKind.NOTICE:
            return self._notice(planned)
        if planned.kind is MessageKind.RESOLUTION:
            return resolution(planned.incidents[0], self.redactor)
        writer = AlertWriter(self.redactor, self._warehouse.console_url("mixpanel_events"))
        is_single, is_storm = len(planned.incidents) == 1, len(planned.incidents) > MOST_IN_FULL
        reported = [
            self._reported(incident, with_evidence=not is_storm, with_query=is_single) for incident in planned.incidents
        ]
        now = self._context.as_of
        return (
            writer.reminder(reported[0], now) if planned.kind is MessageKind.REMINDER else writer.alert(reported, now)
        )

    def _notice(self, planned: PlannedMessage) -> Body:
        now = self._context.as_of
        read_until = self._context.read_until or now
        if planned.about == COLLECTOR_LATE:
            return collector_late(read_until, now)
        if planned.about == COLLECTOR_BACK:
            return collector_caught_up(read_until, planned.since or now, now)
        _, channel, reason = planned.about
        return channel_unreachable(channel, reason, planned.given_up)

    def _reported(self, incident: Incident, *, with_evidence: bool, with_query: bool) -> ReportedIncident:
        return ReportedIncident(
            incident=incident,
            evidence=self._evidence(incident) if with_evidence else None,
            entry=self._entries.get(incident.event_name),
            query=events_query(self._warehouse, incident, self.redactor) if with_query else None,
        )

    def _evidence(self, incident: Incident) -> Evidence:
        as_of = self._context.as_of
        until = max(self._context.read_until or as_of, incident.abnormal_until)
        return gather(self._warehouse, incident, until=until, as_of=as_of, history=self._history)
