"""Whether an incident still goes on, in words: its last complete minutes against the minutes expected."""

import math
from collections.abc import Sequence
from enum import Enum

from mixpanel_data.detect.findings.recent import Latest
from mixpanel_data.detect.incidents.incident import LATE_AFTER, Direction, Incident
from mixpanel_data.detect.messages.wording.comparison import counted_briefly, expectation, is_by_threshold_alone
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.times import Times

# Of fewer expected events than these, none at all is no news within a few minutes.
_FEWEST_EXPECTED = 3.0
# Anything is a large multiple of next to nothing.
_LEAST_EXPECTED = 0.1


class Course(Enum):
    """How an incident goes on, with the mark and the words that say so."""

    GOING_ON = "🔴", "still going on"
    USUAL = "🟢", "back to usual"
    TOO_FEW = "⚪", "too early to tell"
    UNKNOWN = "⚪", "cannot be known"

    @property
    def mark(self) -> str:
        """A coloured circle."""
        return self.value[0]

    @property
    def words(self) -> str:
        """The words behind `Now:`."""
        return self.value[1]


def course(reported: ReportedIncident, times: Times) -> Course:
    """How the incident goes on.

    A rise goes on while the latest count is nearer to the peak's multiple of the expectation than to the expectation
    itself, on a scale of multiples; a drop while it is nearer to the peak's share. A threshold is exceeded or not.
    """
    incident, latest = reported.incident, reported.latest
    if latest is None or _is_behind(reported, times):
        return Course.UNKNOWN
    if incident.direction is Direction.HIGH:
        return Course.GOING_ON if _is_still_high(incident, latest) else Course.USUAL
    if not _is_still_low(incident, latest):
        return Course.USUAL
    return Course.TOO_FEW if latest.expected < _FEWEST_EXPECTED else Course.GOING_ON


def now_line(reported: ReportedIncident, times: Times) -> str:
    """`🔴 *Now: still going on.* 38 in 5 min, 0.6 expected (03:12 to 03:17 UTC)`, as mrkdwn."""
    if not reported.is_open:
        return f"✅ *Over since {times.at(reported.incident.abnormal_until)}.* {figures_now(reported, times)}".rstrip()
    current = course(reported, times)
    why = _why_unknown(reported, times) if current is Course.UNKNOWN else _figures(reported, times)
    return f"{current.mark} *Now: {current.words}.*{why}"


def figures_now(reported: ReportedIncident, times: Times) -> str:
    """`Now 1 in 5 min, 0.6 expected (03:12 to 03:17 UTC)`, as mrkdwn; empty where that cannot be known."""
    return f"Now{_figures(reported, times)}" if reported.latest else ""


def tally(reported: Sequence[ReportedIncident], times: Times) -> str:
    """How many of several go on and how many do not, as mrkdwn."""
    courses = [course(each, times) for each in reported if each.is_open]
    counts = [(each, courses.count(each)) for each in Course]
    parts = [f"{each.mark} {count:,} {each.words}" for each, count in counts if count]
    over = len(reported) - len(courses)
    return "*Now:* " + ", ".join([*parts, *([f"✅ {over:,} over"] if over else [])])


def _is_behind(reported: ReportedIncident, times: Times) -> bool:
    read_until = reported.read_until
    return read_until is None or read_until < times.now - LATE_AFTER or read_until <= reported.incident.first.start


def _is_still_high(incident: Incident, latest: Latest) -> bool:
    peak = incident.peak
    if incident.first.start >= latest.start:
        return True
    if is_by_threshold_alone(incident) or not math.isfinite(peak.expected + latest.expected):
        return incident.abnormal_until > latest.start
    least = _LEAST_EXPECTED * ((peak.end - peak.start) / (latest.end - latest.start))
    multiple = max(1.0, peak.count / max(peak.expected, least))
    return latest.count > max(latest.expected, _LEAST_EXPECTED) * math.sqrt(multiple)


def _is_still_low(incident: Incident, latest: Latest) -> bool:
    peak = incident.peak
    if not math.isfinite(peak.expected + latest.expected):
        return incident.abnormal_until > latest.start
    share = min(1.0, peak.count / peak.expected) if peak.expected else 0.0
    return latest.count < latest.expected * (1.0 + share) / 2.0


def _figures(reported: ReportedIncident, times: Times) -> str:
    latest = reported.latest
    if latest is None:
        return ""
    words = counted_briefly(latest.count, latest.end - latest.start)
    if not is_by_threshold_alone(reported.incident):
        words += f", {expectation(latest.expected)}"
    return f" {words} ({times.between(latest.start, latest.end)})".replace("<0.01", "&lt;0.01")


def _why_unknown(reported: ReportedIncident, times: Times) -> str:
    read_until = reported.read_until
    if read_until is None:
        return " The collector has read nothing yet."
    if _is_behind(reported, times):
        return f" The collector has read only up to {times.at(read_until)}, {times.ago(read_until)}."
    return " The event is not watched any more."
