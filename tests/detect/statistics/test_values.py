"""The model for measured series reports each value further out than anything before, once."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data.detect.statistics.point_score import ABNORMAL_SCORE, PointScore
from mixpanel_data.detect.statistics.values import EPISODE_POINTS, ValuesModel
from mixpanel_data.detect.statistics.values.strangeness import Strangeness

SERIES = st.lists(st.floats(-1e6, 1e6), max_size=200)


def scored(series: list[float]) -> list[PointScore]:
    model = ValuesModel()
    return [model.score(value) for value in series]


def wave(points: int) -> list[float]:
    return [10.0 + round(math.sin(2 * math.pi * i / 30), 6) for i in range(points)]


def abnormal(series: list[float]) -> list[int]:
    return [i for i, point in enumerate(scored(series)) if point.score >= ABNORMAL_SCORE]


@settings(deadline=None)
@given(SERIES, st.integers(0, 200))
def test_a_series_of_values_that_is_cut_short_gets_the_scores_of_the_whole_one(series: list[float], cut: int) -> None:
    assert scored(series[:cut]) == scored(series)[:cut]


@settings(deadline=None)
@given(SERIES)
def test_scores_of_values_lie_between_0_and_1_and_bands_hold_the_expected_value(series: list[float]) -> None:
    for point in scored(series):
        assert 0.0 <= point.score <= 1.0
        assert point.low <= point.expected <= point.high


@settings(deadline=None)
@given(st.lists(st.integers(-1000, 1000), max_size=200), st.sampled_from([0.25, 2.0, 1024.0]), st.integers(-500, 500))
def test_scores_of_values_do_not_depend_on_unit_and_zero(series: list[int], scale: float, shift: int) -> None:
    plain = [point.score for point in scored([float(value) for value in series])]
    assert [point.score for point in scored([(value + shift) * scale for value in series])] == pytest.approx(plain)


@pytest.mark.parametrize("value", [0.0, -3.5, 1e140])
def test_a_constant_series_of_values_is_never_abnormal(value: float) -> None:
    assert abnormal([value] * 500) == []
    assert scored([value] * 500)[-1] == PointScore(0.0, value, value, value)


def test_no_value_is_abnormal_before_the_series_has_enough_points() -> None:
    series = [*wave(40), *[50.0] * (EPISODE_POINTS - 40)]
    assert [point.score for point in scored(series)] == [0.0] * EPISODE_POINTS


def test_a_value_beyond_all_earlier_ones_is_abnormal_once() -> None:
    assert abnormal([*wave(300), 14.0, 13.5, 13.9, *wave(100)]) == [300]


def test_a_spike_does_not_hide_a_later_one_of_the_same_height() -> None:
    spike = 50.0
    assert abnormal([*wave(300), spike, *wave(300), spike, *wave(100)]) == [300, 601]


def test_a_series_that_leaves_its_pattern_is_abnormal_though_no_value_is_new() -> None:
    # A wave of this height was never twice at its middle in a row.
    assert abnormal([*wave(300), *[10.0] * 60]) == [301]


def test_a_pattern_that_comes_back_is_known() -> None:
    steps = [float(4 * (i % 10 < 3) + 2 * (i % 10 > 6)) for i in range(400)]
    assert abnormal(steps) == []


def test_a_range_that_grows_with_every_point_costs_no_more_than_its_share() -> None:
    model = ValuesModel()
    scores = [model.score(1.2**i).score for i in range(400)]
    assert max(scores) == scores[EPISODE_POINTS]


def test_of_noise_without_end_the_older_half_is_forgotten() -> None:
    draw = random.Random(1)
    strangeness = Strangeness(most_contexts=500)
    contexts = []
    for _ in range(300):
        strangeness.of(draw.random())
        contexts.append(strangeness.contexts)
    assert max(contexts) > 500
    assert contexts[contexts.index(max(contexts)) :][-1] < max(contexts) / 2


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e200])
def test_a_value_that_is_not_finite_is_refused_and_changes_no_later_score(value: float) -> None:
    model, twin = ValuesModel(), ValuesModel()
    for each in wave(100):
        model.score(each)
        twin.score(each)
    with pytest.raises(ValueError, match="is not a finite number"):
        model.score(value)
    assert model.score(20.0) == twin.score(20.0)
