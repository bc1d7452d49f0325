"""The model of measured series."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data.detect.judgement import CUT, Judgement
from mixpanel_data.detect.values import EPISODE_POINTS, Values

SERIES = st.lists(st.floats(-1e6, 1e6), max_size=200)


def judged(series: list[float]) -> list[Judgement]:
    model = Values()
    return [model.judge(value) for value in series]


def wave(points: int) -> list[float]:
    return [10.0 + round(math.sin(2 * math.pi * i / 30), 6) for i in range(points)]


def abnormal(series: list[float]) -> list[int]:
    return [i for i, said in enumerate(judged(series)) if said.score >= CUT]


@settings(deadline=None)
@given(SERIES, st.integers(0, 200))
def test_a_series_cut_short_is_judged_as_the_whole_one_up_to_the_cut(series: list[float], cut: int) -> None:
    assert judged(series[:cut]) == judged(series)[:cut]


@settings(deadline=None)
@given(SERIES)
def test_scores_lie_between_0_and_1_and_bands_hold_what_is_expected(series: list[float]) -> None:
    for said in judged(series):
        assert 0.0 <= said.score <= 1.0
        assert said.low <= said.expected <= said.high


@settings(deadline=None)
@given(st.lists(st.integers(-1000, 1000), max_size=200), st.sampled_from([0.25, 2.0, 1024.0]), st.integers(-500, 500))
def test_unit_and_zero_of_a_measurement_do_not_matter(series: list[int], scale: float, shift: int) -> None:
    plain = [said.score for said in judged([float(value) for value in series])]
    assert [said.score for said in judged([(value + shift) * scale for value in series])] == pytest.approx(plain)


@pytest.mark.parametrize("value", [0.0, -3.5, 1e140])
def test_a_constant_series_is_never_abnormal(value: float) -> None:
    assert abnormal([value] * 500) == []
    assert judged([value] * 500)[-1] == Judgement(0.0, value, value, value)


def test_nothing_is_judged_before_there_are_enough_points() -> None:
    series = [0.0] * (EPISODE_POINTS - 1) + [5.0] * 100
    assert abnormal(series) == []


def test_a_value_beyond_all_earlier_ones_is_told_once() -> None:
    assert abnormal([*wave(300), 14.0, 13.5, 13.9, *wave(100)]) == [300]


def test_a_spike_does_not_hide_a_later_one_of_the_same_height() -> None:
    spike = 50.0
    assert abnormal([*wave(300), spike, *wave(300), spike, *wave(100)]) == [300, 601]


def test_a_series_that_loses_its_highs_is_told_though_no_value_is_new() -> None:
    # The last high values are at 277 and 278; 48 points on, they have left the window.
    assert abnormal([*wave(300), *[10.0] * 60])[:1] == [278 + 48]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e200])
def test_what_is_no_finite_number_is_refused_and_changes_nothing(value: float) -> None:
    model, twin = Values(), Values()
    for each in wave(100):
        model.judge(each)
        twin.judge(each)
    with pytest.raises(ValueError, match="is not a finite number"):
        model.judge(value)
    assert model.judge(20.0) == twin.judge(20.0)
