"""The recent minutes of an event as a run judged them: what pictures show, and whether an incident still goes on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mixpanel_data.detect.findings.judged_minutes import JudgedMinutes
from mixpanel_data.detect.findings.judging import Findings
from mixpanel_data.detect.findings.whole import JudgedWhole
from mixpanel_data.detect.incidents.incident import MINUTE, WHOLE
from mixpanel_data.detect.statistics.scoring.deviates import band

LATEST = timedelta(minutes=5)
"""The complete minutes that say whether an incident still goes on."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The events of the last complete minutes `[start, end)`, UTC, and those expected that can have arrived by now."""

    start: datetime
    end: datetime
    count: int
    expected: float


def recent_minutes(findings: Findings, event_name: str, since: datetime) -> JudgedMinutes | None:
    """The minutes of an event with an incident from `since` on, as far as the run judged them; None without any."""
    if event_name == WHOLE:
        return None if findings.whole is None else _of_whole(findings.whole, since)
    minutes = findings.minutes.get(event_name)
    return minutes and minutes.since(since)


def _of_whole(whole: JudgedWhole, since: datetime) -> JudgedMinutes:
    # The band of two days of minutes would take a second.
    first = max(0, (since - whole.start) // MINUTE)
    mean = whole.expected[first:]
    low, high = band(mean, whole.variance[first:], whole.cut)
    return JudgedMinutes(
        start=whole.start + first * MINUTE,
        counts=whole.counts[first:],
        expected=mean,
        due=mean,
        low=low,
        high=high,
        score=whole.scores.score[0, first:],
    )


def latest(findings: Findings, event_name: str) -> Latest | None:
    """The last five minutes that the collector has read; None where the run did not judge them."""
    read_until = findings.context.read_until
    if read_until is None:
        return None
    end = read_until.replace(second=0, microsecond=0)
    minutes = recent_minutes(findings, event_name, end - LATEST)
    wanted = LATEST // MINUTE
    if minutes is None or minutes.start != end - LATEST or len(minutes.counts) < wanted:
        return None
    expected = float(minutes.due[:wanted].sum())
    return Latest(end - LATEST, end, int(minutes.counts[:wanted].sum()), expected)
