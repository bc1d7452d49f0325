"""The facts of an alert, as a table of short fields."""

from mixpanel_data.detect.incidents.incident import Incident, Rule, State
from mixpanel_data.detect.messages.wording.comparison import counted, expectation, expected
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.numbers import events
from mixpanel_data.outbox.times import duration, local_time

_RULES = {Rule.THRESHOLD: "threshold", Rule.BASELINE: "baseline", Rule.SILENCE: "silence"}


def facts(reported: ReportedIncident) -> list[tuple[str, str]]:
    """Names and mrkdwn: counts, expectation, times, threshold."""
    incident = reported.incident
    first, peak = incident.first, incident.peak
    lasted = f"{'for' if incident.state is State.OPEN else 'lasted'} {duration(incident.duration)}"
    found = [
        ("Counted" if first == peak else "Most abnormal", f"{counted(peak)}\nfrom {local_time(peak.start)}"),
        ("Expected", expected(peak)),
        ("Since", f"{local_time(first.start)}\n{lasted}"),
    ]
    if first != peak:
        found.append(("At first", f"{counted(first)}, {expectation(first)}"))
    if incident.threshold is not None:
        window = f" in {reported.entry.time_window_minutes} min" if reported.entry else ""
        found.append(("Threshold", f"{events(incident.threshold)}{window}"))
    if incident.state is State.RESOLVED:
        found.append(("Quiet since", local_time(incident.abnormal_until)))
    return found


def rules(incident: Incident) -> str:
    """`Found by threshold, baseline`."""
    return "Found by " + ", ".join(_RULES[rule] for rule in incident.rules)
