"""Jobs on a schedule are learned, whatever their period."""

import numpy as np
import pytest

from support.judged_worlds import judge
from support.simulated_counts import FIRST_MINUTE, UTC_CLOCK
from support.simulated_traffic import ChangedRuns, Every, Schedule, runs_of
from support.simulated_world import Size, World, scheduled
from support.simulated_worlds import EVERY, worlds

DAY = 1440


def runs(schedule: Schedule, days: int = 14) -> list[int]:
    """The minutes, from the first on, in which the schedule's events come."""
    clocks = (UTC_CLOCK.day(day) for day in range(days))
    counts = np.concatenate(list(runs_of([schedule], clocks, np.random.default_rng(1))), axis=1)[0]
    return [int(minute) for minute in np.flatnonzero(counts)]


def test_runs_come_when_the_schedule_says() -> None:
    assert runs(Schedule(60, 40, 5), days=1) == [60 * hour + 5 for hour in range(24)]
    assert runs(Schedule("day", 40, 540), days=3) == [540, DAY + 540, 2 * DAY + 540]
    # The first day is a Thursday.
    assert runs(Schedule("workday", 40, 540)) == [day * DAY + 540 for day in (0, 1, 4, 5, 6, 7, 8, 11, 12, 13)]
    assert runs(Schedule("week", 40, 540)) == [4 * DAY + 540, 11 * DAY + 540]


def test_a_changed_run_sends_other_numbers_of_events() -> None:
    changed = ChangedRuns(FIRST_MINUTE + 120, FIRST_MINUTE + 180, 0.0)
    assert runs(Schedule(60, 40, changed=changed), days=1) == [60 * hour for hour in range(24) if hour != 2]


def job(every: Every) -> World:
    """One name with a job in the first minute of each period."""
    return scheduled("job", [Schedule(every, 40)], [0.5], Size(1, 5, 1))


@pytest.mark.parametrize("every", [5, 15, 60])
def test_runs_of_a_job_are_no_incidents_once_they_have_been_seen_for_two_days(every: Every) -> None:
    judged = judge(job(every), 5, cut_names=20)
    assert judged.weekly(2, 5) == 0.0


@pytest.mark.sequences
@pytest.mark.parametrize(
    ("every", "style"),
    [*((every, "sharp") for every in EVERY), (60, "loose"), ("day", "random"), ("workday", "jitter")],
)
def test_schedules_keep_to_the_budget_of_false_incidents(every: Every, style: str) -> None:
    (world,) = worlds([f"schedules-{every}-{style}"], Size(days=56, seed=3))
    judged = judge(world, 56)
    # A run of a day or a week is news until it has come a few times.
    known = {"day": 7, "workday": 14, "week": 28}.get(str(every), 3)
    assert judged.weekly(known, 56) <= 2.0


@pytest.mark.sequences
def test_a_project_with_jobs_of_all_kinds_keeps_to_the_budget_of_false_incidents() -> None:
    for world in worlds(["mixed"], Size(days=56, seed=3)):
        assert judge(world, 56).weekly(14, 56) <= 2.0, world.label
