"""Levels that change for good are told once and learned, and days that are unlike leave nothing behind."""

from collections.abc import Sequence

import pytest

from support.judged_worlds import Account, judge
from support.simulated_world import Size
from support.simulated_worlds import worlds

DAY = 1440


def judged(label: str, days: int = 70) -> tuple[float, Sequence[Account]]:
    """False incidents a week, and what was told of the happenings of names with an event a minute or more."""
    (world,) = worlds([label], Size(days=days, seed=3))
    found = judge(world, days)
    return found.weekly(0, days), [each for each in found.accounts if "at 1/min and more" in each.happening.kind]


@pytest.mark.sequences
@pytest.mark.parametrize("label", ["levels-double", "levels-release"])
def test_a_level_that_rises_for_good_is_told_once_and_learned_within_two_days(label: str) -> None:
    false, accounts = judged(label)
    assert false <= 2.0
    assert all(account.first is not None and account.first <= 120 for account in accounts)
    assert sum(account.incidents for account in accounts) <= 1.3 * len(accounts)
    assert all(account.last is not None and account.last <= 2 * DAY for account in accounts)


@pytest.mark.sequences
@pytest.mark.parametrize("label", ["levels-growth", "levels-decline"])
def test_a_tenth_a_week_is_no_incident(label: str) -> None:
    assert judged(label)[0] <= 2.0


@pytest.mark.sequences
def test_a_campaign_is_told_once_and_its_end_is_no_drop() -> None:
    false, accounts = judged("levels-campaign")
    assert false <= 2.0
    assert all(account.first is not None for account in accounts)
    assert sum(account.incidents for account in accounts) <= 1.3 * len(accounts)


@pytest.mark.sequences
@pytest.mark.parametrize("label", ["days-third", "days-holiday", "days-friday", "days-outage"])
def test_a_day_that_is_unlike_leaves_nothing_behind(label: str) -> None:
    false, accounts = judged(label)
    assert false <= 2.0
    assert sum(account.first is not None for account in accounts) >= 0.95 * len(accounts)
