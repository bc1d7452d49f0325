"""The picture is drawn whatever the series, and shows abnormal minutes in red."""

import io
import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data.detect.delivery import plot
from mixpanel_data.detect.delivery.plot import PlotPoint, png

Image = pytest.importorskip("PIL.Image")
_START = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
_BLUE = (207, 226, 243)


def _points(counts: Sequence[float], *, abnormal: range = range(0), step_minutes: float = 1) -> list[PlotPoint]:
    return [
        PlotPoint(_START + timedelta(minutes=step_minutes * position), count, 10.0, 2.0, 20.0, position in abnormal)
        for position, count in enumerate(counts)
    ]


def _picture(points: Sequence[PlotPoint], title: str = "Purchase") -> Any:
    drawn = png(points, title)
    assert drawn.startswith(b"\x89PNG")
    assert len(drawn) < 200_000
    return Image.open(io.BytesIO(drawn)).convert("RGB")


def _red(picture: Any) -> int:
    """How many of its points are clearly red."""
    return sum(n for (red, green, blue), n in _colours(picture).items() if red > 180 and green < 100 and blue < 120)


def _colours(picture: Any) -> Counter[tuple[int, int, int]]:
    pixels = picture.tobytes()
    return Counter(zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True))


def test_abnormal_minutes_are_red_in_the_picture() -> None:
    quiet, burst = _picture(_points([10] * 60)), _points([10] * 57 + [90] * 3)
    assert _red(quiet) == _red(_picture(burst)) == 0
    assert _red(_picture(_points([one.count for one in burst], abnormal=range(57, 60)))) > 100
    assert _colours(quiet)[_BLUE] > 40_000


def test_a_silence_is_red_at_the_bottom_of_the_picture() -> None:
    assert _red(_picture(_points([10] * 30 + [0] * 30, abnormal=range(30, 60)))) > 400


@pytest.mark.parametrize(
    "points",
    [
        _points([0]),
        _points([0, 0]),
        _points([1e9] * 3),
        _points([5] * 10_000, abnormal=range(9_000, 9_001)),
        _points([5] * 90, step_minutes=1440),
        [PlotPoint(_START, 1, math.nan, -math.inf, math.inf, True)],
    ],
    ids=["one", "nothing", "huge", "long", "90 days", "no band"],
)
def test_a_picture_of_any_series_is_drawn(points: list[PlotPoint]) -> None:
    assert _picture(points).size == (800, 450)


@settings(max_examples=15)
@given(st.text())
def test_a_picture_with_any_title_is_drawn(title: str) -> None:
    assert _picture(_points([1]), title).size == (800, 450)


def test_characters_that_the_font_lacks_are_left_out_of_the_title() -> None:
    shown = plot._drawable("🔺 Purchase\n購入: ×10.8 – é", plot._font(20))
    assert shown == "Purchase : x10.8 - e"


def test_the_same_series_makes_the_same_picture() -> None:
    assert png(_points([1, 2, 3]), "a") == png(_points([1, 2, 3]), "a")


def test_a_picture_without_points_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        png([], "Purchase")


@pytest.mark.parametrize(("most", "levels"), [(0, [0, 1]), (3, [0, 1, 2, 3]), (9.5, [0, 5, 10]), (1000, None)])
def test_the_levels_of_the_grid_are_round_and_reach_the_greatest_value(most: float, levels: list[float] | None) -> None:
    found = plot._levels(most)
    assert levels is None or found == levels
    assert found[-1] >= most
    assert 2 <= len(found) <= 6


def test_a_long_series_keeps_its_bursts_in_the_picture() -> None:
    thinned = plot._thinned(_points([1] * 9_999 + [500], abnormal=range(9_999, 10_000)))
    assert len(thinned) <= plot._MOST_POINTS
    assert (thinned[-1].count, thinned[-1].is_abnormal) == (500, True)
