"""From a planned message to its body: gathers the evidence and the query, and has the words written."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.findings.evidence import Evidence, gather
from mixpanel_data.detect.findings.judging import Findings
from mixpanel_data.detect.findings.recent import latest
from mixpanel_data.detect.incidents.incident import Incident
from mixpanel_data.detect.messages.message import COLLECTOR_BACK, COLLECTOR_LATE, PlannedMessage
from mixpanel_data.detect.messages.planning import message
from mixpanel_data.detect.messages.query import events_query
from mixpanel_data.detect.messages.wording.alert import MOST_IN_FULL, AlertWriter
from mixpanel_data.detect.messages.wording.notices import channel_unreachable, collector_caught_up, collector_late
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.blocks import Body
from mixpanel_data.outbox.message import Message, MessageKind, next_seq
from mixpanel_data.outbox.times import Times
from mixpanel_data.warehouse.base import Warehouse

_UTC = ZoneInfo("UTC")


class Composer:
    """Composes the messages of one run, with times of the project's `zone`; `redactor` follows the configuration."""

    def __init__(self, warehouse: Warehouse, events: EventsConfig, findings: Findings, zone: ZoneInfo = _UTC) -> None:
        self._warehouse = warehouse
        self._findings = findings
        self._zone = zone
        self._context = findings.context
        self._entries = {event.event_name: event.entry for event in findings.watched}
        self.redactor = Redactor(events.redact.properties, events.redact.patterns)
        console_url = warehouse.console_url("mixpanel_events")
        self._writer = AlertWriter(self.redactor, console_url, events.mixpanel_event_url, zone)

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
            over = self._reported(planned.incidents[0], with_evidence=False, with_query=False)
            return self._writer.resolution(over, self._context.as_of)
        is_single, is_storm = len(planned.incidents) == 1, len(planned.incidents) > MOST_IN_FULL
        reported = [
            self._reported(incident, with_evidence=not is_storm, with_query=is_single) for incident in planned.incidents
        ]
        now = self._context.as_of
        return (
            self._writer.reminder(reported[0], now)
            if planned.kind is MessageKind.REMINDER
            else self._writer.alert(reported, now)
        )

    def _notice(self, planned: PlannedMessage) -> Body:
        now = self._context.as_of
        times = Times(now, self._zone)
        read_until = self._context.read_until or now
        if planned.about == COLLECTOR_LATE:
            return collector_late(read_until, times)
        if planned.about == COLLECTOR_BACK:
            return collector_caught_up(read_until, planned.since or now, times)
        _, channel, reason = planned.about
        return channel_unreachable(channel, reason, planned.given_up)

    def _reported(self, incident: Incident, *, with_evidence: bool, with_query: bool) -> ReportedIncident:
        if incident.is_whole:
            return self._reported_whole(incident)
        return ReportedIncident(
            incident=incident,
            evidence=self._evidence(incident) if with_evidence else None,
            entry=self._entries.get(incident.event_name),
            query=events_query(self._warehouse, incident, self.redactor) if with_query else None,
            latest=latest(self._findings, incident.event_name),
            read_until=self._context.read_until,
        )

    def _reported_whole(self, incident: Incident) -> ReportedIncident:
        whole, as_of = self._findings.whole, self._context.as_of
        return ReportedIncident(
            incident=incident,
            entry=whole.watched.entry if whole else None,
            whole=whole.evidence(incident, until=self._context.read_until or as_of) if whole else None,
            latest=latest(self._findings, incident.event_name),
            read_until=self._context.read_until,
        )

    def _evidence(self, incident: Incident) -> Evidence:
        as_of = self._context.as_of
        until = max(self._context.read_until or as_of, incident.abnormal_until)
        return gather(
            self._warehouse, incident, until=until, as_of=as_of, minutes=self._findings.minutes.get(incident.event_name)
        )
