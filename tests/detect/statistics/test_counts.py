"""The model for counts: it learns seasons and trend, finds anomalies, and is seldom wrong."""

import zlib
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from mixpanel_data.detect.statistics.forecasting.baseline import Baseline
from mixpanel_data.detect.statistics.forecasting.calendar import Calendar
from mixpanel_data.detect.statistics.scoring.counts import CountScores, CountsModel, cut_deviate
from mixpanel_data.detect.statistics.tails import Floats
from support.simulated_counts import (
    BURST,
    FIRST_MINUTE,
    SILENCE,
    Fault,
    SimulatedProject,
    false_incidents,
    found,
    incidents,
    lasting,
    rates_of,
)

DAY = 1440


def history(rates: list[float], days: int, seed: int = 7) -> Floats:
    """Counts of some days in which nothing is wrong, names x minutes."""
    rng = np.random.default_rng(seed)
    world = SimulatedProject.of(np.array(rates), rng)
    return np.concatenate([rng.poisson(world.expected(day)) for day in range(days)], axis=1).astype(np.float64)


def scored(counts: Floats) -> CountScores:
    """Scores with the cut of 300 names, so that a false alarm within the budget is not in the way."""
    return CountsModel(len(counts), FIRST_MINUTE, cut=cut_deviate(300)).score(counts)


def scored_after(days: int, counts: Floats) -> CountScores:
    """The scores of the minutes after some days that are only learned."""
    model = CountsModel(len(counts), FIRST_MINUTE, cut=cut_deviate(300))
    model.learn(counts[:, : days * DAY])
    return model.score(counts[:, days * DAY :])


def abnormal(counts: Floats) -> list[int]:
    """Minutes at which the first name is abnormal."""
    return [int(minute) for minute in np.nonzero(scored(counts).score[0] >= 0.5)[0]]


def test_scores_do_not_depend_on_how_minutes_are_cut_into_chunks() -> None:
    counts = history([0.3, 8.0], days=4)
    counts[:, 3 * DAY + 100] += 40
    model = CountsModel(2, FIRST_MINUTE, cut=4.5)
    at, parts = 0, []
    for size in [1, 7, 60, 1000, 3, 5, 2000, 10**6]:
        parts.append(model.score(counts[:, at : at + size]).score)
        at += size
    whole = CountsModel(2, FIRST_MINUTE, cut=4.5).score(counts).score
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-9)


def test_the_score_of_a_minute_follows_from_it_and_earlier_minutes_alone() -> None:
    counts = history([2.0], days=5)
    changed = counts.copy()
    changed[:, 4 * DAY + 77 :] = 500
    np.testing.assert_array_equal(scored(counts).score[:, : 4 * DAY + 77], scored(changed).score[:, : 4 * DAY + 77])


def test_names_do_not_influence_each_others_scores() -> None:
    counts = history([0.5, 20.0], days=3)
    cut = cut_deviate(2)
    alone = CountsModel(1, FIRST_MINUTE, cut=cut).score(counts[1:])
    np.testing.assert_allclose(CountsModel(2, FIRST_MINUTE, cut=cut).score(counts).score[1:], alone.score, atol=1e-9)


def test_scores_of_counts_lie_between_0_and_1_and_bands_hold_the_expected_count() -> None:
    counts = history([0.05, 3.0, 50.0], days=4)
    counts[:, 3 * DAY :: 97] *= 30
    model = CountsModel(3, FIRST_MINUTE, cut=4.5)
    scores = model.score(counts)
    low, high = model.band(scores.minute_expected, scores.minute_variance)
    assert np.all((scores.score >= 0.0) & (scores.score <= 1.0))
    assert np.all((low >= 0.0) & (low <= scores.minute_expected) & (scores.minute_expected <= high))


@pytest.mark.parametrize("value", [0, 1, 40])
def test_a_constant_series_of_counts_is_never_abnormal(value: int) -> None:
    assert abnormal(np.full((1, 10 * DAY), float(value))) == []


def test_single_events_of_a_rare_name_are_not_abnormal() -> None:
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


def test_season_and_trend_become_expected() -> None:
    minutes = np.arange(35 * DAY)
    growth = 1.05 ** (minutes / (7 * DAY))
    season = 1 + 0.7 * np.sin(2 * np.pi * minutes / DAY)
    counts = np.random.default_rng(3).poisson(10 * growth * season)[None, :].astype(np.float64)
    scores = scored(counts)
    assert not np.any(scores.score >= 0.5)
    last_day = slice(34 * DAY, 35 * DAY)
    np.testing.assert_allclose(scores.minute_expected[0, last_day].mean(), 10 * growth[last_day].mean(), rtol=0.05)


