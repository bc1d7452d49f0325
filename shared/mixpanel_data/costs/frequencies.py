"""How often each kind of run happens on a day, by the workload, the schedules and the settings."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import takewhile
from zoneinfo import ZoneInfo

from mixpanel_data.base.choices import Reread
from mixpanel_data.base.small_day import SMALL_DAY
from mixpanel_data.configuration.schedules import Schedule
from mixpanel_data.costs.choices import RECENT_DAYS, Choices
from mixpanel_data.costs.workload import MINUTES_OF_A_DAY, Workload
from mixpanel_data.exports.portions import LINES_PER_PORTION

COLLECTOR, DETECTOR, REGISTRY = "collector", "detector", "registry-updater"
IDENTITY, USERS = "identity-transition", "incremental-user-sync"

LONG_ARRIVALS, ARRIVALS, NO_ARRIVALS = "arrivals, long overlap", "arrivals", "arrivals, nothing new"
REREAD, DAY_CHANGED, DAY_UNCHANGED = "re-read", "re-read day, changed", "re-read day, nothing new"
IDLE, JUDGING, LEARNING = "nothing to judge", "judging", "judging and learning"
RUN, DAYS = "run", "part of days"
FIRST_OF_DAY, LATER, WAITING = "first run of a day", "later run", "nothing to do yet"

_EVENTS_PER_PART = 25_000_000
"""Events of the days that the user sync computes in one part, on BigQuery."""
_LEARNING_PER_DAY = 12
LONG_PER_DAY = 24.0
"""Calls a day that ask for arrivals by the long overlap."""
# What a day of calls early or late by a little may differ from the interval.
_TOLERANCE_MINUTES = 15
_PERIODS = (7, 4 * 364)
_FROM = datetime(2040, 1, 2, tzinfo=UTC)
# Yesterday, and half of today on average.
_RECENT_DAYS = 1.5

Frequencies = Mapping[tuple[str, str], float]
"""Runs, or parts of runs, a day: by job and kind."""


def frequencies(workload: Workload, schedules: Sequence[Schedule], choices: Choices) -> Frequencies:
    """How often each kind happens on a day; a job without a schedule has none."""
    arrivals = arrivals_per_day(schedules)
    bringing = arrivals * _chance(workload.events_per_day / arrivals) if arrivals else 0.0
    long = long_share(schedules, choices)
    return {
        (COLLECTOR, LONG_ARRIVALS): bringing * long,
        (COLLECTOR, ARRIVALS): bringing * (1 - long),
        (COLLECTOR, NO_ARRIVALS): arrivals - bringing,
        **_rereads(workload, schedules, choices),
        **_detector(_runs_of(schedules, DETECTOR), bringing),
        **_users(workload, _runs_of(schedules, USERS)),
        **_by_interval(workload, IDENTITY, _runs_of(schedules, IDENTITY), choices.identity_interval_hours),
        **_by_interval(workload, REGISTRY, _runs_of(schedules, REGISTRY), choices.registry_interval_hours),
    }


def arrivals_per_day(schedules: Sequence[Schedule]) -> float:
    """Calls a day that ask for arrivals."""
    return sum(runs_per_day(each) for each in _of(schedules, COLLECTOR) if not _asked(each))


def long_share(schedules: Sequence[Schedule], choices: Choices) -> float:
    """The share of these calls that take the long overlap: one an hour, or all if the short one is not shorter."""
    if choices.short_overlap_minutes >= choices.overlap_minutes:
        return 1.0
    return min(1.0, LONG_PER_DAY / max(arrivals_per_day(schedules), 1.0))


def arrivals_minutes(schedules: Sequence[Schedule], choices: Choices) -> Mapping[str, float]:
    """The minutes of arrivals that such a call asks for, by kind."""
    runs = arrivals_per_day(schedules)
    between = MINUTES_OF_A_DAY / runs if runs else 0.0
    # What the short calls asked for since the last long one is asked for again.
    since_long = max(between, MINUTES_OF_A_DAY / LONG_PER_DAY) if long_share(schedules, choices) < 1 else between
    short = between + choices.short_overlap_minutes
    return {LONG_ARRIVALS: since_long + choices.overlap_minutes, ARRIVALS: short, NO_ARRIVALS: short}


def runs_per_day(schedule: Schedule) -> float:
    """How often a schedule calls on a day, on average: over a week, over years where it calls less than daily."""
    return _calls_per_day(schedule.schedule, schedule.time_zone)


@cache
def _calls_per_day(cron: str, zone: str) -> float:
    from cronsim import CronSim

    start = _FROM.astimezone(ZoneInfo(zone)) - timedelta(seconds=1)
    for days in _PERIODS:
        end = _FROM + timedelta(days=days)
        calls = sum(1 for _ in takewhile(lambda at, end=end: at < end, CronSim(cron, start)))  # type: ignore[misc]
        if calls >= days:
            break
    return calls / days


def _rereads(workload: Workload, schedules: Sequence[Schedule], choices: Choices) -> Frequencies:
    own = _of(schedules, COLLECTOR)
    recent = sum(runs_per_day(each) for each in own if _asked(each) == Reread.RECENT)
    slices = sum(runs_per_day(each) for each in own if _asked(each) == Reread.SLICE) if choices.reread_days else 0.0
    within = min(RECENT_DAYS, workload.resolved_days)
    share = _chance(workload.events_per_day * workload.resolved / max(workload.resolved_days, 1))
    changed = recent * within * share + slices * choices.slice_days * share * _share_of_slices(workload, choices)
    days = recent * RECENT_DAYS + slices * choices.slice_days
    per_part = max(1.0, LINES_PER_PORTION // max(workload.events_per_day, 1))
    return {
        (COLLECTOR, REREAD): recent + slices,
        (COLLECTOR, DAY_CHANGED): changed / per_part,
        (COLLECTOR, DAY_UNCHANGED): (days - changed) / per_part,
    }


def _share_of_slices(workload: Workload, choices: Choices) -> float:
    """The share of the sliced days in which Mixpanel still changes events, beside those that are recent anyway."""
    older = max(0, min(workload.resolved_days, choices.retention_days) - RECENT_DAYS)
    return older / max(choices.retention_days, 1)


def _detector(runs: float, bringing: float) -> Frequencies:
    judging = min(runs, bringing)
    learning = min(judging, float(_LEARNING_PER_DAY))
    return {
        (DETECTOR, IDLE): runs - judging,
        (DETECTOR, JUDGING): judging - learning,
        (DETECTOR, LEARNING): learning,
    }


def _users(workload: Workload, runs: float) -> Frequencies:
    parts = runs * user_days(workload) / user_days_per_part(workload)
    return {(USERS, RUN): runs, (USERS, DAYS): parts}


def user_days(workload: Workload) -> float:
    """The days that a nightly run of the user sync computes: yesterday, and those before it that changed.

    Of the days that a nightly read has found changed, today is not computed yet.
    """
    late = workload.late_days if workload.late else 0
    resolved = min(workload.resolved_days, RECENT_DAYS) - 1 if workload.resolved else 0
    return float(max(1, min(max(1 + late, resolved), workload.history_days)))


def user_days_per_part(workload: Workload) -> float:
    """The days that it computes in one part."""
    return min(user_days(workload), max(1.0, _EVENTS_PER_PART // max(workload.events_per_day, 1)))


def _by_interval(workload: Workload, job: str, runs: float, hours: int) -> Frequencies:
    """Runs of a job that reads a day again when so many hours have passed, or at once where days are small."""
    first = min(runs, 1.0)
    later = runs - first
    if later:
        between = MINUTES_OF_A_DAY / runs
        if _RECENT_DAYS * workload.events_per_day <= SMALL_DAY:
            later *= _chance(workload.events_per_day / runs)
        else:
            step = between * math.ceil((60 * hours - _TOLERANCE_MINUTES) / between)
            later = min(later, max(0.0, math.ceil(MINUTES_OF_A_DAY / step) - 1.0))
    return {(job, FIRST_OF_DAY): first, (job, LATER): later, (job, WAITING): runs - first - later}


def _of(schedules: Sequence[Schedule], job: str) -> list[Schedule]:
    return [each for each in schedules if each.function == job]


def _runs_of(schedules: Sequence[Schedule], job: str) -> float:
    return sum(runs_per_day(each) for each in _of(schedules, job))


def _asked(schedule: Schedule) -> str | None:
    """What a call of the collector reads again; None if it asks for arrivals."""
    body = schedule.body if isinstance(schedule.body, dict) else {}
    return body.get("reread") or ("window" if "from" in body else None)


def _chance(expected: float) -> float:
    """The chance that at least one event comes, where so many are expected."""
    return -math.expm1(-expected)
