"""A picture of each incident that was told: its series against the expected band, in the thread of its message."""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.clients.slack import Sent, Slack
from mixpanel_data.detect.history import MINUTE
from mixpanel_data.detect.incident import Incident
from mixpanel_data.detect.judging import Judgement, Scored, band
from mixpanel_data.detect.message import MOST_IN_FULL
from mixpanel_data.detect.notify import Message
from mixpanel_data.detect.plot import PlotPoint, png
from mixpanel_data.detect.redaction import Redactor

log = logging.getLogger(__name__)

_BEFORE = timedelta(hours=2)
_LEAST_SECONDS = 20.0


def upload(
    alerts: Sequence[Message], judgement: Judgement, slack: Slack, redactor: Redactor, deadline: Deadline
) -> None:
    """Add pictures to messages that were sent in this run, where files may be uploaded.

    They are an extra: one that fails is logged and not tried again, because a file has no key to find it by.
    """
    if judgement.scored is None or not slack.can_update:
        return
    by_id = {one.incident.incident_id: one.incident for one in judgement.decisions}
    for message in alerts:
        incidents = [by_id[each] for each in message.about if each in by_id]
        for incident in incidents if len(incidents) <= MOST_IN_FULL else []:
            if message.slack_channel is None or deadline.left(_LEAST_SECONDS) < _LEAST_SECONDS:
                return
            if not _upload(message, incident, judgement, judgement.scored, slack, redactor):
                return


def _upload(
    message: Message, incident: Incident, judgement: Judgement, scored: Scored, slack: Slack, redactor: Redactor
) -> bool:
    points = list(_points(incident, judgement, scored))
    if not points or message.slack_channel is None:
        return True
    title = f"{redactor.text(incident.event_name)}, events a minute (UTC)"
    about = f"{title}: {incident.peak.count} in the most abnormal window, {incident.peak.expected:g} expected"
    outcome = slack.upload(message.slack_channel, png(points, title), title, about, message.slack_ts)
    if not isinstance(outcome, Sent):
        log.info("no picture is shown with an alert: %s", outcome)
    return isinstance(outcome, Sent)


def _points(incident: Incident, judgement: Judgement, scored: Scored) -> Iterator[PlotPoint]:
    seen = judgement.history
    if incident.event_name not in seen.names:
        return
    row = seen.names.index(incident.event_name)
    first = max(0, (incident.first.start - _BEFORE - seen.start) // MINUTE)
    low, high = band(scored, row, first)
    for place in range(first, seen.counts.shape[1]):
        at = seen.start + place * MINUTE
        yield PlotPoint(
            at=at,
            count=float(seen.counts[row, place]),
            expected=float(scored.judged.minute_expected[row, place]),
            low=float(low[place - first]),
            high=float(high[place - first]),
            is_abnormal=incident.first.start <= at < incident.abnormal_until,
        )
