"""A series is scored by the model that fits it, and a row that does not fit is named."""

import math
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data.base.choices import SeriesKind
from mixpanel_data.detect.statistics.point_score import PointScore
from mixpanel_data.detect.statistics.values import ValuesModel
from mixpanel_data.detect.study.series import DECIDING_ROWS, SeriesPoint, scored

START = datetime(2026, 3, 2)


def points(values: Sequence[float], step_minutes: float = 1) -> list[SeriesPoint]:
    return [SeriesPoint(START + i * timedelta(minutes=step_minutes), float(value)) for i, value in enumerate(values)]


def coming(minutes: int, seed: int = 1) -> list[float]:
    """Counts of about 3 a minute."""
    draw = random.Random(seed)
    return [float(sum(draw.random() < 0.3 for _ in range(10))) for _ in range(minutes)]


@cache
def whole(kind: SeriesKind | None) -> list[PointScore]:
    """The scores of 3000 minutes, as values of 400; the series of other tests are its start."""
    return list(scored(points(coming(400 if kind is SeriesKind.VALUES else 3000)), kind))


def as_values(series: Sequence[SeriesPoint]) -> list[PointScore]:
    model = ValuesModel()
    return [model.score(point.value) for point in series]


def test_counts_of_each_minute_are_scored_as_counts() -> None:
    series = points([*coming(5000), *[0] * 30])
    scores = list(scored(series))
    assert scores == list(scored(series, SeriesKind.COUNTS))
    assert scores[-1].score >= 0.5


@pytest.mark.parametrize("step", [0.5, 5, 60])
def test_whole_numbers_at_another_pace_are_scored_as_values(step: float) -> None:
    series = points(coming(300), step)
    assert list(scored(series)) == as_values(series)


def test_measurements_are_scored_as_values() -> None:
    series = points([value + 0.5 for value in coming(300)])
    assert list(scored(series)) == as_values(series)


def test_from_the_first_measurement_on_a_series_of_counts_is_scored_as_values() -> None:
    series = points([*coming(600), 2.5, *coming(100)])
    scores, values = list(scored(series)), as_values(series)
    assert scores[600:] == values[600:]
    assert scores[:600] == whole(SeriesKind.COUNTS)[:600]
    assert scores[DECIDING_ROWS:600] != values[DECIDING_ROWS:600]


def test_a_minute_without_a_row_counts_zero() -> None:
    counts = coming(4000)
    whole = [each.score for each, count in zip(scored(points(counts)), counts, strict=True) if count]
    sparse = [each.score for each in scored([point for point in points(counts) if point.value])]
    assert sparse[DECIDING_ROWS:] == pytest.approx(whole[DECIDING_ROWS:], abs=1e-9)


@pytest.mark.parametrize(
    ("kind", "length"),
    [
        *product([None, *SeriesKind], [0, 1, 2, 71, 72, 73, 399]),
        *product([None, SeriesKind.COUNTS], [1511, 1512, 1513, 2999]),
    ],
)
def test_a_series_that_is_cut_short_gets_the_scores_of_the_whole_one(kind: SeriesKind | None, length: int) -> None:
    assert list(scored(points(coming(length)), kind)) == whole(kind)[:length]


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), max_size=120), st.sampled_from([None, *SeriesKind]))
def test_scores_of_a_series_lie_between_0_and_1_and_bands_hold_the_expected_value(
    values: list[int], kind: SeriesKind | None
) -> None:
    for point in scored(points(values), kind):
        assert 0.0 <= point.score <= 1.0
        assert point.low <= point.expected <= point.high


def test_counts_can_come_at_any_pace_that_divides_the_hour() -> None:
    series = points([*[200.0, 210.0] * 1000, *[20.0] * 3], step_minutes=5)
    assert [each.score >= 0.5 for each in scored(series, SeriesKind.COUNTS)][-4:] == [False, True, True, True]


@pytest.mark.parametrize("kind", [None, *SeriesKind])
@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("row", [1, 72, 100])
def test_a_row_whose_value_is_not_a_number_is_named(kind: SeriesKind | None, value: float, row: int) -> None:
    values = coming(200)
    values[row - 1] = value
    with pytest.raises(ValueError, match=f"row {row} .* is not a finite number"):
        list(scored(points(values), kind))


@pytest.mark.parametrize(
    ("row", "point", "reason"),
    [
        (80, SeriesPoint(START + timedelta(minutes=78), 1.0), "in the order of their times"),
        (80, SeriesPoint(START + timedelta(minutes=3), 1.0), "in the order of their times"),
        (80, SeriesPoint(START + timedelta(minutes=79), -1.0), "whole number"),
        (10, SeriesPoint(START + timedelta(minutes=9), 1.5), "whole number"),
        (80, SeriesPoint(START + timedelta(minutes=79, seconds=1), 1.0), "whole multiple of 1 minutes"),
        (80, SeriesPoint(START + timedelta(days=9000), 1.0), "more than a year"),
    ],
)
def test_a_row_that_cannot_be_a_count_is_named_where_counts_were_asked_for(
    row: int, point: SeriesPoint, reason: str
) -> None:
    series = points(coming(100))
    series[row - 1] = point
    with pytest.raises(ValueError, match=f"row {row} .*{reason}"):
        list(scored(series, SeriesKind.COUNTS))
    assert len(list(scored(series))) == 100


def test_counts_at_a_pace_that_does_not_divide_the_hour_are_refused() -> None:
    with pytest.raises(ValueError, match="shortest step is 7 minutes"):
        list(scored(points(coming(100), 7), SeriesKind.COUNTS))


def test_measurements_can_share_a_time_or_come_in_any_order() -> None:
    series = points([value + 0.5 for value in coming(300)])
    shuffled = [SeriesPoint(START, point.value) for point in series]
    assert list(scored(shuffled)) == list(scored(series))