def test_a_burst_that_comes_every_few_days_stays_abnormal() -> None:
    counts = history([5.0], days=19)
    for day in (14, 15, 16, 18):
        counts[0, day * DAY + 600 : day * DAY + 720] *= 4
    assert np.any(scored_after(17, counts).high.score[0, DAY + 600 : DAY + 606] >= 0.5)


def test_a_level_that_lasts_becomes_the_expected_one() -> None:
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
    scores = scored_after(26, counts)
    loudest = int(np.argmax(scores.low.score[0]))
    assert DAY + 600 <= loudest < DAY + 1200
    assert scores.low.score[0, loudest] >= 0.5
    assert scores.low.window_minutes[0, loudest] >= 60
    assert not np.any(scores.high.score[0] >= 0.5)


def test_a_silence_is_a_window_without_events() -> None:
    counts = history([4.0], days=16)
    counts[0, 15 * DAY + 700 : 15 * DAY + 760] = 0
    counts[0, [15 * DAY + 699, 15 * DAY + 760]] = 4
    scores = scored_after(14, counts)
    at = DAY + 759
    assert scores.silence.score[0, at] >= 0.5
    assert scores.silence.count[0, at] == 0
    assert scores.silence.window_minutes[0, at] == 60
    assert scores.silence.score[0, at + 1] == 0.0


def test_rises_drops_and_silences_are_scored_apart() -> None:
    counts = history([6.0], days=16)
    counts[0, 15 * DAY + 100 : 15 * DAY + 103] += 60
    counts[0, 15 * DAY + 700 : 15 * DAY + 710] = 1
    scores = scored_after(14, counts)
    burst, drop = slice(DAY + 100, DAY + 103), slice(DAY + 704, DAY + 710)
    assert np.all(scores.high.score[0, burst] >= 0.5)
    assert np.all(scores.low.score[0, burst] < 0.5)
    assert np.any(scores.low.score[0, drop] >= 0.5)
    assert not np.any(scores.silence.score[0, drop] >= 0.5)
    assert not np.any(scores.high.score[0, drop] >= 0.5)
    np.testing.assert_array_equal(
        scores.score, np.max([scores.high.score, scores.low.score, scores.silence.score], axis=0)
    )


def test_the_count_shown_is_that_of_the_whole_window() -> None:
    counts = history([6.0], days=16)
    counts[0, 15 * DAY + 100 : 15 * DAY + 500] += 6
    high = scored_after(14, counts).high
    at = np.flatnonzero(high.score[0] >= 0.5)
    recent = counts[0, 14 * DAY :]
    for position in at:
        assert high.count[0, position] == recent[position + 1 - high.window_minutes[0, position] : position + 1].sum()


@pytest.mark.parametrize("factor", [5.0, 50.0])
def test_a_burst_stays_abnormal_for_at_most_15_minutes_after_its_end(factor: float) -> None:
    incident = lasting(10.0, Fault(3, factor), names=10, seed=4, budget_names=300)
    assert incident.found == incident.is_one == 1.0
    assert incident.after <= 15.0
    assert incident.after_95 <= 25.0


def test_a_leak_is_one_incident_while_it_lasts() -> None:
    incident = lasting(10.0, Fault(360, 1.6), names=10, seed=4, budget_names=300)
    assert incident.found == 1.0
    assert incident.is_one >= 0.8
    assert incident.after_95 <= 120.0


def test_a_burst_after_a_quiet_hour_is_abnormal_again() -> None:
    counts = history([5.0], days=16)
    for begin in (600, 680):
        counts[0, 15 * DAY + begin : 15 * DAY + begin + 3] += 100
    at = np.flatnonzero(scored_after(14, counts).high.score[0] >= 0.5) - DAY
    assert set(range(600, 603)) | set(range(680, 683)) <= set(at)
    assert not set(range(618, 680)) & set(at)


