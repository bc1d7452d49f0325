"""One series of one's own: which model judges it, and what is refused."""

import math
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data.detect.judgement import Judgement
from mixpanel_data.detect.series import DECIDING_ROWS, Kind, Point, judged
from mixpanel_data.detect.values import Values

START = datetime(2026, 3, 2)


def points(values: Sequence[float], step_minutes: float = 1) -> list[Point]:
    return [Point(START + i * timedelta(minutes=step_minutes), float(value)) for i, value in enumerate(values)]


def coming(minutes: int, seed: int = 1) -> list[float]:
    """Counts of about 3 a minute."""
    draw = random.Random(seed)
    return [float(sum(draw.random() < 0.3 for _ in range(10))) for _ in range(minutes)]


@cache
def whole(kind: Kind | None) -> list[Judgement]:
    """A series of 3000 minutes, of which others are a part."""
    return list(judged(points(coming(3000)), kind))


def as_values(series: Sequence[Point]) -> list[Judgement]:
    model = Values()
    return [model.judge(point.value) for point in series]


def test_counts_of_each_minute_are_judged_as_counts() -> None:
    series = points([*coming(5000), *[0] * 30])
    said = list(judged(series))
    assert said == list(judged(series, Kind.COUNTS))
    assert said[-1].score >= 0.5


@pytest.mark.parametrize("step", [0.5, 5, 60])
def test_whole_numbers_at_another_pace_are_judged_as_values(step: float) -> None:
    series = points(coming(300), step)
    assert list(judged(series)) == as_values(series)


def test_measurements_are_judged_as_values() -> None:
    series = points([value + 0.5 for value in coming(300)])
    assert list(judged(series)) == as_values(series)


def test_from_a_measurement_on_counts_are_judged_as_values() -> None:
    series = points([*coming(3000), 2.5, *coming(200)])
    said = list(judged(series))
    assert said[3000:] == as_values(series)[3000:]
    assert said[:3000] == whole(Kind.COUNTS)
    assert said[DECIDING_ROWS:3000] != as_values(series)[DECIDING_ROWS:3000]


def test_a_minute_left_out_counted_nothing() -> None:
    counts = coming(4000)
    whole = [said.score for said, count in zip(judged(points(counts)), counts, strict=True) if count]
    sparse = [said.score for said in judged([point for point in points(counts) if point.value])]
    assert sparse[DECIDING_ROWS:] == pytest.approx(whole[DECIDING_ROWS:], abs=1e-9)


@pytest.mark.parametrize("kind", [None, *Kind])
@pytest.mark.parametrize("length", [0, 1, 2, 71, 72, 73, 1511, 1512, 1513, 2999])
def test_a_series_cut_short_is_judged_as_the_whole_one_up_to_the_cut(kind: Kind | None, length: int) -> None:
    assert list(judged(points(coming(length)), kind)) == whole(kind)[:length]


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), max_size=120), st.sampled_from([None, *Kind]))
def test_scores_lie_between_0_and_1_and_bands_hold_what_is_expected(values: list[int], kind: Kind | None) -> None:
    for said in judged(points(values), kind):
        assert 0.0 <= said.score <= 1.0
        assert said.low <= said.expected <= said.high


def test_counts_may_come_at_any_pace_that_divides_the_hour() -> None:
    series = points([*[200.0, 210.0] * 1000, *[20.0] * 3], step_minutes=5)
    assert [said.score >= 0.5 for said in judged(series, Kind.COUNTS)][-4:] == [False, True, True, True]


@pytest.mark.parametrize("kind", [None, *Kind])
@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("row", [1, 72, 100])
def test_a_row_without_a_number_is_named(kind: Kind | None, value: float, row: int) -> None:
    values = coming(200)
    values[row - 1] = value
    with pytest.raises(ValueError, match=f"row {row} .* is not a finite number"):
        list(judged(points(values), kind))


@pytest.mark.parametrize(
    ("row", "point", "reason"),
    [
        (80, Point(START + timedelta(minutes=78), 1.0), "in the order of their times"),
        (80, Point(START + timedelta(minutes=3), 1.0), "in the order of their times"),
        (80, Point(START + timedelta(minutes=79), -1.0), "whole number"),
        (10, Point(START + timedelta(minutes=9), 1.5), "whole number"),
        (80, Point(START + timedelta(minutes=79, seconds=1), 1.0), "whole multiples"),
        (80, Point(START + timedelta(days=9000), 1.0), "more than a year"),
    ],
)
def test_a_row_that_cannot_be_a_count_is_named_where_counts_were_asked_for(row: int, point: Point, reason: str) -> None:
    series = points(coming(100))
    series[row - 1] = point
    with pytest.raises(ValueError, match=f"row {row} .*{reason}"):
        list(judged(series, Kind.COUNTS))
    assert len(list(judged(series))) == 100


def test_counts_at_a_pace_that_does_not_divide_the_hour_are_refused() -> None:
    with pytest.raises(ValueError, match="shortest step is 7 minutes"):
        list(judged(points(coming(100), 7), Kind.COUNTS))


def test_measurements_may_share_a_time_or_come_in_any_order() -> None:
    series = points([value + 0.5 for value in coming(300)])
    shuffled = [Point(START, point.value) for point in series]
    assert list(judged(shuffled)) == list(judged(series))
