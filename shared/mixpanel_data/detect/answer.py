"""The answer of a run, from what it found."""

from collections.abc import Mapping

from mixpanel_data.detect.delivery.sending import DeliveryReport
from mixpanel_data.detect.findings.judging import Findings
from mixpanel_data.detect.incidents.incident import Incident, State
from mixpanel_data.detect.request import Alert, Result


def result(findings: Findings, report: DeliveryReport | None = None, ages: Mapping[str, float] | None = None) -> Result:
    """The answer of a run that judged; without a `report` it sent nothing."""
    changed = [decision for decision in findings.decisions if decision.changes]
    ended = [each for each in changed if each.resolves or (each.opens and each.incident.state is State.RESOLVED)]
    return Result(
        alerts=[_alert(decision.incident) for decision in changed],
        notified=report.sent if report else 0,
        suppressed=sum(decision.incident.is_muted for decision in changed),
        resolved=len(ended),
        undelivered=report.undelivered if report else 0,
        lag_seconds=ages or {},
        read_until=findings.context.read_until,
        learning=len(findings.learning),
    )


def _alert(incident: Incident) -> Alert:
    return Alert(
        event=incident.event_name,
        rule=incident.rules[0],
        direction=incident.direction,
        state=incident.state,
        window_start=incident.first.start,
        window_end=incident.first.end,
        count=incident.first.count,
        expected=incident.first.expected,
        peak_start=incident.peak.start,
        peak_end=incident.peak.end,
        peak_count=incident.peak.count,
        peak_expected=incident.peak.expected,
        threshold=incident.threshold,
        channel=incident.channel,
    )
