"""An incident with everything that an alert shows about it."""

from dataclasses import dataclass
from datetime import datetime

from mixpanel_data.configuration.events import Event
from mixpanel_data.detect.findings.evidence import Evidence
from mixpanel_data.detect.findings.recent import Latest
from mixpanel_data.detect.findings.whole import WholeEvidence
from mixpanel_data.detect.incidents.incident import Incident, State


@dataclass(frozen=True, slots=True)
class ReportedIncident:
    """An incident as it is now, its evidence, the configuration of its event, and the SQL that reads its events.

    `evidence` and `query` are None where the alert has no room for them, `entry` where the event is not enabled.
    `whole` is the evidence about all events together, None for an incident of one event. `latest` are the last complete
    minutes, None where the event is not watched any more; `read_until` is the event time up to which the collector has
    read, None if it has read nothing.
    """

    incident: Incident
    evidence: Evidence | None = None
    entry: Event | None = None
    query: str | None = None
    latest: Latest | None = None
    read_until: datetime | None = None
    whole: WholeEvidence | None = None

    @property
    def is_open(self) -> bool:
        """True while the incident lasts."""
        return self.incident.state is State.OPEN


def rank(reported: ReportedIncident) -> tuple[bool, float, float, str]:
    """The sort key of a message: open ones first, then the most abnormal, then the furthest from their expectation."""
    peak = reported.incident.peak
    return not reported.is_open, -(peak.score or 0.0), -abs(peak.count - peak.expected), reported.incident.event_name