def test_a_model_that_goes_on_from_a_stored_state_scores_as_if_there_had_been_no_break() -> None:
    counts = history([0.3, 8.0], days=12)
    counts[:, 5 * DAY + 100] += 300
    split = 9 * DAY + 7 * 60
    whole = CountsModel(2, FIRST_MINUTE, cut=4.5)
    whole.score(counts[:, :split])
    expected = whole.score(counts[:, split:])
    first = CountsModel(2, FIRST_MINUTE, cut=4.5)
    first.learn(counts[:, :split])
    states = first.baseline.states()
    assert first.learned_until == FIRST_MINUTE + split
    second = CountsModel(2, FIRST_MINUTE + split, cut=4.5, baseline=Baseline.of(states))
    scores = second.score(counts[:, split:])
    np.testing.assert_array_equal(scores.minute_expected, expected.minute_expected)
    np.testing.assert_array_equal(scores.minute_variance, expected.minute_variance)
    # A day on, the windows are as long again as they were.
    np.testing.assert_allclose(scores.score[:, DAY + 30 :], expected.score[:, DAY + 30 :], atol=1e-9)


def test_a_state_holds_whole_hours_only() -> None:
    counts = history([8.0], days=2)
    one, other = CountsModel(1, FIRST_MINUTE, cut=4.5), CountsModel(1, FIRST_MINUTE, cut=4.5)
    one.learn(counts[:, :1500])
    other.learn(counts[:, :1545])
    assert other.learned_until == one.learned_until == FIRST_MINUTE + 1500
    assert one.baseline.states() == other.baseline.states()


def test_names_can_come_and_go_between_states() -> None:
    counts = history([0.3, 8.0], days=4)
    model = CountsModel(2, FIRST_MINUTE, cut=4.5)
    model.learn(counts[:, : 3 * DAY])
    states = [Baseline.fresh_state(), model.baseline.states()[1]]
    last = counts[:, 3 * DAY :]
    scores = CountsModel(2, FIRST_MINUTE + 3 * DAY, cut=4.5, baseline=Baseline.of(states)).score(last)
    kept = model.score(last)
    np.testing.assert_allclose(scores.minute_expected[1], kept.minute_expected[1])
    assert not np.any(scores.score[0])


def test_a_state_of_another_version_or_layout_is_refused() -> None:
    state = Baseline.fresh_state()
    for wrong in (b"", state[:-20], zlib.compress(b"\x01" + zlib.decompress(state)[1:])):
        with pytest.raises(ValueError, match="a baseline of version"):
            Baseline.of([state, wrong])


def test_a_state_learned_in_another_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="the time zone Asia/Tokyo begins otherwise"):
        Baseline.of([Baseline.fresh_state()], calendar=Calendar(ZoneInfo("Asia/Tokyo")))


def test_a_stored_baseline_goes_on_with_a_whole_hour() -> None:
    with pytest.raises(ValueError, match="does not start an hour"):
        CountsModel(1, FIRST_MINUTE + 30, cut=4.5, baseline=Baseline(1, 60))


def test_overdispersed_counts_raise_few_false_alarms() -> None:
    rng = np.random.default_rng(9)
    counts = (rng.poisson(0.4, (3, 14 * DAY)) * rng.integers(1, 9, (3, 14 * DAY))).astype(np.float64)
    names, minutes = np.nonzero(scored(counts).score >= 0.5)
    assert sum(incidents(minutes[names == name]) for name in range(3)) <= 3


def test_the_cut_keeps_the_budget_whatever_the_number_of_names() -> None:
    assert 3.5 < cut_deviate(1) < cut_deviate(300) < 5.5
    assert cut_deviate(300, 300.0) == cut_deviate(1)


@pytest.mark.parametrize(("names", "budget"), [(0, 1.0), (1, 0.0), (1, -1.0)])
def test_a_budget_without_names_or_alerts_is_refused(names: int, budget: float) -> None:
    with pytest.raises(ValueError, match="give 1 or more, and above 0"):
        cut_deviate(names, budget)


@pytest.mark.parametrize("value", [-1.0, 0.5, np.nan, np.inf])
def test_a_count_that_is_not_a_whole_number_of_at_least_0_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="whole numbers of at least 0"):
        CountsModel(1, FIRST_MINUTE, cut=4.0).score(np.array([[1.0, value]]))


@pytest.mark.parametrize("shape", ["mild", "deep", "office"])
def test_healthy_names_keep_to_the_budget_of_false_incidents(shape: str) -> None:
    world = SimulatedProject.of(rates_of(8), np.random.default_rng(4), shape)
    assert len(false_incidents(world, days=9, seed=4).days) <= 2


def test_bursts_and_silences_are_found_in_the_first_run_after_them() -> None:
    assert found(3.0, BURST, names=20, days=2, seed=2, budget_names=1) >= 0.95
    assert found(2.0, SILENCE, names=10, days=2, seed=2, budget_names=300) >= 0.95
