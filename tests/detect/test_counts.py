"""The model of counts: what it learns, what it finds, and how seldom it is wrong."""

import numpy as np
import pytest

from bench.detector import (
    BURST,
    FIRST_MINUTE,
    SILENCE,
    Fault,
    World,
    false_incidents,
    found,
    incidents,
    lasting,
    rates_of,
)
from mixpanel_data.detect.baseline import FIGURES, Baseline
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


def judged_after(days: int, counts: Floats) -> Judged:
    """The minutes after some days that are only learned."""
    model = Counts(len(counts), FIRST_MINUTE, cut=cut_deviate(300))
    model.learn(counts[:, : days * DAY])
    return model.judge(counts[:, days * DAY :])


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


@pytest.mark.parametrize("minute", [1, 30, 57])
def test_a_name_that_began_in_the_midst_of_an_hour_is_not_abnormal_in_that_hour_of_the_next_days(minute: int) -> None:
    counts = np.full((1, 5 * DAY), 6.0)
    counts[0, : 12 * 60 + minute] = 0
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
    counts = history([5.0], days=19)
    for day in (14, 15, 16, 18):
        counts[0, day * DAY + 600 : day * DAY + 720] *= 4
    assert np.any(judged_after(17, counts).high.score[0, DAY + 600 : DAY + 606] >= 0.5)


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
    said = judged_after(26, counts)
    loudest = int(np.argmax(said.low.score[0]))
    assert DAY + 600 <= loudest < DAY + 1200
    assert said.low.score[0, loudest] >= 0.5
    assert said.low.window_minutes[0, loudest] >= 60
    assert not np.any(said.high.score[0] >= 0.5)


def test_a_silence_is_a_window_without_events() -> None:
    counts = history([4.0], days=16)
    counts[0, 15 * DAY + 700 : 15 * DAY + 760] = 0
    counts[0, [15 * DAY + 699, 15 * DAY + 760]] = 4
    said = judged_after(14, counts)
    at = DAY + 759
    assert said.silence.score[0, at] >= 0.5
    assert said.silence.count[0, at] == 0
    assert said.silence.window_minutes[0, at] == 60
    assert said.silence.score[0, at + 1] == 0.0


def test_each_side_is_judged_by_itself() -> None:
    counts = history([6.0], days=16)
    counts[0, 15 * DAY + 100 : 15 * DAY + 103] += 60
    counts[0, 15 * DAY + 700 : 15 * DAY + 710] = 1
    said = judged_after(14, counts)
    burst, drop = slice(DAY + 100, DAY + 103), slice(DAY + 704, DAY + 710)
    assert np.all(said.high.score[0, burst] >= 0.5)
    assert np.all(said.low.score[0, burst] < 0.5)
    assert np.any(said.low.score[0, drop] >= 0.5)
    assert not np.any(said.silence.score[0, drop] >= 0.5)
    assert not np.any(said.high.score[0, drop] >= 0.5)
    np.testing.assert_array_equal(said.score, np.max([said.high.score, said.low.score, said.silence.score], axis=0))


def test_the_count_that_is_told_is_the_window_s_own() -> None:
    counts = history([6.0], days=16)
    counts[0, 15 * DAY + 100 : 15 * DAY + 500] += 6
    high = judged_after(14, counts).high
    at = np.flatnonzero(high.score[0] >= 0.5)
    recent = counts[0, 14 * DAY :]
    for place in at:
        assert high.count[0, place] == recent[place + 1 - high.window_minutes[0, place] : place + 1].sum()


@pytest.mark.parametrize("factor", [5.0, 50.0])
def test_a_burst_is_let_go_of_within_15_minutes(factor: float) -> None:
    said = lasting(10.0, Fault(3, factor), names=10, seed=4, budget_names=300)
    assert said.found == said.is_one == 1.0
    assert said.after <= 15.0
    assert said.after_95 <= 25.0


def test_a_leak_is_one_incident_while_it_lasts() -> None:
    said = lasting(10.0, Fault(360, 1.6), names=10, seed=4, budget_names=300)
    assert said.found == 1.0
    assert said.is_one >= 0.8
    assert said.after_95 <= 120.0


