"""A picture of each reported incident: its counts against the expected band, in the thread of its alert."""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.clients.slack import Sent, Slack
from mixpanel_data.detect.delivery.plot import PlotPoint, png
from mixpanel_data.detect.findings.judging import Findings, ScoredHistory
from mixpanel_data.detect.incidents.incident import MINUTE, Incident
from mixpanel_data.detect.messages.wording.alert import MOST_IN_FULL
from mixpanel_data.outbox.message import Message

log = logging.getLogger(__name__)

_BEFORE = timedelta(hours=2)
# The least time that one more picture is worth starting with: slack-sdk uploads a file in three calls.
_LEAST_SECONDS = 20.0


def upload(alerts: Sequence[Message], findings: Findings, slack: Slack, redactor: Redactor, deadline: Deadline) -> None:
    """Add pictures to the alerts that were sent in this run, where files can be uploaded.

    They are an extra: one that fails is logged and not tried again, because a file has no key to find it by.
    """
    if findings.scored is None or not slack.can_update:
        return
    by_id = {decision.incident.incident_id: decision.incident for decision in findings.decisions}
    for alert in alerts:
        incidents = [by_id[each] for each in alert.about if each in by_id]
        for incident in incidents if len(incidents) <= MOST_IN_FULL else []:
            if alert.slack_channel is None or deadline.left(_LEAST_SECONDS) < _LEAST_SECONDS:
                return
            if not _upload(alert, incident, findings, findings.scored, slack, redactor):
                return


def _upload(
    alert: Message, incident: Incident, findings: Findings, scored: ScoredHistory, slack: Slack, redactor: Redactor
) -> bool:
    """False where Slack does not take the picture."""
    points = list(_points(incident, findings, scored))
    if not points or alert.slack_channel is None:
        return True
    title = f"{redactor.text(incident.event_name)}, events a minute (UTC)"
    alt_text = f"{title}: {incident.peak.count} in the most abnormal window, {incident.peak.expected:g} expected"
    outcome = slack.upload(alert.slack_channel, png(points, title), title, alt_text, alert.slack_ts)
    if not isinstance(outcome, Sent):
        log.info("an alert has no picture: %s", outcome)
    return isinstance(outcome, Sent)


def _points(incident: Incident, findings: Findings, scored: ScoredHistory) -> Iterator[PlotPoint]:
    """The minutes from two hours before the incident on."""
    history = findings.history
    if incident.event_name not in history.names:
        return
    row = history.names.index(incident.event_name)
    first = max(0, (incident.first.start - _BEFORE - history.start) // MINUTE)
    low, high = scored.band(row, first)
    for position in range(first, history.counts.shape[1]):
        at = history.start + position * MINUTE
        yield PlotPoint(
            at=at,
            count=float(history.counts[row, position]),
            expected=float(scored.scores.minute_expected[row, position]),
            low=float(low[position - first]),
            high=float(high[position - first]),
            is_abnormal=incident.first.start <= at < incident.abnormal_until,
        )
