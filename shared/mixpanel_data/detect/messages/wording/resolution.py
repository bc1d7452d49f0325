"""The words of a resolved alert."""

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.messages.wording.comparison import compared, counted
from mixpanel_data.detect.messages.wording.naming import incident_name, incident_name_mrkdwn
from mixpanel_data.detect.messages.wording.next_steps import NextSteps
from mixpanel_data.detect.messages.wording.now import figures_now
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.blocks import Body, body, section
from mixpanel_data.outbox.mrkdwn import escaped
from mixpanel_data.outbox.times import Times, duration


def resolution(reported: ReportedIncident, redactor: Redactor, times: Times, next_steps: NextSteps) -> Body:
    """An incident is over, with duration and peak: for its thread, or as a message of its own. It calls nobody."""
    incident = reported.incident
    name, lasted = incident_name(incident, redactor), duration(incident.duration)
    peak, verb = counted(incident.peak), "are" if incident.is_whole else "is"
    over = f"{incident_name_mrkdwn(incident, redactor)} {verb} back to usual since {times.at(incident.abnormal_until)}"
    lines = [
        f"✅ *{over}.* {figures_now(reported, times)}".rstrip(),
        f"*Began:* {times.at(incident.first.start)}, lasted {lasted}",
        f"*At its worst:* {escaped(f'{peak}, {compared(incident)}')}",
    ]
    head = f"✅ {name}: back to usual after {lasted}, at its worst {peak}"
    return body(head, [section("\n".join(lines)), section(next_steps.about(reported, times))])