def test_what_comes_again_after_a_quiet_hour_is_abnormal_again() -> None:
    counts = history([5.0], days=16)
    for begin in (600, 680):
        counts[0, 15 * DAY + begin : 15 * DAY + begin + 3] += 100
    at = np.flatnonzero(judged_after(14, counts).high.score[0] >= 0.5) - DAY
    assert set(range(600, 603)) | set(range(680, 683)) <= set(at)
    assert not set(range(618, 680)) & set(at)


def test_what_was_learned_goes_on_from_its_state_as_if_nothing_had_been_between() -> None:
    counts = history([0.3, 8.0], days=12)
    counts[:, 5 * DAY + 100] += 300
    split = 9 * DAY + 7 * 60
    whole = Counts(2, FIRST_MINUTE, cut=4.5)
    whole.judge(counts[:, :split])
    expected = whole.judge(counts[:, split:])
    first = Counts(2, FIRST_MINUTE, cut=4.5)
    first.learn(counts[:, :split])
    state = first.baseline.state()
    assert state.shape == (2, FIGURES)
    assert first.learned_until == FIRST_MINUTE + split
    second = Counts(2, FIRST_MINUTE + split, cut=4.5, baseline=Baseline.of(state))
    said = second.judge(counts[:, split:])
    np.testing.assert_array_equal(said.minute_expected, expected.minute_expected)
    np.testing.assert_array_equal(said.minute_variance, expected.minute_variance)
    # A day on, the windows are as long again as they were.
    np.testing.assert_allclose(said.score[:, DAY + 30 :], expected.score[:, DAY + 30 :], atol=1e-9)


def test_minutes_of_an_hour_that_has_begun_are_not_in_the_state() -> None:
    counts = history([8.0], days=2)
    one, other = Counts(1, FIRST_MINUTE, cut=4.5), Counts(1, FIRST_MINUTE, cut=4.5)
    one.learn(counts[:, :1500])
    other.learn(counts[:, :1545])
    assert other.learned_until == one.learned_until == FIRST_MINUTE + 1500
    np.testing.assert_array_equal(one.baseline.state(), other.baseline.state())


def test_names_may_come_and_go_between_states() -> None:
    counts = history([0.3, 8.0], days=4)
    model = Counts(2, FIRST_MINUTE, cut=4.5)
    model.learn(counts[:, : 3 * DAY])
    rows = np.vstack([Baseline.fresh(1), model.baseline.state()[1:]])
    last = counts[:, 3 * DAY :]
    said = Counts(2, FIRST_MINUTE + 3 * DAY, cut=4.5, baseline=Baseline.of(rows)).judge(last)
    kept = model.judge(last)
    np.testing.assert_allclose(said.minute_expected[1], kept.minute_expected[1])
    assert not np.any(said.score[0])


def test_a_state_of_another_version_is_refused() -> None:
    state = Baseline.fresh(2)
    state[1, 0] += 1
    for wrong in (state, Baseline.fresh(2)[:, 1:], Baseline.fresh(1)[0]):
        with pytest.raises(ValueError, match="a baseline of version"):
            Baseline.of(wrong)


def test_a_stored_baseline_goes_on_with_a_whole_hour() -> None:
    with pytest.raises(ValueError, match="does not begin an hour"):
        Counts(1, FIRST_MINUTE + 30, cut=4.5, baseline=Baseline(1, 60))


def test_counts_in_clumps_are_no_cause_for_alarm() -> None:
    rng = np.random.default_rng(9)
    counts = (rng.poisson(0.4, (3, 14 * DAY)) * rng.integers(1, 9, (3, 14 * DAY))).astype(np.float64)
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


@pytest.mark.parametrize("shape", ["mild", "deep", "office"])
def test_names_in_which_nothing_is_wrong_keep_to_the_budget(shape: str) -> None:
    world = World.of(rates_of(8), np.random.default_rng(4), shape)
    assert len(false_incidents(world, days=9, seed=4).days) <= 2


def test_bursts_and_silences_are_found_in_the_first_run_after_them() -> None:
    assert found(3.0, BURST, names=20, days=2, seed=2, budget_names=1) >= 0.95
    assert found(2.0, SILENCE, names=10, days=2, seed=2, budget_names=300) >= 0.95
