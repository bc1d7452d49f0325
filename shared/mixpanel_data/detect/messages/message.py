"""The shapes around a message: what is planned, and what was sent before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from mixpanel_data.detect.incidents.incident import Incident
from mixpanel_data.outbox.message import Message, MessageKind

COLLECTOR_LATE, COLLECTOR_BACK = ("collector late",), ("collector back",)
UNDELIVERABLE = "undeliverable"
"""Subjects of notices; UNDELIVERABLE is followed by the channel and the reason."""


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """A message that is due and has no words yet; a notice has no `incidents`.

    `about`: incident ids, or a notice's subject. `parent_key`: the message that it updates or answers in its thread.
    `after`: the key of the version that an update replaces, so that an incident that comes back gets an update of its
    own. `since`: when the collector was reported late, for the notice that it is back. `given_up`: the number of
    messages that could not be delivered.
    """

    kind: MessageKind
    channel: str
    about: tuple[str, ...]
    parent_key: str | None = None
    incidents: tuple[Incident, ...] = ()
    after: str = ""
    since: datetime | None = None
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class EarlierMessages:
    """The messages decided before: all about the incidents at hand, and notices."""

    messages: Sequence[Message]

    def alert_about(self, incident: Incident) -> Message | None:
        """The message that first reported the incident."""
        return next(iter(self.alerts_about(incident)), None)

    def alerts_about(self, incident: Incident) -> list[Message]:
        """The messages that reported the incident: one, or for all events together one in each channel concerned."""
        return [each for each in self._about(incident) if each.kind is MessageKind.ALERT]

    def last_about(self, incident: Incident) -> datetime | None:
        """The time of the last message about the incident."""
        return max((each.created_at for each in self._about(incident)), default=None)

    def last_call_about(self, incident: Incident) -> datetime | None:
        """The time of the last message that called somebody because of the incident."""
        calls = (MessageKind.ALERT, MessageKind.REMINDER)
        return max((each.created_at for each in self._about(incident) if each.kind in calls), default=None)

    def versions_of(self, alert: Message) -> list[Message]:
        """An alert and its updates, in order: people see the last one."""
        updates = (
            each for each in self.messages if each.kind is MessageKind.UPDATE and each.parent_key == alert.message_key
        )
        return [alert, *sorted(updates, key=lambda update: update.seq)]

    def last_notice(self, channel: str, subjects: Sequence[tuple[str, ...]]) -> Message | None:
        """The newest notice to the channel about one of the subjects."""
        found = [
            each
            for each in self.messages
            if each.kind is MessageKind.NOTICE and each.channel == channel and each.about in subjects
        ]
        return max(found, key=lambda notice: notice.seq, default=None)

    def _about(self, incident: Incident) -> Iterator[Message]:
        return (
            each for each in self.messages if incident.incident_id in each.about and each.kind is not MessageKind.NOTICE
        )
