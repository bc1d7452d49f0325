"""The cast of the tests of messages: incidents, their evidence, and a view of what Slack shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.events import Event
from mixpanel_data.detect.findings.evidence import Evidence, Sample
from mixpanel_data.detect.findings.recent import Latest
from mixpanel_data.detect.findings.value_shares import ValueShare
from mixpanel_data.detect.findings.whole import NameInWhole, WholeEvidence
from mixpanel_data.detect.incidents.incident import WHOLE, Direction, Incident, Observation, Rule, State
from mixpanel_data.detect.messages.wording.alert import AlertWriter
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.blocks import Body, texts
from mixpanel_data.outbox.times import Times

START = datetime(2026, 3, 10, 3, 12, tzinfo=UTC)
NOW = START + timedelta(minutes=10)
PEAK = Observation(START, START + timedelta(minutes=3), 412, 38.2, 0.98)
RISE = Incident(
    incident_id="3fa9c1d27be04e553fa9c1d27be04e55",
    event_name="Purchase",
    direction=Direction.HIGH,
    rules=(Rule.THRESHOLD, Rule.BASELINE),
    state=State.OPEN,
    opened_at=NOW,
    first=PEAK,
    peak=PEAK,
    abnormal_until=START + timedelta(minutes=3),
    resolved_at=None,
    threshold=100.0,
    channel="#alerts",
    is_muted=False,
)
SILENCE = replace(
    RISE,
    event_name="Signup",
    direction=Direction.LOW,
    rules=(Rule.SILENCE,),
    threshold=None,
    peak=Observation(START, START + timedelta(minutes=30), 0, 212.4, 0.9),
)
OVER = replace(RISE, state=State.RESOLVED, abnormal_until=START + timedelta(minutes=23), resolved_at=NOW)
LATEST = Latest(START + timedelta(minutes=4), START + timedelta(minutes=9), 600, 61.7)
USUAL = replace(LATEST, count=58)
READ_UNTIL = START + timedelta(minutes=9)
EVIDENCE = Evidence(
    value_shares=(ValueShare("app_version", "3.2.1", 0.04, 0.91, 375), ValueShare("$os", "iOS", 0.4, 0.7, 288)),
    samples=tuple(
        Sample(START + timedelta(seconds=second), "ann", {"$email": "ann@example.com", "total": 12.5, "$os": "iOS"})
        for second in (170, 168, 167)
    ),
    samples_are_from_before=False,
    hour=(*[12] * 56, 12, 130, 142, 140),
    hour_before=(12,) * 60,
    hour_end=START + timedelta(minutes=3),
)
ENTRY = Event(name="Purchase", owner="U024BE7LH", runbook_url="https://wiki.example/x?a=1&b=2", time_window_minutes=1)
QUERY = "SELECT 1\nFROM my-project.mixpanel_data.mixpanel_events\nWHERE event_name = '<Purchase>'"
TIMES = Times(NOW, ZoneInfo("UTC"))
DAY_BELOW = replace(
    RISE,
    event_name=WHOLE,
    direction=Direction.LOW,
    rules=(Rule.BASELINE,),
    threshold=None,
    peak=Observation(START, START + timedelta(minutes=50), 21_400, 50_100.0, 0.9),
)
BREADTH = WholeEvidence(
    start=START,
    end=START + timedelta(minutes=50),
    names=41,
    deviating=38,
    most=(NameInWhole("Page View", 9_100, 22_000.0), NameInWhole("<!channel>", 0, 12.0)),
    hour=(400,) * 60,
    hour_before=(1000,) * 60,
    hour_end=START + timedelta(minutes=50),
)

CONSOLE = "https://console.cloud.google.com/bigquery?project=my-project&p=my-project&d=d&t=t&page=table"
WITH_CONSOLE = AlertWriter(Redactor(), CONSOLE)
WITHOUT_CONSOLE = AlertWriter(Redactor())
EVENT_URL = "https://mixpanel.example/events?name={event}"
IN_BERLIN = AlertWriter(Redactor(), event_url=EVENT_URL, zone=ZoneInfo("Europe/Berlin"))


def lasting(incident: Incident = RISE, latest: Latest | None = LATEST) -> ReportedIncident:
    """An incident with its last complete minutes, which the collector read a minute ago."""
    return ReportedIncident(incident, EVIDENCE, ENTRY, QUERY, latest, READ_UNTIL)


def shown(body: Body) -> str:
    """The text of all blocks."""
    return "\n".join(text for block in body.blocks for text in texts(block))


def header(body: Body) -> str:
    """The text of the header."""
    return str(body.blocks[0]["text"]["text"])
