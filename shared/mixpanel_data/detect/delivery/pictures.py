"""Pictures in messages: the counts of an incident against its expected band, in the place that a message keeps for it.

A picture is uploaded first, where nobody sees it, and the message shows it by its id. They are an extra: where one
cannot be had, the lines of text stay that stand in its place. An upload that is repeated does no harm.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.clients.slack import Body, Slack, Stored
from mixpanel_data.detect.delivery.plot import PlotPoint, png
from mixpanel_data.detect.findings.judged_minutes import JudgedMinutes
from mixpanel_data.detect.findings.judging import Findings
from mixpanel_data.detect.findings.recent import recent_minutes
from mixpanel_data.detect.incidents.incident import MINUTE, Incident
from mixpanel_data.detect.messages.wording.comparison import counted, expectation
from mixpanel_data.detect.messages.wording.naming import incident_name
from mixpanel_data.outbox.blocks import image, pictured_in, with_pictures

log = logging.getLogger(__name__)

_BEFORE = timedelta(hours=2)
# The least time that one more picture is worth starting with: slack-sdk uploads a file in three calls.
_LEAST_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of one incident, and what it is called for those who see it and for those who do not."""

    png: bytes
    title: str
    alt_text: str


@dataclass(frozen=True, slots=True)
class Illustrated:
    """The body of a message with pictures in it."""

    body: Body
    pictures: tuple[Picture, ...]


class Pictures:
    """The pictures of one run's messages, about the incidents at hand; drawn when a message has a place for one."""

    def __init__(
        self, findings: Findings, incidents: Iterable[Incident], slack: Slack, redactor: Redactor, deadline: Deadline
    ) -> None:
        self._findings = findings
        self._incidents = {incident.incident_id: incident for incident in incidents}
        self._slack = slack
        self._redactor = redactor
        self._deadline = deadline
        self._are_refused = not slack.can_update

    def illustrated(self, body: Body) -> Illustrated | None:
        """The body with its pictures, uploaded; None where there is none to show, or Slack takes none."""
        pictures, blocks = [], {}
        for about in pictured_in(body.get("blocks", ())):
            picture = None if self._are_refused else self._drawn(about)
            file_id = self._stored(picture) if picture else None
            if picture and file_id:
                pictures.append(picture)
                blocks[about] = image(file_id, picture.alt_text)
        if not blocks:
            return None
        return Illustrated({**body, "blocks": with_pictures(body["blocks"], blocks)}, tuple(pictures))

    def _stored(self, picture: Picture) -> str | None:
        if self._deadline.left(_LEAST_SECONDS) < _LEAST_SECONDS:
            return None
        outcome = self._slack.store(picture.png, picture.title, picture.alt_text)
        if isinstance(outcome, Stored):
            return outcome.file_id
        log.info("a message has no picture: %s", outcome)
        # Mostly for want of the scope. No alert waits for a second upload that fails.
        self._are_refused = True
        return None

    def _drawn(self, incident_id: str) -> Picture | None:
        try:
            return self._picture(incident_id)
        except Exception:  # an alert is worth more than its picture, whatever keeps that from being drawn
            log.exception("a picture cannot be drawn")
            return None

    def _picture(self, incident_id: str) -> Picture | None:
        incident = self._incidents.get(incident_id)
        if incident is None:
            return None
        minutes = recent_minutes(self._findings, incident.event_name, incident.first.start - _BEFORE)
        points = list(_points(incident, minutes, self._complete(incident, minutes))) if minutes else []
        if not points:
            return None
        title = incident_name(incident, self._redactor)
        alt_text = f"{title}, events by minute: {counted(incident.peak)}, {expectation(incident.peak.expected)}"
        return Picture(png(points, title), title, alt_text)

    def _complete(self, incident: Incident, minutes: JudgedMinutes) -> int:
        """The number of minutes to show: those that still fill would look like a drop."""
        read_until = self._findings.context.read_until
        end = max(filter(None, (read_until, incident.abnormal_until)))
        return min(len(minutes.counts), max(0, (end - minutes.start) // MINUTE))


def _points(incident: Incident, minutes: JudgedMinutes, shown: int) -> Iterator[PlotPoint]:
    for position in range(shown):
        at = minutes.start + position * MINUTE
        yield PlotPoint(
            at=at,
            count=float(minutes.counts[position]),
            expected=float(minutes.expected[position]),
            low=float(minutes.low[position]),
            high=float(minutes.high[position]),
            is_abnormal=incident.first.start <= at < incident.abnormal_until,
        )
