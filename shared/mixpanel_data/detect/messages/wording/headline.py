"""The first line of an alert. It says everything that matters, because a telephone shows no more."""

from collections.abc import Sequence

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.incidents.incident import Direction, Incident, State
from mixpanel_data.detect.messages.wording.comparison import compared_briefly, counted_briefly
from mixpanel_data.detect.messages.wording.naming import incident_name, incident_name_mrkdwn
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.blocks import HEADER_SIZE, cut, first_of, length
from mixpanel_data.outbox.mrkdwn import escaped
from mixpanel_data.outbox.times import Times, clock, duration

_SHORT_NAME_SIZE = 40
_MOST_NAMED = 5


def headline(incident: Incident, redactor: Redactor, times: Times) -> str:
    """`🔺 Purchase: 412 in 3 min, 38 expected; began 03:12 UTC, 10 min ago`, as plain text; a long name is cut."""
    mark, volume = _mark(incident), volume_and_time(incident, times)
    name = cut(incident_name(incident, redactor), HEADER_SIZE - length(f"{mark} : {volume}"))
    return f"{mark} {name}: {volume}"


def reminder_headline(incident: Incident, redactor: Redactor, times: Times) -> str:
    """`⏰ Purchase: not over after 2 h 5 min; 412 in 3 min, 38 expected`, as plain text; a long name is cut."""
    text = f"not over after {duration(times.now - incident.first.start)}; {_volume(incident)}"
    return f"⏰ {cut(incident_name(incident, redactor), HEADER_SIZE - length(f'⏰ : {text}'))}: {text}"


def headline_mrkdwn(incident: Incident, redactor: Redactor, times: Times) -> str:
    """The headline as mrkdwn, the event's name as code."""
    name = incident_name_mrkdwn(incident, redactor)
    return f"{_mark(incident)} {name}: {escaped(volume_and_time(incident, times))}"


def volume_and_time(incident: Incident, times: Times) -> str:
    """`412 in 3 min, 38 expected; began 03:12 UTC, 10 min ago`, of its most abnormal window."""
    volume, start, end = _volume(incident), incident.first.start, incident.abnormal_until
    if incident.state is State.OPEN:
        return f"{volume}; began {clock(start, times.now)} UTC, {times.ago(start)}"
    until = clock(end, times.now if end.date() != start.date() else end)
    return f"over; {volume}; {clock(start, times.now)} to {until} UTC"


def short_line(incident: Incident, redactor: Redactor, times: Times) -> str:
    """`🔺 Purchase: 412 in 3 min, 38 expected, since 03:12 UTC` as mrkdwn: one of many."""
    name = incident_name_mrkdwn(incident, redactor)
    is_open = incident.state is State.OPEN
    since, until = clock(incident.first.start, times.now), clock(incident.abnormal_until, times.now)
    when = f"since {since}" if is_open else f"until {until}"
    return f"{_mark(incident)} {name}: {escaped(f'{_volume(incident)}, {when} UTC')}"


def summary(reported: Sequence[ReportedIncident]) -> str:
    """`🔺 3 events are abnormal: 1 too high, 1 too low, 1 over`, for incidents in order of their rank."""
    lasting = [each.incident for each in reported if each.is_open]
    over = len(reported) - len(lasting)
    if not lasting:
        return f"✅ {over:,} events were abnormal and are back to usual"
    high = sum(incident.direction is Direction.HIGH for incident in lasting)
    counts = [(high, "too high"), (len(lasting) - high, "too low"), (over, "over")]
    parts = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    return f"{'🔺' if 2 * high >= len(lasting) else '🔻'} {len(reported):,} events are abnormal: {parts}"


def names(reported: Sequence[ReportedIncident], redactor: Redactor) -> str:
    """The names of the first events, short, as plain text; the others are counted."""
    shown = dict.fromkeys(incident_name(each.incident, redactor, _SHORT_NAME_SIZE) for each in reported)
    return first_of(list(shown), _MOST_NAMED)


def _volume(incident: Incident) -> str:
    peak = incident.peak
    return f"{counted_briefly(peak.count, peak.end - peak.start)}, {compared_briefly(incident)}"


def _mark(incident: Incident) -> str:
    if incident.state is State.RESOLVED:
        return "✅"
    if incident.direction is Direction.HIGH:
        return "🔺"
    return "🔇" if incident.peak.count == 0 else "🔻"
