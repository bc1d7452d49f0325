"""The words of resolutions and notices, and of durations and sparklines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from detect.messages.wording.cast import EVIDENCE, IN_BERLIN, NOW, OVER, START, TIMES, USUAL, header, lasting, shown
from mixpanel_data.detect.messages.wording.notices import channel_unreachable, collector_caught_up, collector_late
from mixpanel_data.detect.messages.wording.sparklines import sparklines
from mixpanel_data.outbox.times import Times, duration


def test_a_resolution_says_duration_and_peak_and_calls_nobody() -> None:
    body = IN_BERLIN.resolution(lasting(OVER, USUAL), NOW)
    assert body.text == "✅ Purchase: back to usual after 23 min, at its worst 412 events in 3 min"
    over = "✅ *`Purchase` is back to usual since 03:35 UTC (04:35 Berlin).*"
    assert shown(body).splitlines()[:5] == [
        f"{over} Now 58 in 5 min, 62 expected (03:16 to 03:21 UTC)",
        "*Began:* 03:12 UTC (04:12 Berlin), lasted 23 min",
        "*At its worst:* 412 events in 3 min, 38 expected (×11)",
        "*Nothing to do now*",
        "• `mp detect explain Purchase --minutes 60 --at 2026-03-10T03:22Z --format table` shows it minute by minute",
    ]
    assert "<@" not in shown(body)


def test_a_notice_says_what_happened_and_what_to_do() -> None:
    late = collector_late(START, Times(START + timedelta(minutes=52), TIMES.zone))
    assert header(late) == "⏳ The collector is 52 min late: drops and silences are not being judged"
    assert "It has read nothing that happened after 03:12 UTC" in shown(late)
    assert "`mp runs`" in shown(late)
    back = collector_caught_up(NOW, START, TIMES)
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
    lines = sparklines(replace(EVIDENCE, hour=(5,) * 30 + (0,) * 30, hour_before=(5,) * 60), TIMES).splitlines()
    assert lines[0].startswith(f"`{'█' * 15}{'·' * 15}`")
    assert lines[1].startswith(f"`{'█' * 30}`")
