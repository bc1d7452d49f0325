"""A run of the detector judges the events that arrived, reports each incident once, and leaves the rest alone."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from mixpanel_data.base.errors import ConfigError, RequestError
from mixpanel_data.detect.incidents.alerts_table import recent_incidents
from mixpanel_data.warehouse.base import Row, Value, Warehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data_standins.slack import faults
from support.detector_world import MINUTE, START, DetectorWorld, DetectorWorlds, at, with_options
from support.engines import opened
from support.events_configs import enabled
from support.fatal_steps import Steps
from support.mortal_warehouse import MortalWarehouse

pytestmark = pytest.mark.sequences

# Finding


def test_a_burst_is_one_incident_and_one_message_however_many_runs_see_it(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06")
    world.steps("12:05", "12:25")
    assert world.alerts() == [("Purchase", "high", "open", "12:07")]
    (post,) = world.posts
    assert (post.channel.name, world.replies) == ("alerts", [])
    assert "Purchase" in post.text
    (row,) = world.table("alerts")
    assert (row["window_start"], row["opened_at"]) == (at("12:06"), at("12:10"))
    assert row["count"] > row["expected"]
    assert row["peak_count"] >= row["count"]
    assert 0.5 <= row["first_score"] < row["score"] <= 1.0


def test_the_answer_has_the_incidents_that_changed(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06")
    result = world.step("12:10")
    (alert,) = result.alerts
    assert (alert.event, alert.rule, alert.direction, alert.state) == ("Purchase", "baseline", "high", "open")
    assert (alert.window_start, alert.channel, alert.threshold) == (at("12:06"), "#alerts", None)
    assert (alert.count, alert.peak_count) == (80, 240)
    assert (alert.peak_start, alert.peak_end) == (at("12:06"), at("12:09"))
    assert f"{alert.peak_count} in 3 min, {alert.peak_expected:.0f} expected" in world.posts[0].text
    assert (result.notified, result.suppressed, result.resolved, result.undelivered) == (1, 0, 0, 0)
    assert not result.skipped
    assert result.lag_seconds == {"collector": 0.0, "detector": 600.0}
    assert result.read_until == at("12:10")


def test_a_run_logs_the_age_of_every_job(world: DetectorWorld, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="mixpanel_data"):
        world.step("12:10")
    ages = [vars(record) for record in caplog.records if vars(record).get("event") == "job_age"]
    assert {line["job"]: line["age_seconds"] for line in ages} == {"collector": 0.0, "detector": 600.0}


def test_the_age_of_a_failing_job_counts_from_its_last_successful_run_or_its_first_run(world: DetectorWorld) -> None:
    world.collect()
    world.fail("collector", "12:05")
    world.fail("identity-transition", "12:20")
    world.fail("identity-transition", "12:35")
    ages = world.detect("12:50").lag_seconds
    assert (ages["collector"], ages["identity-transition"]) == (50 * 60.0, 30 * 60.0)


def test_the_age_of_a_job_without_a_run_for_a_month_still_grows(world: DetectorWorld) -> None:
    world.fail("identity-transition", "12:05")
    world.clock.at += timedelta(days=40)
    assert world.detect().lag_seconds["identity-transition"] > timedelta(days=39).total_seconds()


def test_usual_counts_bring_no_incident_and_no_message(world: DetectorWorld) -> None:
    world.steps("12:05", "12:15")
    assert (world.incidents(), world.messages) == ([], [])


def test_a_run_without_findings_writes_neither_incidents_nor_messages(world: DetectorWorld) -> None:
    def written(clock: str) -> set[str]:
        steps, opened = Steps(), world.engine.open()
        try:
            world.step(clock, warehouse=MortalWarehouse(opened, steps))
        finally:
            opened.close()
        points = [point for point in steps.passed if "publish-" in point]
        assert any(point.endswith("before runs/record_parts.sql") for point in points)
        return {name for name in ("incidents", "messages") for point in points if f"insert_{name}" in point}

    assert written("12:05") == set()
    world.burst("Purchase", "12:06")
    assert written("12:10") == {"incidents", "messages"}


def test_more_events_than_the_threshold_are_an_incident_without_any_baseline(worlds: DetectorWorlds) -> None:
    entry = {"name": "Purchase", "alert_threshold": 37, "time_window_minutes": 5, "baseline": False, "silence": False}
    with worlds(entry) as world:
        world.burst("Purchase", "12:06", 1, 13)
        world.burst("Visit", "12:06", 3, 500)
        world.step("12:10")
        assert world.incidents() == []
        world.burst("Purchase", "12:12", 1, 14)
        world.step("12:15")
        assert world.alerts() == [("Purchase", "high", "open", "12:13")]
        (row,) = world.table("alerts")
        assert (row["rules"], row["threshold"], row["count"]) == (["threshold"], 37.0, 38)


def test_an_incident_lists_every_rule_that_found_it(worlds: DetectorWorlds) -> None:
    with worlds({"name": "Purchase", "alert_threshold": 100, "time_window_minutes": 2}) as world:
        world.burst("Purchase", "12:06", 3, 60)
        world.step("12:08")
        assert [row["rules"] for row in world.table("alerts")] == [["threshold", "baseline"]]


def test_a_silence_is_an_incident_once_the_collector_has_read_past_it(world: DetectorWorld) -> None:
    world.silence("Visit", "12:06", 60)
    world.clock.at = at("12:40")
    world.arrive(world.happened(START, at("12:40")), read_until=at("12:06"))
    world.detect()
    assert world.incidents() == []
    world.arrive({}, read_until=at("12:40"))
    world.detect()
    assert world.incidents() == [("Visit", "low")]
    assert {"silence"} & set(world.table("alerts")[0]["rules"])


def test_a_late_collector_is_no_incident_and_brings_one_notice_to_each_channel(worlds: DetectorWorlds) -> None:
    with worlds({"name": "Purchase", "alert_channel": "#purchases"}, {"name": "*"}) as world:
        world.step("12:05")
        for clock in ("12:50", "12:55", "13:30"):
            world.detect(clock)
        assert world.incidents() == []
        late = world.shown()
        assert [(channel, is_reply) for channel, _, is_reply in late] == [("alerts", False), ("purchases", False)]
        world.step("13:35")
        world.step("13:40")
        assert world.incidents() == []
        assert len(world.shown()) == 4


def test_a_drop_and_a_rise_of_one_event_are_two_incidents(worlds: DetectorWorlds) -> None:
    with worlds({"name": "Visit"}) as world:
        world.silence("Visit", "12:06", 10)
        world.burst("Visit", "12:30", 3, 150)
        world.step("12:35")
        assert world.incidents() == [("Visit", "high"), ("Visit", "low")]


# Judging no more than it should


@pytest.mark.parametrize(("hours", "found"), [(25, []), (1, [("Purchase", "high")])])
def test_not_even_the_first_run_ever_reports_anomalies_older_than_the_most(
    worlds: DetectorWorlds, hours: int, found: list[Any]
) -> None:
    with worlds(max_age_hours=24) as world:
        forget_runs(world)
        minute = START - timedelta(hours=hours)
        world.arrive({("Purchase", minute): 300, ("Purchase", minute + MINUTE): 300}, read_until=START)
        world.detect("12:00")
        assert world.incidents() == found


def test_late_events_are_judged_when_they_arrive(world: DetectorWorld) -> None:
    world.steps("12:05", "12:15")
    world.clock.at = at("13:15")
    world.collect()
    world.detect()
    world.arrive({("Signup", at("12:20") + number * MINUTE): 60 for number in range(3)}, read_until=at("13:15"))
    world.detect("13:20")
    assert world.alerts() == [("Signup", "high", "resolved", "12:21")]


def test_counts_that_did_not_change_are_not_judged_again(worlds: DetectorWorlds) -> None:
    """A threshold that is set afterwards holds for later events."""
    with worlds() as world:
        world.burst("Purchase", "12:06", 2, 14)
        world.steps("12:05", "12:15")
        assert world.incidents() == []
        world.config = enabled({"name": "Purchase", "alert_threshold": 13, "baseline": False})
        world.step("12:20")
        assert world.incidents() == []


def test_a_run_over_some_events_leaves_the_others_to_the_next_run(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06")
    world.burst("Visit", "12:06", 3, 120)
    world.clock.at = at("12:10")
    world.collect()
    world.detect(events=["Visit"])
    assert world.incidents() == [("Visit", "high")]
    world.detect()
    assert world.incidents() == [("Purchase", "high"), ("Visit", "high")]


def test_a_run_over_an_event_that_is_not_enabled_is_refused(worlds: DetectorWorlds) -> None:
    with worlds({"name": "Visit"}) as world, pytest.raises(RequestError, match="Purchase"):
        world.detect(events=["Purchase", "Visit"])


def test_a_run_as_of_the_future_is_refused(world: DetectorWorld) -> None:
    with pytest.raises(RequestError, match="future"):
        world.detect(at="2040-03-15T12:00:01Z")


def test_a_run_as_of_a_time_judges_the_events_that_were_there_then(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06")
    world.clock.at = at("12:10")
    world.collect()
    world.clock.at = at("12:50")
    world.collect()
    assert world.detect(at="2040-03-15T12:09:59Z").alerts == []
    assert world.incidents() == []
    (alert,) = world.detect(at="2040-03-15T12:10:00Z").alerts
    assert (alert.event, alert.state) == ("Purchase", "open")
    assert len(world.posts) == 1
    assert world.table("alerts")[0]["opened_at"] == at("12:10")
    (alert,) = world.detect().alerts
    assert (alert.event, alert.state) == ("Purchase", "resolved")
    assert (len(world.posts), len(world.replies)) == (1, 1)


def test_a_run_as_of_a_time_does_not_undo_later_decisions(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06")
    world.step("12:10")
    world.step("12:50")
    before, shown = world.alerts(), world.shown()
    world.detect(at="2040-03-15T12:10:00Z")
    world.detect()
    assert (world.alerts(), world.shown()) == (before, shown)


def test_a_dry_run_decides_and_leaves_no_trace(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06")
    world.clock.at = at("12:10")
    world.collect()
    before = world.tables()
    result = world.detect(dry_run=True)
    assert [alert.event for alert in result.alerts] == ["Purchase"]
    assert (result.notified, world.tables(), world.slack.calls) == (0, before, [])


class Recording:
    """A warehouse that keeps the statements it was asked to run, with their parameters."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self.asked: list[tuple[Statement, dict[str, Value]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._warehouse, name)

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        self.asked.append((statement, parameters))
        return self._warehouse.rows(statement, **parameters)


