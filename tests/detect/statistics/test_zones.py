"""Hours of the day and of the week are those of the project's zone, also on days on which its clocks are changed."""

import pytest

from support.judged_worlds import judge
from support.simulated_clock import LocalClock
from support.simulated_counts import FIRST_MINUTE
from support.simulated_world import Size
from support.simulated_worlds import worlds

DAY = 1440


def test_the_local_clock_skips_an_hour_in_spring() -> None:
    # 2026-03-08 in New York: 1:59 is followed by 3:00.
    clock = LocalClock(FIRST_MINUTE + 66 * DAY, "America/New_York").day(0)
    assert clock.minutes[:1].tolist() == [19 * 60]
    assert clock.minutes[7 * 60 - 1 : 7 * 60 + 1].tolist() == [119, 180]
    assert clock.weekdays[5 * 60 - 1 : 5 * 60 + 1].tolist() == [5, 6]


def test_the_local_clock_of_lord_howe_moves_by_half_an_hour() -> None:
    # 2026-04-05: at 15:00 UTC of the day before, 1:59 is followed by 1:30.
    clock = LocalClock(FIRST_MINUTE + 93 * DAY, "Australia/Lord_Howe").day(0)
    assert clock.minutes[15 * 60 - 1 : 15 * 60 + 1].tolist() == [119, 90]


@pytest.mark.sequences
@pytest.mark.parametrize("shape", ["deep", "office", "jobs"])
@pytest.mark.parametrize("change", ["New_York-spring", "New_York-autumn", "Berlin-spring"])
def test_a_change_of_clocks_is_no_incident(change: str, shape: str) -> None:
    (world,) = worlds([f"zones-{change}-{shape}"], Size(days=56, seed=3))
    judged = judge(world, 56)
    # Clocks change after four weeks.
    assert judged.weekly(28, 42) <= 2.0
    assert judged.weekly(14, 56) <= 2.0
