"""The rules find abnormal windows among scored minutes, and windows without quiet between them are one episode."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.incidents.episodes import episodes
from mixpanel_data.detect.incidents.incident import AbnormalWindow, Direction, Rule
from mixpanel_data.detect.incidents.rules import JudgedSpan, abnormal_windows
from mixpanel_data.detect.incidents.watched import watched_events
from mixpanel_data.detect.statistics.scoring.counts import CountScores, SideScores

START = datetime(2040, 3, 15, tzinfo=UTC)
SIZE = 60


def side(scores: dict[int, float], minutes: int = 1) -> SideScores:
    """One side of the model with these scores, by position, at windows of `minutes` minutes."""
    score = np.zeros((1, SIZE))
    for position, value in scores.items():
        score[0, position] = value
    return SideScores(score, np.full((1, SIZE), minutes), np.full((1, SIZE), 7.0), np.full((1, SIZE), 2.0))


def windows(
    counts: dict[int, int] | None = None,
    *,
    high: SideScores | None = None,
    low: SideScores | None = None,
    silence: SideScores | None = None,
    first: int = 0,
    complete: int = SIZE,
    **entry: Any,
) -> list[AbnormalWindow]:
    """The abnormal windows of one event with this entry."""
    watched = watched_events(["A"], EventsConfig.model_validate({"events": [{"name": "A", **entry}]}), "")
    row = np.zeros((1, SIZE), dtype=np.int64)
    for position, count in (counts or {}).items():
        row[0, position] = count
    usual = np.full((1, SIZE), 2.0)
    scores = CountScores(high or side({}), low or side({}), silence or side({}), usual, usual)
    return list(abnormal_windows(watched, row, scores, JudgedSpan(START, first, complete)))


def ends(found: list[AbnormalWindow]) -> list[int]:
    return [int((one.observation.end - START) / timedelta(minutes=1)) for one in found]


def test_a_window_with_a_score_of_half_or_more_is_abnormal_by_its_baseline() -> None:
    found = windows(high=side({5: 0.49, 6: 0.5, 7: 1.0}, minutes=3))
    assert ends(found) == [7, 8]
    assert {one.rules for one in found} == {(Rule.BASELINE,)}
    assert found[0].observation.start == START + timedelta(minutes=4)
    assert (found[0].observation.count, found[0].observation.expected, found[0].observation.score) == (7, 2.0, 0.5)


@pytest.mark.parametrize(("count", "found"), [(10, []), (11, [21, 22, 23, 24, 25])])
def test_more_events_than_the_threshold_in_any_window_are_abnormal(count: int, found: list[int]) -> None:
    seen = windows({20: count}, alert_threshold=10, time_window_minutes=5, baseline=False)
    assert ends(seen) == found
    assert {one.rules for one in seen} <= {(Rule.THRESHOLD,)}


def test_a_threshold_is_compared_with_the_sum_of_its_window() -> None:
    seen = windows({20: 4, 21: 4, 22: 4}, alert_threshold=10, time_window_minutes=3)
    assert ends(seen) == [23]
    assert (seen[0].observation.count, seen[0].observation.expected) == (12, 6.0)


def test_without_a_threshold_no_count_is_abnormal_by_itself() -> None:
    assert windows({20: 10**6}) == []


def test_fewer_events_than_usual_are_abnormal_only_in_minutes_that_the_collector_has_read() -> None:
    scores = {9: 0.8, 10: 0.8}
    assert ends(windows(low=side(scores), complete=10)) == [10]
    assert ends(windows(silence=side(scores), complete=10)) == [10]
    assert ends(windows(high=side(scores), complete=10)) == [10, 11]


def test_windows_that_end_before_the_judged_span_are_not_abnormal() -> None:
    scores = {9: 0.8, 10: 0.8}
    assert ends(windows(high=side(scores), first=10)) == [11]
    assert ends(windows(low=side(scores), first=10)) == [11]


def test_a_rule_that_is_turned_off_finds_nothing() -> None:
    scores = side({9: 0.8})
    assert windows(high=scores, low=scores, baseline=False) == []
    assert [one.rules for one in windows(low=scores, silence=scores)] == [(Rule.BASELINE, Rule.SILENCE)]


def test_the_rules_of_an_episode_are_those_of_all_its_windows() -> None:
    low, silence = side({9: 0.6}), side({9: 0.8, 12: 0.9})
    (one,) = episodes(windows(low=low, silence=silence), timedelta(minutes=20))
    assert (one.direction, one.rules) == (Direction.LOW, (Rule.BASELINE, Rule.SILENCE))
    assert (one.first.score, one.peak.score) == (0.8, 0.9)
    assert one.abnormal_until == START + timedelta(minutes=13)
