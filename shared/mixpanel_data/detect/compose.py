"""From what is to be said to what Slack is sent: looks up the evidence, and has it written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect import evidence
from mixpanel_data.detect.incident import Incident
from mixpanel_data.detect.judging import Judgement
from mixpanel_data.detect.message import MOST_IN_FULL, Body, Place, Told, Writer
from mixpanel_data.detect.notify import COLLECTOR_BACK, COLLECTOR_LATE, Kind, Wanted
from mixpanel_data.detect.redaction import Redactor
from mixpanel_data.detect.request import Options
from mixpanel_data.warehouse.base import Warehouse


class Composer:
    """Writes the messages of one run."""

    def __init__(self, warehouse: Warehouse, events: EventsConfig, options: Options, judgement: Judgement) -> None:
        self._warehouse = warehouse
        self._moment = judgement.moment
        self._history = judgement.history
        self._entries = {one.event_name: one.entry for one in judgement.watch}
        place = Place(options.project, options.dataset, options.events_table)
        self._writer = Writer(place, Redactor(events.redact))

    def body(self, wish: Wanted) -> Mapping[str, Any]:
        """The message as Slack takes it. Raises what the warehouse raises."""
        return self._body(wish).plain()

    def _body(self, wish: Wanted) -> Body:
        now = self._moment.as_of
        if wish.kind is Kind.NOTICE:
            return self._notice(wish, now)
        if wish.kind is Kind.RESOLUTION:
            return self._writer.resolution(wish.incidents[0])
        is_storm = len(wish.incidents) > MOST_IN_FULL
        told = [self._told(incident, with_evidence=not is_storm) for incident in wish.incidents]
        return self._writer.reminder(told[0], now) if wish.kind is Kind.REMINDER else self._writer.alert(told, now)

    def _notice(self, wish: Wanted, now: datetime) -> Body:
        read_until = self._moment.read_until or now
        if wish.about == COLLECTOR_LATE:
            return self._writer.late(read_until, now)
        if wish.about == COLLECTOR_BACK:
            return self._writer.caught_up(read_until, wish.since or now, now)
        _, channel, reason = wish.about
        return self._writer.undeliverable(channel, reason, wish.given_up)

    def _told(self, incident: Incident, *, with_evidence: bool) -> Told:
        entry = self._entries.get(incident.event_name)
        if not with_evidence:
            return Told(incident, None, entry)
        until = self._moment.read_until or self._moment.as_of
        found = evidence.gather(
            self._warehouse,
            incident,
            until=max(until, incident.abnormal_until),
            as_of=self._moment.as_of,
            known=self._history,
        )
        return Told(incident, found, entry)
