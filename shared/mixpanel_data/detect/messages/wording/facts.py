"""The facts of an incident, a line each: whether it goes on, how bad it was at its worst, and since when."""

from mixpanel_data.detect.incidents.incident import Incident, Rule
from mixpanel_data.detect.messages.wording.comparison import compared, counted, expectation
from mixpanel_data.detect.messages.wording.now import now_line
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.mrkdwn import escaped
from mixpanel_data.outbox.numbers import events
from mixpanel_data.outbox.times import Times, duration

_RULES = {Rule.THRESHOLD: "threshold", Rule.BASELINE: "baseline", Rule.SILENCE: "silence"}


def facts(reported: ReportedIncident, times: Times) -> str:
    """The lines, as mrkdwn; the first says whether it still goes on."""
    incident = reported.incident
    first, peak = incident.first, incident.peak
    lines = [now_line(reported, times), _began(reported, times)]
    title = "Counted" if first == peak else "At its worst"
    lines.append(
        f"*{title}:* {escaped(f'{counted(peak)}, {compared(incident)}')}, {times.between(peak.start, peak.end)}"
    )
    if first != peak:
        lines.append(f"*At first:* {escaped(f'{counted(first)}, {expectation(first.expected)}')}")
    if incident.threshold is not None:
        window = f" in {reported.entry.time_window_minutes} min" if reported.entry else ""
        lines.append(f"*Threshold:* {events(incident.threshold)}{window}")
    return "\n".join(lines)


def rules(incident: Incident) -> str:
    """`Found by threshold, baseline`."""
    return "Found by " + ", ".join(_RULES[rule] for rule in incident.rules)


def _began(reported: ReportedIncident, times: Times) -> str:
    incident = reported.incident
    lasted = times.ago(incident.first.start) if reported.is_open else f"lasted {duration(incident.duration)}"
    return f"*Began:* {times.at(incident.first.start)}, {lasted}"
