"""The name of an incident's event, as messages show it."""

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.incidents.incident import Incident
from mixpanel_data.outbox.mrkdwn import NAME_SIZE, code, shown_name

ALL_EVENTS = "All events"


def incident_name(incident: Incident, redactor: Redactor, size: int = NAME_SIZE) -> str:
    """As plain text: the event's name, redacted and cleaned, or that it is about all events together."""
    return ALL_EVENTS if incident.is_whole else shown_name(incident.event_name, redactor, size)


def incident_name_mrkdwn(incident: Incident, redactor: Redactor) -> str:
    """The same as mrkdwn: the name of a single event is code."""
    return ALL_EVENTS if incident.is_whole else code(shown_name(incident.event_name, redactor))
