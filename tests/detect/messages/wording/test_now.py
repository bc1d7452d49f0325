"""A message says whether an incident still goes on, from the last complete minutes, and admits what it cannot know."""

from dataclasses import replace
from datetime import timedelta

import pytest

from detect.messages.wording.cast import LATEST, NOW, PEAK, READ_UNTIL, RISE, SILENCE, START, TIMES, lasting
from mixpanel_data.detect.findings.recent import Latest
from mixpanel_data.detect.incidents.incident import Direction, Incident, Observation, Rule
from mixpanel_data.detect.messages.wording.now import Course, course, now_line

BY_BASELINE = replace(RISE, rules=(Rule.BASELINE,), threshold=None)
SLIGHT = replace(
    BY_BASELINE, direction=Direction.LOW, peak=Observation(START, START + timedelta(hours=12), 6_480, 7_200.0, 0.7)
)


@pytest.mark.parametrize(
    ("incident", "count", "expected", "found"),
    [
        # 10.8 times as many as expected: nearer to that, or to the expectation?
        (BY_BASELINE, 600, 62.0, Course.GOING_ON),
        (BY_BASELINE, 210, 62.0, Course.GOING_ON),
        (BY_BASELINE, 190, 62.0, Course.USUAL),
        (BY_BASELINE, 0, 0.0, Course.USUAL),
        (replace(BY_BASELINE, peak=replace(PEAK, count=5, expected=0.01)), 4, 0.02, Course.GOING_ON),
        (replace(BY_BASELINE, peak=replace(PEAK, count=5, expected=0.01)), 0, 0.02, Course.USUAL),
        (SILENCE, 0, 35.0, Course.GOING_ON),
        (SILENCE, 3, 35.0, Course.GOING_ON),
        (SILENCE, 31, 35.0, Course.USUAL),
        (SILENCE, 0, 0.4, Course.TOO_FEW),
        (SILENCE, 2, 0.4, Course.USUAL),
        (SLIGHT, 270, 300.0, Course.GOING_ON),
        (SLIGHT, 297, 300.0, Course.USUAL),
    ],
)
def test_an_incident_goes_on_while_its_latest_count_is_nearer_to_its_worst_than_to_usual(
    incident: Incident, count: int, expected: float, found: Course
) -> None:
    assert course(lasting(incident, replace(LATEST, count=count, expected=expected)), TIMES) is found


def test_a_threshold_is_exceeded_as_long_as_a_window_says_so() -> None:
    by_threshold = replace(RISE, rules=(Rule.THRESHOLD,))
    assert course(lasting(by_threshold), TIMES) is Course.USUAL
    until_now = replace(by_threshold, abnormal_until=READ_UNTIL)
    assert course(lasting(until_now, replace(LATEST, count=7)), TIMES) is Course.GOING_ON
    assert now_line(lasting(until_now), TIMES) == "🔴 *Now: still going on.* 600 in 5 min (03:16 to 03:21 UTC)"


def test_an_incident_that_has_just_begun_goes_on() -> None:
    begun = replace(BY_BASELINE, first=replace(PEAK, start=LATEST.start, end=LATEST.end))
    assert course(lasting(begun, replace(LATEST, count=90)), TIMES) is Course.GOING_ON


def test_nothing_is_known_beyond_what_the_collector_has_read() -> None:
    behind = replace(lasting(), read_until=START - timedelta(minutes=1))
    assert now_line(behind, TIMES) == (
        "⚪ *Now: cannot be known.* The collector has read only up to 03:11 UTC, 11 min ago."
    )
    late = replace(TIMES, now=NOW + timedelta(hours=1))
    assert course(lasting(), late) is Course.UNKNOWN
    assert "has read nothing yet" in now_line(replace(lasting(), read_until=None), TIMES)
    assert "not watched any more" in now_line(lasting(latest=None), TIMES)


def test_next_to_nothing_expected_is_no_markup() -> None:
    assert "&lt;0.01 expected" in now_line(lasting(latest=Latest(LATEST.start, LATEST.end, 0, 0.001)), TIMES)
