"""The model of counts: what it learns, what it finds, and how seldom it is wrong."""

import numpy as np
import pytest

from bench.detector import BURST, FIRST_MINUTE, SILENCE, World, false_incidents, found, incidents, rates_of
from mixpanel_data.detect.counts import Counts, Judged, cut_deviate
from mixpanel_data.detect.tails import Floats

DAY = 1440


def history(rates: list[float], days: int, seed: int = 7) -> Floats:
    """Counts of some days in which nothing is wrong, names x minutes."""
    rng = np.random.default_rng(seed)
    world = World.of(np.array(rates), rng)
    return np.concatenate([rng.poisson(world.expected(day)) for day in range(days)], axis=1).astype(np.float64)


def judged(counts: Floats) -> Judged:
    """As one of 300 names, so that a false alarm within the budget is not in the way."""
    return Counts(len(counts), FIRST_MINUTE, cut=cut_deviate(300)).judge(counts)


def abnormal(counts: Floats) -> list[int]:
    """Minutes at which the first name is abnormal."""
    return [int(minute) for minute in np.nonzero(judged(counts).score[0] >= 0.5)[0]]


def test_minutes_are_judged_the_same_however_they_are_portioned() -> None:
    counts = history([0.3, 8.0], days=4)
    counts[:, 3 * DAY + 100] += 40
    model = Counts(2, FIRST_MINUTE, cut=4.5)
    at, parts = 0, []
    for size in [1, 7, 60, 1000, 3, 5, 2000, 10**6]:
        parts.append(model.judge(counts[:, at : at + size]).score)
        at += size
    whole = Counts(2, FIRST_MINUTE, cut=4.5).judge(counts).score
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-9)


def test_a_minute_is_judged_from_it_and_earlier_ones_alone() -> None:
    counts = history([2.0], days=5)
    changed = counts.copy()
    changed[:, 4 * DAY + 77 :] = 500
    np.testing.assert_array_equal(judged(counts).score[:, : 4 * DAY + 77], judged(changed).score[:, : 4 * DAY + 77])


def test_names_do_not_influence_each_other() -> None:
    counts = history([0.5, 20.0], days=3)
    cut = cut_deviate(2)
    alone = Counts(1, FIRST_MINUTE, cut=cut).judge(counts[1:])
    np.testing.assert_allclose(Counts(2, FIRST_MINUTE, cut=cut).judge(counts).score[1:], alone.score, atol=1e-9)


def test_scores_lie_between_0_and_1_and_bands_hold_what_is_expected() -> None:
    counts = history([0.05, 3.0, 50.0], days=4)
    counts[:, 3 * DAY :: 97] *= 30
    model = Counts(3, FIRST_MINUTE, cut=4.5)
    said = model.judge(counts)
    low, high = model.band(said)
    assert np.all((said.score >= 0.0) & (said.score <= 1.0))
    assert np.all((low >= 0.0) & (low <= said.minute_expected) & (said.minute_expected <= high))


@pytest.mark.parametrize("value", [0, 1, 40])
def test_a_constant_series_is_never_abnormal(value: int) -> None:
    assert abnormal(np.full((1, 10 * DAY), float(value))) == []


def test_few_events_are_nothing_abnormal() -> None:
    counts = np.zeros((1, 20 * DAY))
    counts[0, [5, 9000, 9001, 20_000]] = 1
    assert abnormal(counts) == []


def test_a_name_less_than_a_day_old_is_not_judged() -> None:
    counts = np.zeros((1, 3 * DAY))
    counts[0, DAY:] = 5
    assert abnormal(counts) == []


def test_season_and_trend_are_expected() -> None:
    minutes = np.arange(35 * DAY)
    growth = 1.05 ** (minutes / (7 * DAY))
    season = 1 + 0.7 * np.sin(2 * np.pi * minutes / DAY)
    counts = np.random.default_rng(3).poisson(10 * growth * season)[None, :].astype(np.float64)
    said = judged(counts)
    assert not np.any(said.score >= 0.5)
    last_day = slice(34 * DAY, 35 * DAY)
    np.testing.assert_allclose(said.minute_expected[0, last_day].mean(), 10 * growth[last_day].mean(), rtol=0.05)


def test_what_was_abnormal_once_is_so_again() -> None:
    counts = history([5.0], days=20)
    for day in (14, 15, 16, 18):
        counts[0, day * DAY + 600 : day * DAY + 720] *= 4
    assert any(18 * DAY + 600 <= minute < 18 * DAY + 606 for minute in abnormal(counts))


def test_a_level_that_lasts_is_believed() -> None:
    counts = history([5.0], days=30)
    counts[0, 14 * DAY :] *= 2
    minutes = abnormal(counts)
    assert 14 * DAY <= minutes[0] < 14 * DAY + 60
    assert not [minute for minute in minutes if minute >= 28 * DAY]


def test_a_leak_over_hours_is_found_though_no_minute_is_odd() -> None:
    counts = history([5.0], days=28)
    rng = np.random.default_rng(5)
    day = slice(27 * DAY + 600, 27 * DAY + 1200)
    counts[0, day] = rng.binomial(counts[0, day].astype(np.int64), 0.72)
    said = judged(counts)
    loudest = int(np.argmax(said.score[0, day]))
    assert said.score[0, day][loudest] >= 0.5
    assert said.window_minutes[0, day][loudest] >= 60
    assert not said.is_high[0, day][loudest]


def test_a_silence_is_a_window_without_events() -> None:
    counts = history([4.0], days=20)
    counts[0, 19 * DAY + 700 : 19 * DAY + 760] = 0
    said = judged(counts)
    at = 19 * DAY + 759
    assert said.score[0, at] >= 0.5
    assert said.count[0, at] == 0
    assert not said.is_high[0, at]


def test_counts_in_clumps_are_no_cause_for_alarm() -> None:
    rng = np.random.default_rng(9)
    counts = (rng.poisson(0.4, (3, 21 * DAY)) * rng.integers(1, 9, (3, 21 * DAY))).astype(np.float64)
    names, minutes = np.nonzero(judged(counts).score >= 0.5)
    assert sum(incidents(minutes[names == name]) for name in range(3)) <= 3


def test_the_cut_keeps_the_budget_whatever_the_number_of_names() -> None:
    assert 3.5 < cut_deviate(1) < cut_deviate(300) < 5.5
    assert cut_deviate(300, 300.0) == cut_deviate(1)


@pytest.mark.parametrize(("names", "budget"), [(0, 1.0), (1, 0.0), (1, -1.0)])
def test_a_budget_that_is_none_is_refused(names: int, budget: float) -> None:
    with pytest.raises(ValueError, match="give 1 or more, and above 0"):
        cut_deviate(names, budget)


@pytest.mark.parametrize("value", [-1.0, 0.5, np.nan, np.inf])
def test_what_is_no_count_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="whole numbers of at least 0"):
        Counts(1, FIRST_MINUTE, cut=4.0).judge(np.array([[1.0, value]]))


def test_names_in_which_nothing_is_wrong_keep_to_the_budget() -> None:
    weekly, _, _ = false_incidents(len(rates_of(20)), days=21, seed=4)
    assert weekly <= 1.0


def test_bursts_and_silences_are_found_in_the_first_run_after_them() -> None:
    assert found(3.0, BURST, names=10, days=4, seed=2, budget_names=1) >= 0.95
    assert found(2.0, SILENCE, names=8, days=2, seed=2, budget_names=300) == 1.0
