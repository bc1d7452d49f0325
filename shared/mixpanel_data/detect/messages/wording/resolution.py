"""The words of a resolved alert."""

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.incidents.incident import Incident
from mixpanel_data.detect.messages.wording.comparison import compared, counted
from mixpanel_data.outbox.blocks import Body, body, section
from mixpanel_data.outbox.mrkdwn import code, escaped, shown_name
from mixpanel_data.outbox.times import duration, local_time


def resolution(incident: Incident, redactor: Redactor) -> Body:
    """An incident is over, with duration and peak: for its thread, or as a message of its own. It calls nobody."""
    name, lasted = shown_name(incident.event_name, redactor), duration(incident.duration)
    peak = counted(incident.peak)
    text = (
        f"✅ {code(name)} is back to normal after *{lasted}*, "
        f"from {local_time(incident.first.start)} to {local_time(incident.abnormal_until)}.\n"
        f"At its peak there were *{peak}*, {escaped(compared(incident))}."
    )
    return body(f"✅ {name}: back to normal after {lasted}, peak {peak}", [section(text)])
