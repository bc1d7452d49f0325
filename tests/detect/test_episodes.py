"""From judged minutes to abnormal windows: which rule sees what, and where it may."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.counts import Judged, Side
from mixpanel_data.detect.episodes import Judging, abnormal, episodes
from mixpanel_data.detect.incident import Abnormal, Direction, Rule
from mixpanel_data.detect.watch import watched

START = datetime(2040, 3, 15, tzinfo=UTC)
SIZE = 60


def side(scores: dict[int, float], minutes: int = 1) -> Side:
    """What one side of the model says: these scores, at windows of so many minutes."""
    score = np.zeros((1, SIZE))
    for place, value in scores.items():
        score[0, place] = value
    return Side(score, np.full((1, SIZE), minutes), np.full((1, SIZE), 7.0), np.full((1, SIZE), 2.0))


def windows(
    counts: dict[int, int] | None = None,
    *,
    high: Side | None = None,
    low: Side | None = None,
    silence: Side | None = None,
    first: int = 0,
    complete: int = SIZE,
    **entry: Any,
) -> list[Abnormal]:
    """The abnormal windows of one event with this entry."""
    watch = watched(["A"], EventsConfig.model_validate({"events": [{"name": "A", **entry}]}), "")
    row = np.zeros((1, SIZE), dtype=np.int64)
    for place, count in (counts or {}).items():
        row[0, place] = count
    usual = np.full((1, SIZE), 2.0)
    judged = Judged(high or side({}), low or side({}), silence or side({}), usual, usual)
    return list(abnormal(watch, row, judged, Judging(START, first, complete)))


def ends(found: list[Abnormal]) -> list[int]:
    return [int((one.window.end - START) / timedelta(minutes=1)) for one in found]


def test_a_score_from_the_cut_on_is_abnormal() -> None:
    found = windows(high=side({5: 0.49, 6: 0.5, 7: 1.0}, minutes=3))
    assert ends(found) == [7, 8]
    assert {one.rules for one in found} == {(Rule.BASELINE,)}
    assert found[0].window.start == START + timedelta(minutes=4)
    assert (found[0].window.count, found[0].window.expected, found[0].window.score) == (7, 2.0, 0.5)


@pytest.mark.parametrize(("count", "found"), [(10, []), (11, [21, 22, 23, 24, 25])])
def test_more_than_the_threshold_in_any_window_is_abnormal(count: int, found: list[int]) -> None:
    seen = windows({20: count}, alert_threshold=10, time_window_minutes=5, baseline=False)
    assert ends(seen) == found
    assert {one.rules for one in seen} <= {(Rule.THRESHOLD,)}


def test_counts_are_summed_over_the_window() -> None:
    seen = windows({20: 4, 21: 4, 22: 4}, alert_threshold=10, time_window_minutes=3)
    assert ends(seen) == [23]
    assert (seen[0].window.count, seen[0].window.expected) == (12, 6.0)


def test_without_a_threshold_no_count_is_too_much() -> None:
    assert windows({20: 10**6}) == []


def test_less_than_usual_is_judged_where_all_is_read() -> None:
    scores = {9: 0.8, 10: 0.8}
    assert ends(windows(low=side(scores), complete=10)) == [10]
    assert ends(windows(silence=side(scores), complete=10)) == [10]
    assert ends(windows(high=side(scores), complete=10)) == [10, 11]


def test_what_ends_too_early_is_not_judged() -> None:
    scores = {9: 0.8, 10: 0.8}
    assert ends(windows(high=side(scores), first=10)) == [11]
    assert ends(windows(low=side(scores), first=10)) == [11]


def test_a_rule_that_is_off_sees_nothing() -> None:
    scores = side({9: 0.8})
    assert windows(high=scores, low=scores, baseline=False) == []
    assert [one.rules for one in windows(low=scores, silence=scores)] == [(Rule.BASELINE, Rule.SILENCE)]


def test_the_rules_of_an_episode_are_those_of_all_its_windows() -> None:
    low, silence = side({9: 0.6}), side({9: 0.8, 12: 0.9})
    (one,) = episodes(windows(low=low, silence=silence), timedelta(minutes=20))
    assert (one.direction, one.rules) == (Direction.LOW, (Rule.BASELINE, Rule.SILENCE))
    assert (one.first.score, one.peak.score) == (0.8, 0.9)
    assert one.abnormal_until == START + timedelta(minutes=13)
