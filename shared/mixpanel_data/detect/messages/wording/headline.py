"""The first line of an alert. It says everything that matters, because a telephone shows no more."""

from collections.abc import Sequence
from datetime import datetime

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.incidents.incident import Direction, Incident, State
from mixpanel_data.detect.messages.wording.comparison import compared, counted
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.blocks import first_of
from mixpanel_data.outbox.mrkdwn import code, escaped, shown_name
from mixpanel_data.outbox.times import clock

_SHORT_NAME_SIZE = 40
_MOST_NAMED = 5


def headline(incident: Incident, redactor: Redactor, now: datetime) -> str:
    """`🔺 Purchase: 412 events in 3 min, 38 expected (×10.8) since 03:12 UTC`, as plain text."""
    return f"{_mark(incident)} {shown_name(incident.event_name, redactor)}: {_volume(incident, now)}"


def headline_mrkdwn(incident: Incident, redactor: Redactor, now: datetime) -> str:
    """The headline as mrkdwn, the event's name as code."""
    return f"{_mark(incident)} {code(shown_name(incident.event_name, redactor))}: {escaped(_volume(incident, now))}"


def summary(reported: Sequence[ReportedIncident]) -> str:
    """`🔺 3 events are abnormal: 1 too high, 1 too low, 1 over`, for incidents in order of their rank."""
    lasting = [each.incident for each in reported if each.is_open]
    over = len(reported) - len(lasting)
    if not lasting:
        return f"✅ {over} events were abnormal and are back to normal"
    high = sum(incident.direction is Direction.HIGH for incident in lasting)
    counts = [(high, "too high"), (len(lasting) - high, "too low"), (over, "over")]
    parts = ", ".join(f"{count} {word}" for count, word in counts if count)
    return f"{'🔺' if 2 * high >= len(lasting) else '🔻'} {len(reported)} events are abnormal: {parts}"


def names(reported: Sequence[ReportedIncident], redactor: Redactor) -> str:
    """The names of the first events, short, as plain text; the others are counted."""
    shown = dict.fromkeys(shown_name(each.incident.event_name, redactor, _SHORT_NAME_SIZE) for each in reported)
    return first_of(list(shown), _MOST_NAMED)


def _mark(incident: Incident) -> str:
    if incident.state is State.RESOLVED:
        return "✅"
    if incident.direction is Direction.HIGH:
        return "🔺"
    return "🔇" if incident.peak.count == 0 else "🔻"


def _volume(incident: Incident, now: datetime) -> str:
    volume = f"{counted(incident.peak)}, {compared(incident)}"
    start = incident.first.start
    if incident.state is State.OPEN:
        return f"{volume} since {clock(start, now)} UTC"
    end = incident.abnormal_until
    return f"over; {volume} from {clock(start, now)} to {clock(end, now if end.date() != start.date() else end)} UTC"