def test_a_run_reads_events_only_in_the_windows_of_incidents_and_the_day_before(world: DetectorWorld) -> None:
    opened = world.engine.open()
    recording: Any = Recording(opened)
    world.step("12:05", warehouse=recording)
    assert not [one for one, _ in recording.asked if "mixpanel_events" in one.tables()]
    world.burst("Purchase", "12:06")
    world.step("12:10", warehouse=recording)
    read = [given for one, given in recording.asked if "mixpanel_events" in one.tables()]
    opened.close()
    assert read
    assert {given["event_name"] for given in read} == {"Purchase"}
    begins = [given.get("before_start", given["window_start"]) for given in read]
    assert min(begins) >= at("12:06") - timedelta(hours=25)


# The life of an incident


def test_an_incident_is_resolved_after_fifteen_quiet_minutes_that_are_complete(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06")
    world.step("12:10")
    quiet = world.table("alerts")[0]["abnormal_until"]
    while (state := world.alerts()[0][2]) == "open":
        world.step(f"{world.clock.at + 5 * MINUTE:%H:%M}")
        quiet = world.table("alerts")[0]["abnormal_until"]
        assert world.clock.at < at("13:00")
    assert state == "resolved"
    assert world.clock.at - quiet >= 15 * MINUTE
    assert world.clock.at - quiet < 20 * MINUTE
    assert world.table("alerts")[0]["resolved_at"] == quiet + 15 * MINUTE
    assert (len(world.posts), len(world.replies)) == (1, 1)
    assert world.replies[0].thread_ts == world.posts[0].ts


def test_an_incident_stays_open_while_the_collector_reads_no_further(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06")
    world.step("12:10")
    world.detect("12:50")
    assert world.alerts()[0][2] == "open"


def test_an_incident_that_is_over_when_first_reported_is_one_message_without_a_reply(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06")
    world.step("13:00")
    assert world.alerts() == [("Purchase", "high", "resolved", "12:07")]
    world.step("13:05")
    assert (len(world.posts), world.replies) == (1, [])


THRESHOLD = {"name": "Visit", "alert_threshold": 30, "baseline": False, "silence": False}


def test_a_relapse_within_the_cooldown_reopens_the_incident_and_updates_its_message(worlds: DetectorWorlds) -> None:
    with worlds(THRESHOLD, cooldown_minutes=5) as world:
        world.burst("Visit", "12:04", 1)
        world.step("12:05")
        world.step("12:20")
        assert world.alerts() == [("Visit", "high", "resolved", "12:05")]
        over = world.posts[0]
        world.burst("Visit", "12:24", 1)
        world.step("12:25")
        assert world.alerts() == [("Visit", "high", "open", "12:05")]
        (post,) = world.posts
        assert post.updates[-1] == over.body
        world.step("12:45")
        assert world.alerts() == [("Visit", "high", "resolved", "12:05")]
        assert (len(world.posts), len(world.replies)) == (1, 2)


def test_an_anomaly_after_the_cooldown_is_another_incident(worlds: DetectorWorlds) -> None:
    with worlds(THRESHOLD, cooldown_minutes=5) as world:
        world.burst("Visit", "12:04", 1)
        world.burst("Visit", "12:25", 1)
        world.step("12:05")
        world.step("12:20")
        world.step("12:26")
        assert world.alerts() == [("Visit", "high", "resolved", "12:05"), ("Visit", "high", "open", "12:26")]
        assert len(world.posts) == 2


def test_the_cooldown_lies_between_two_messages_about_one_incident(worlds: DetectorWorlds) -> None:
    with worlds(THRESHOLD, cooldown_minutes=30) as world:
        for minute in range(4, 50, 5):
            world.burst("Visit", f"12:{minute:02d}", 1)
        world.steps("12:05", "12:34")
        assert world.posts[0].updates == ()
        world.step("12:35")
        assert len(world.posts[0].updates) == 1
        assert len(world.messages) == 1


def test_incidents_that_open_in_one_run_are_one_message_to_each_of_their_channels(worlds: DetectorWorlds) -> None:
    with worlds({"name": "Visit", "alert_channel": "#visits"}, {"name": "*"}) as world:
        for name in ("Purchase", "Signup", "Visit"):
            world.burst(name, "12:06", 3, 150)
        world.step("12:10")
        assert len(world.incidents()) == 3
        texts = {post.channel.name: post.all_text for post in world.messages}
        assert [*texts] == ["alerts", "visits"]
        assert "Purchase" in texts["alerts"]
        assert "Signup" in texts["alerts"]
        assert "Visit" not in texts["alerts"]


# Mutes and reminders


def test_an_incident_of_a_muted_event_is_recorded_and_nobody_is_alerted(worlds: DetectorWorlds) -> None:
    mute = {"from": "2040-03-15T12:00:00Z", "to": "2040-03-15T12:30:00Z", "reason": "a sale"}
    with worlds({**THRESHOLD, "mute": [mute]}) as world:
        for minute in range(4, 40, 5):
            world.burst("Visit", f"12:{minute:02d}", 1)
        assert world.step("12:10").suppressed == 1
        assert (world.incidents(), world.messages) == ([("Visit", "high")], [])
        assert world.table("alerts")[0]["is_muted"]
        # It lasts longer than its mute.
        world.step("12:30")
        assert len(world.posts) == 1
        assert not world.table("alerts")[0]["is_muted"]


def test_a_lasting_incident_brings_reminders(worlds: DetectorWorlds) -> None:
    with worlds({**THRESHOLD, "remind_after_minutes": 20}) as world:
        world.burst("Visit", "12:00", 60)
        world.steps("12:05", "12:20")
        assert world.replies == []
        world.steps("12:25", "12:40")
        assert len(world.replies) == 1
        world.step("12:45")
        assert (len(world.replies), len(world.posts)) == (2, 1)


# With and without Slack


def test_without_slack_incidents_are_recorded(world: DetectorWorld, caplog: pytest.LogCaptureFixture) -> None:
    world.burst("Purchase", "12:06")
    with caplog.at_level(logging.WARNING):
        result = world.step("12:10", has_slack=False)
    assert world.incidents() == [("Purchase", "high")]
    assert (result.notified, result.undelivered, world.table("alert_messages")) == (0, 0, [])
    assert "SLACK_BOT_TOKEN" in caplog.text


def test_over_a_webhook_a_resolution_is_one_further_message(
    worlds: DetectorWorlds, caplog: pytest.LogCaptureFixture
) -> None:
    """Everything goes to the webhook's own channel, as one message, whatever channels are configured."""
    with worlds({"name": "Visit", "alert_channel": "#visits"}, {"name": "*"}) as world:
        world.burst("Purchase", "12:06")
        world.burst("Visit", "12:06", 3, 120)
        with caplog.at_level(logging.WARNING):
            world.step("12:10", slack=world.webhook())
        assert "Visit" in caplog.text
        assert [message.channel.name for message in world.messages] == ["alerts"]
        world.step("12:15", slack=world.webhook())
        assert len(world.messages) == 1
        world.step("13:00", slack=world.webhook())
        assert len(world.messages) == 3
        assert world.replies == []


def test_over_a_webhook_a_relapse_is_a_message_too(worlds: DetectorWorlds) -> None:
    with worlds(THRESHOLD) as world:
        for minute in ("12:04", "12:24"):
            world.burst("Visit", minute, 1)
        for clock, messages in (("12:05", 1), ("12:20", 2), ("12:25", 3), ("12:45", 4)):
            world.step(clock, slack=world.webhook())
            assert len(world.messages) == messages


def test_over_a_webhook_a_late_collector_brings_one_notice(worlds: DetectorWorlds) -> None:
    with worlds({"name": "Visit", "alert_channel": "#visits"}, {"name": "*"}) as world:
        world.detect("12:50", slack=world.webhook())
        world.detect("12:55", slack=world.webhook())
        assert len(world.messages) == 1


def test_a_run_with_an_event_without_a_channel_is_refused(worlds: DetectorWorlds) -> None:
    with worlds({"name": "Visit", "alert_channel": "#visits"}, {"name": "Purchase"}) as world:
        world.options = with_options(default_channel="")
        with pytest.raises(ConfigError, match=r"events\[1\].*Purchase.*alert_channel.*SLACK_CHANNEL"):
            world.detect()
        world.burst("Visit", "12:06", 3, 120)
        world.step("12:10", slack=world.webhook())
        assert len(world.messages) == 1


# Two runs at once, and a Slack that fails


def test_a_run_that_finds_another_at_work_does_nothing(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06")
    world.clock.at = at("12:10")
    world.collect()
    before = world.tables()
    opened = world.engine.open()
    with opened.lease("detector", "another", 60.0) as token:
        assert token is not None
        result = world.detect()
    opened.close()
    assert result.skipped
    assert (result.alerts, world.slack.calls, world.tables()) == ((), [], before)
    assert world.detect().notified == 1


def forget_runs(world: DetectorWorld) -> None:
    """As if there had been no run of the detector."""
    opened = world.engine.open()
    opened.transact("forget", [Statement("forget", "DELETE FROM job_runs WHERE job = 'detector'")])
    opened.transact("forget", [Statement("forget", "DELETE FROM detector_baselines WHERE true")])
    opened.close()


def test_a_faulty_slack_does_not_keep_an_incident_from_being_recorded(world: DetectorWorld) -> None:
    world.slack.faults.permanent = faults.Status(500)
    world.burst("Purchase", "12:06")
    result = world.step("12:10")
    assert (world.incidents(), result.undelivered) == ([("Purchase", "high")], 1)


def test_a_channel_that_cannot_be_reached_brings_one_notice(worlds: DetectorWorlds) -> None:
    with worlds({**THRESHOLD, "alert_channel": "#gone"}) as world:
        for minute in ("12:04", "12:40"):
            world.burst("Visit", minute, 1)
        world.step("12:05")
        world.step("12:41")
        assert [row["state"] for row in world.table("alert_messages") if row["kind"] == "alert"] == [
            "undeliverable"
        ] * 2
        (notice,) = world.posts
        assert notice.channel.name == "alerts"
        assert "gone" in notice.all_text
        assert "channel_not_found" in notice.all_text


def test_the_score_of_a_first_window_that_was_stored_without_one_is_not_known(world: DetectorWorld) -> None:
    world.burst("Purchase", "12:06", 12)
    world.step("12:10")
    with opened(world.engine) as warehouse:
        warehouse.transact("forget", [Statement("forget", "UPDATE alerts SET first_score = NULL WHERE TRUE")])
        (incident,) = recent_incidents(warehouse, since=at("12:00"), as_of=at("12:11"))
    assert (incident.first.score, incident.peak.score is not None) == (None, True)
    world.step("12:15")
    assert world.alerts() == [("Purchase", "high", "open", "12:07")]
