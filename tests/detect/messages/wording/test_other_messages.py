"""The words of resolutions and notices, and of durations and sparklines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from detect.messages.wording.cast import EVIDENCE, NOW, OVER, START, header, shown
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.messages.wording.notices import channel_unreachable, collector_caught_up, collector_late
from mixpanel_data.detect.messages.wording.resolution import resolution
from mixpanel_data.detect.messages.wording.sparklines import sparklines
from mixpanel_data.outbox.times import duration


def test_a_resolution_says_duration_and_peak_and_calls_nobody() -> None:
    body = resolution(OVER, Redactor())
    assert body.text == "✅ Purchase: back to normal after 23 min, peak 412 events in 3 min"
    assert "back to normal after *23 min*" in shown(body)
    assert "*412 events in 3 min*, 38 expected (×10.8)" in shown(body)
    assert "<@" not in shown(body)


def test_a_notice_says_what_happened_and_what_to_do() -> None:
    late = collector_late(START, START + timedelta(minutes=52))
    assert header(late) == "⏳ The collector is 52 min late: drops and silences are not being judged"
    assert "`mp runs`" in shown(late)
    back = collector_caught_up(NOW, START, NOW)
    assert "being judged again, after 10 min" in header(back)
    unreachable = channel_unreachable("#gone", "channel_not_found", 3)
    assert header(unreachable) == "⚠️ Alerts do not reach #gone: channel_not_found"
    assert "`alert_channel`" in shown(unreachable)
    assert "3 messages were given up" in shown(unreachable)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 min"), (3, "3 min"), (60, "1 h"), (125, "2 h 5 min"), (1440, "1 d"), (1625, "1 d 3 h"), (-5, "0 min")],
)
def test_a_duration_is_given_in_its_two_largest_units(minutes: int, words: str) -> None:
    assert duration(timedelta(minutes=minutes)) == words


def test_a_minute_without_events_is_a_dot_in_a_sparkline() -> None:
    lines = sparklines(replace(EVIDENCE, hour=(5,) * 30 + (0,) * 30, hour_before=(5,) * 60)).splitlines()
    assert lines[0].startswith(f"`{'█' * 15}{'·' * 15}`")
    assert lines[1].startswith(f"`{'█' * 30}`")
