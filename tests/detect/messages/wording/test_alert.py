"""An alert says at once everything that matters, and has everything that somebody needs to look into it."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from detect.messages.wording.cast import (
    BREADTH,
    DAY_BELOW,
    ENTRY,
    EVIDENCE,
    IN_BERLIN,
    LATEST,
    NOW,
    OVER,
    PEAK,
    QUERY,
    RISE,
    SILENCE,
    START,
    WITH_CONSOLE,
    WITHOUT_CONSOLE,
    header,
    lasting,
    shown,
)
from mixpanel_data.base.redaction import REDACTED
from mixpanel_data.configuration.events import Event
from mixpanel_data.detect.findings.value_shares import ValueShare
from mixpanel_data.detect.incidents.incident import Incident, Observation, Rule, State
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.blocks import length
from mixpanel_data.outbox.mrkdwn import escaped


@pytest.mark.parametrize(
    ("incident", "line"),
    [
        (RISE, "🔺 Purchase: 412 in 3 min, 38 expected; began 03:12 UTC, 10 min ago"),
        (SILENCE, "🔇 Signup: none in 30 min, 212 expected; began 03:12 UTC, 10 min ago"),
        (
            replace(SILENCE, peak=Observation(START, START + timedelta(hours=2), 1, 12.5, 0.9)),
            "🔻 Signup: 1 in 2 h, 12 expected; began 03:12 UTC, 10 min ago",
        ),
        (
            replace(RISE, rules=(Rule.THRESHOLD,)),
            "🔺 Purchase: 412 in 3 min, above the threshold of 100; began 03:12 UTC, 10 min ago",
        ),
        (
            replace(RISE, peak=replace(PEAK, count=12_345, expected=0.02)),
            "🔺 Purchase: 12,345 in 3 min, 0.02 expected; began 03:12 UTC, 10 min ago",
        ),
        (
            replace(RISE, peak=replace(PEAK, expected=0.00002)),
            "🔺 Purchase: 412 in 3 min, <0.01 expected; began 03:12 UTC, 10 min ago",
        ),
        (
            replace(RISE, peak=replace(PEAK, expected=0.0)),
            "🔺 Purchase: 412 in 3 min, none expected; began 03:12 UTC, 10 min ago",
        ),
        (
            replace(RISE, peak=replace(PEAK, expected=float("nan"))),
            "🔺 Purchase: 412 in 3 min, expected count unknown; began 03:12 UTC, 10 min ago",
        ),
        (
            replace(RISE, first=replace(PEAK, start=START - timedelta(hours=4))),
            "🔺 Purchase: 412 in 3 min, 38 expected; began 9 Mar 23:12 UTC, 4 h 10 min ago",
        ),
        (OVER, "✅ Purchase: over; 412 in 3 min, 38 expected; 03:12 to 03:35 UTC"),
        (DAY_BELOW, "🔻 All events: 21,400 in 50 min, 50,100 expected; began 03:12 UTC, 10 min ago"),
    ],
)
def test_the_first_line_of_an_alert_says_it_all(incident: Incident, line: str) -> None:
    body = WITH_CONSOLE.alert([ReportedIncident(incident)], NOW)
    assert header(body) == line
    assert body.text == escaped(line)


def test_a_long_name_leaves_room_for_what_happened_in_the_first_line() -> None:
    body = WITH_CONSOLE.alert([ReportedIncident(replace(RISE, event_name="𝐗" * 255))], NOW)
    assert header(body).endswith("𝐗…: 412 in 3 min, 38 expected; began 03:12 UTC, 10 min ago")
    assert length(header(body)) <= 150


def test_an_alert_has_everything_to_look_into_it() -> None:
    text = shown(WITH_CONSOLE.alert([lasting()], NOW))
    parts = (
        "🔴 *Now: still going on.* 600 in 5 min, 62 expected (03:16 to 03:21 UTC)",
        "*Began:* 03:12 UTC, 10 min ago",
        "*Counted:* 412 events in 3 min, 38 expected (×11), 03:12 to 03:15 UTC",
        "*Threshold:* 100 events in 1 min",
        "Owner: <@U024BE7LH> · <https://wiki.example/x?a=1&amp;b=2|Runbook>",
        "`▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▅█` the hour to 03:15 UTC",
        "`▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁` the same hour the day before, at most 12 a minute",
        "• `app_version` `3.2.1`: 4% → *91%* (375 events)",
        "• `mp detect explain Purchase --minutes 60 --format table` shows it minute by minute",
        "• `mp detect mute Purchase --for 2h` if you know the cause",
        "*Its newest events* (times in UTC)\n```03:14:50  ann  $os=iOS  total=12.5\n03:14:48  ann",
        "<https://console.cloud.google.com/bigquery?project=my-project&amp;p=my-project",
        "|Open the events table> · the SQL that reads these events:\n```SELECT 1\n",
        "FROM my-project.mixpanel_data.mixpanel_events",
        "WHERE event_name = '&lt;Purchase&gt;'```",
        "Found by threshold, baseline · incident 3fa9c1d2 · as of 03:22 UTC",
    )
    places = [text.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    assert places == sorted(places)
    assert "ann@example.com" not in text


def test_a_project_of_another_zone_has_its_own_times_beside_those_in_utc() -> None:
    body = IN_BERLIN.alert([lasting()], NOW)
    assert "*Began:* 03:12 UTC (04:12 Berlin), 10 min ago" in shown(body)
    assert "03:12 UTC, 10 min ago" in header(body)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Purchase", "https://mixpanel.example/events?name=Purchase"),
        ("a&b=c|d>/é", "https://mixpanel.example/events?name=a%26b%3Dc%7Cd%3E%2F%C3%A9"),
        ("Mail from ann@example.com", None),
        ("𝐗" * 255, None),
    ],
)
def test_an_alert_links_to_its_event_in_mixpanel_where_somebody_gave_the_address(
    name: str, address: str | None
) -> None:
    text = shown(IN_BERLIN.alert([lasting(replace(RISE, event_name=name))], NOW))
    link = re.search(r"<([^|<>]+)\|Open the event in Mixpanel>", text)
    assert (link and link[1]) == address
    assert "in Mixpanel" not in shown(WITH_CONSOLE.alert([lasting()], NOW))


def test_an_alert_without_a_console_has_no_link_to_one() -> None:
    text = shown(WITHOUT_CONSOLE.alert([ReportedIncident(RISE, query=QUERY)], NOW))
    assert "console" not in text
    assert "The SQL that reads these events:\n```SELECT 1\nFROM my-project.mixpanel_data.mixpanel_events\n" in text


def test_an_alert_about_a_drop_has_the_missing_values_and_the_last_events_before() -> None:
    drop = ReportedIncident(SILENCE, replace(EVIDENCE, samples_are_from_before=True))
    body = WITH_CONSOLE.alert([drop], NOW)
    assert "*Values that are missing*" in shown(body)
    assert "*The last events before it*" in shown(body)


def test_an_alert_about_an_incident_that_grew_has_its_first_window_too() -> None:
    grown = replace(RISE, peak=replace(PEAK, start=NOW, end=NOW + timedelta(minutes=60), count=9_000, expected=500))
    text = shown(WITH_CONSOLE.alert([ReportedIncident(grown)], NOW))
    assert "*At its worst:* 9,000 events in 1 h, 500 expected (×18), 03:22 to 04:22 UTC" in text
    assert "*At first:* 412 events in 3 min, 38 expected" in text


def test_a_reminder_says_how_long_the_incident_has_lasted_and_calls_its_owner_again() -> None:
    body = WITH_CONSOLE.reminder(ReportedIncident(RISE, None, ENTRY), START + timedelta(hours=2, minutes=5))
    assert header(body) == "⏰ Purchase: not over after 2 h 5 min; 412 in 3 min, 38 expected"
    assert "<@U024BE7LH>" in shown(body)


def test_several_incidents_of_a_channel_are_one_message_the_worst_first() -> None:
    several = [ReportedIncident(OVER), ReportedIncident(SILENCE, EVIDENCE), ReportedIncident(RISE, EVIDENCE, ENTRY)]
    body = WITH_CONSOLE.alert(several, NOW)
    assert header(body) == "🔺 3 events are abnormal: 1 too high, 1 too low, 1 over"
    heads = re.findall(r"^\*(.) `(\w+)`:", shown(body), re.MULTILINE)
    assert heads == [("🔺", "Purchase"), ("🔇", "Signup"), ("✅", "Purchase")]
    assert shown(body).count("the same hour the day before") == 2


def test_several_incidents_begin_with_how_many_of_them_go_on() -> None:
    several = [lasting(), lasting(SILENCE, replace(LATEST, count=70)), lasting(RISE, None), ReportedIncident(OVER)]
    text = shown(WITH_CONSOLE.alert(several, NOW))
    assert "*Now:* 🔴 1 still going on, 🟢 1 back to usual, ⚪ 1 cannot be known, ✅ 1 over" in text
    assert "`mp detect explain Purchase --minutes 60 --format table` shows the worst minute by minute" in text


def test_an_alert_about_all_events_says_how_many_went_the_same_way_and_which_lost_most() -> None:
    body = WITH_CONSOLE.alert([ReportedIncident(DAY_BELOW, latest=LATEST, read_until=NOW, whole=BREADTH)], NOW)
    for part in (
        "*How wide:* 38 of the 41 events that are large enough to tell went the same way.",
        "*Events that lost most*\n• `Page View`: 9,100, 22,000 expected (−59%)\n",
        "• `&lt;!channel&gt;`: 0, 12 expected (−100%)\n+36 more",
        "• `mp runs` shows whether the collector brought everything",
        "• `mp detect explain 'Page View' --format table` shows the event that changed most",
        "• `mp detect mute '*' --for 2h` if you know the cause",
    ):
        assert part in shown(body), part
    over = replace(DAY_BELOW, state=State.RESOLVED, abnormal_until=START + timedelta(hours=1))
    assert "All events are back to usual since 04:12 UTC" in shown(WITH_CONSOLE.resolution(ReportedIncident(over), NOW))


def test_a_storm_is_one_list_with_the_rest_counted() -> None:
    storm = [ReportedIncident(replace(RISE, event_name=f"E{number:02}"), None, ENTRY) for number in range(40)]
    body = WITH_CONSOLE.alert(storm, NOW)
    assert header(body) == "🔺 40 events are abnormal: 40 too high"
    assert shown(body).count("412 in 3 min") == 15
    assert "+25 more" in shown(body)
    assert "Owners: <@U024BE7LH>" in shown(body)
    assert body.text.endswith("E00, E01, E02, E03, E04 +35 more")


def test_an_alert_about_incidents_that_are_all_over_calls_nobody() -> None:
    over = [ReportedIncident(replace(OVER, event_name=f"E{number}"), None, ENTRY) for number in range(9)]
    body = WITH_CONSOLE.alert(over, NOW)
    assert header(body) == "✅ 9 events were abnormal and are back to usual"
    assert "<@" not in shown(body)
    assert "<@" not in shown(WITH_CONSOLE.alert([ReportedIncident(OVER, None, ENTRY)], NOW))


@pytest.mark.parametrize(
    ("owner", "called"),
    [
        ("U024BE7LH", "<@U024BE7LH>"),
        ("W012A3CDE", "<@W012A3CDE>"),
        ("S0614TZR7", "<!subteam^S0614TZR7>"),
        ("SUPPORTERS", "`SUPPORTERS`"),
        ("Ann <ann@example.com>", "`Ann &lt;ann@example.com&gt;`"),
        ("<!channel>", "`&lt;!channel&gt;`"),
    ],
)
def test_an_owner_is_mentioned_only_by_the_id_of_a_member_or_group(owner: str, called: str) -> None:
    entry = Event(name="Purchase", owner=owner)
    assert f"Owner: {called}" in shown(WITH_CONSOLE.alert([ReportedIncident(RISE, None, entry)], NOW))


def test_redacted_text_is_shown_in_no_message_about_an_incident() -> None:
    values = (ValueShare("$email", "bob", 0.0, 1.0, 4), ValueShare("v", "eve@example.com", 0.0, 1.0, 4))
    incident = replace(RISE, event_name="Mail from ann@example.com")
    reported = ReportedIncident(incident, replace(EVIDENCE, value_shares=values))
    for body in (
        WITH_CONSOLE.alert([reported], NOW),
        WITH_CONSOLE.alert([reported, reported], NOW),
        WITH_CONSOLE.alert([reported] * 9, NOW),
        WITH_CONSOLE.reminder(reported, NOW),
        WITH_CONSOLE.resolution(reported, NOW),
    ):
        assert not re.search("example|bob|eve@", json.dumps(body.plain()))
        assert f"Mail from {REDACTED}" in body.text


def test_the_body_of_an_alert_is_json() -> None:
    body = WITH_CONSOLE.alert([ReportedIncident(RISE, EVIDENCE, ENTRY, QUERY)], NOW)
    assert json.loads(json.dumps(body.plain())) == body.plain()
