"""An alert says at once everything that matters, and has everything that somebody needs to look into it."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from detect.messages.wording.cast import (
    ENTRY,
    EVIDENCE,
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
    shown,
)
from mixpanel_data.base.redaction import REDACTED, Redactor
from mixpanel_data.configuration.events import Event
from mixpanel_data.detect.findings.value_shares import ValueShare
from mixpanel_data.detect.incidents.incident import Incident, Observation, Rule
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.detect.messages.wording.resolution import resolution


@pytest.mark.parametrize(
    ("incident", "line"),
    [
        (RISE, "🔺 Purchase: 412 events in 3 min, 38 expected (×10.8) since 03:12 UTC"),
        (SILENCE, "🔇 Signup: no events in 30 min, 212 expected (−100%) since 03:12 UTC"),
        (
            replace(SILENCE, peak=Observation(START, START + timedelta(hours=2), 1, 12.5, 0.9)),
            "🔻 Signup: 1 event in 2 h, 12 expected (−92%) since 03:12 UTC",
        ),
        (
            replace(RISE, rules=(Rule.THRESHOLD,)),
            "🔺 Purchase: 412 events in 3 min, above the threshold of 100 since 03:12 UTC",
        ),
        (
            replace(RISE, peak=replace(PEAK, count=12_345, expected=0.02)),
            "🔺 Purchase: 12,345 events in 3 min, 0.02 expected since 03:12 UTC",
        ),
        (
            replace(RISE, peak=replace(PEAK, expected=float("nan"))),
            "🔺 Purchase: 412 events in 3 min, expected count unknown since 03:12 UTC",
        ),
        (
            replace(RISE, first=replace(PEAK, start=START - timedelta(hours=4))),
            "🔺 Purchase: 412 events in 3 min, 38 expected (×10.8) since 9 Mar 23:12 UTC",
        ),
        (OVER, "✅ Purchase: over; 412 events in 3 min, 38 expected (×10.8) from 03:12 to 03:35 UTC"),
    ],
)
def test_the_first_line_of_an_alert_says_it_all(incident: Incident, line: str) -> None:
    body = WITH_CONSOLE.alert([ReportedIncident(incident)], NOW)
    assert header(body) == line
    assert body.text == line


def test_an_alert_has_everything_to_look_into_it() -> None:
    text = shown(WITH_CONSOLE.alert([ReportedIncident(RISE, EVIDENCE, ENTRY, QUERY)], NOW))
    for part in (
        "*Expected*\n38",
        "*Threshold*\n100 events in 1 min",
        "from <!date^1773112320^{date_short_pretty} {time}^2026-03-10 03:12 UTC>",
        "Owner: <@U024BE7LH> · <https://wiki.example/x?a=1&amp;b=2|Runbook>",
        "`▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▅█` the hour to",
        "`▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁` the same hour the day before, at most 12 a minute",
        "• `app_version` `3.2.1`: 4% → *91%* (375 events)",
        "```2026-03-10 03:14:50 UTC\ndistinct_id: ann\ntotal: 12.5\n$email: [redacted]\n$os: iOS```",
        "<https://console.cloud.google.com/bigquery?project=my-project&amp;p=my-project",
        "|Open the events table> · the SQL that reads these events:\n```SELECT 1\n",
        "FROM my-project.mixpanel_data.mixpanel_events",
        "WHERE event_name = '&lt;Purchase&gt;'```",
        "Found by threshold, baseline · incident 3fa9c1d2",
    ):
        assert part in text, part


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
    assert "*Most abnormal*\n9,000 events in 1 h" in text
    assert "*At first*\n412 events in 3 min, 38 expected" in text


def test_a_reminder_says_how_long_the_incident_has_lasted_and_calls_its_owner_again() -> None:
    body = WITH_CONSOLE.reminder(ReportedIncident(RISE, None, ENTRY), START + timedelta(hours=2, minutes=5))
    assert header(body).startswith("⏰ Still abnormal after 2 h 5 min: 🔺 Purchase: 412 events")
    assert "<@U024BE7LH>" in shown(body)


def test_several_incidents_of_a_channel_are_one_message_the_worst_first() -> None:
    several = [ReportedIncident(OVER), ReportedIncident(SILENCE, EVIDENCE), ReportedIncident(RISE, EVIDENCE, ENTRY)]
    body = WITH_CONSOLE.alert(several, NOW)
    assert header(body) == "🔺 3 events are abnormal: 1 too high, 1 too low, 1 over"
    heads = re.findall(r"^\*(.) `(\w+)`:", shown(body), re.MULTILINE)
    assert heads == [("🔺", "Purchase"), ("🔇", "Signup"), ("✅", "Purchase")]
    assert shown(body).count("the same hour the day before") == 2


def test_a_storm_is_one_list_with_the_rest_counted() -> None:
    storm = [ReportedIncident(replace(RISE, event_name=f"E{number:02}"), None, ENTRY) for number in range(40)]
    body = WITH_CONSOLE.alert(storm, NOW)
    assert header(body) == "🔺 40 events are abnormal: 40 too high"
    assert shown(body).count("events in 3 min") == 15
    assert "+25 more" in shown(body)
    assert "Owners: <@U024BE7LH>" in shown(body)
    assert body.text.endswith("E00, E01, E02, E03, E04 +35 more")


def test_an_alert_about_incidents_that_are_all_over_calls_nobody() -> None:
    over = [ReportedIncident(replace(OVER, event_name=f"E{number}"), None, ENTRY) for number in range(9)]
    body = WITH_CONSOLE.alert(over, NOW)
    assert header(body) == "✅ 9 events were abnormal and are back to normal"
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
        resolution(incident, Redactor()),
    ):
        assert not re.search("example|bob|eve@", json.dumps(body.plain()))
        assert f"Mail from {REDACTED}" in body.text


def test_the_body_of_an_alert_is_json() -> None:
    body = WITH_CONSOLE.alert([ReportedIncident(RISE, EVIDENCE, ENTRY, QUERY)], NOW)
    assert json.loads(json.dumps(body.plain())) == body.plain()
