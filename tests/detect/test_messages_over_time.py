"""A message shows how its incidents stand, after growth, late events, runs over some events, and deaths of runs."""

import pytest

from mixpanel_data_standins.slack import ALL_SCOPES
from support.detector_world import MINUTE, DetectorWorlds, at, with_options
from support.events_configs import enabled
from support.fatal_steps import Steps
from support.open_sockets import leaves_sockets_open

pytestmark = pytest.mark.sequences

BY_THRESHOLD = {"alert_threshold": 30, "baseline": False, "silence": False}
VISIT, SIGNUP = {**BY_THRESHOLD, "name": "Visit"}, {**BY_THRESHOLD, "name": "Signup"}


def test_the_peak_of_an_incident_by_threshold_is_its_greatest_window(worlds: DetectorWorlds) -> None:
    with worlds({**VISIT, "alert_threshold": 500, "time_window_minutes": 60}) as world:
        for minute in range(60):
            world.unusual[("Visit", at("12:01") + minute * MINUTE)] = 14
        world.steps("12:20", "13:05")
        (alert,) = world.table("alerts")
        assert (alert["peak_count"], alert["peak_end"]) == (60 * 14, at("13:01"))
        world.step("15:00")
        assert "840 events in 1 h" in world.replies[0].all_text


def test_an_alert_shows_the_window_of_an_exceeded_threshold(worlds: DetectorWorlds) -> None:
    with worlds({"name": "Purchase", "alert_threshold": 100, "time_window_minutes": 5}) as world:
        world.burst("Purchase", "12:06", 3, 80)
        world.step("12:10")
        (alert,) = world.table("alerts")
        assert alert["rules"] == ["threshold", "baseline"]
        assert (alert["peak_count"], alert["peak_start"], alert["peak_end"]) == (
            3 * 80 + 2 * 6,
            at("12:04"),
            at("12:09"),
        )


def test_a_change_within_the_cooldown_is_shown_after_it(worlds: DetectorWorlds) -> None:
    with worlds(VISIT, cooldown_minutes=5) as world:
        world.burst("Visit", "12:03", 1, 40)
        world.burst("Visit", "12:05", 1, 900)
        world.steps("12:04", "12:08", 2)
        assert "900" not in world.posts[0].all_text
        world.step("12:10")
        assert "900 events" in world.posts[0].all_text
        updates = len(world.posts[0].updates)
        world.step("12:18")
        assert len(world.posts[0].updates) == updates


def test_late_events_of_a_reported_window_update_its_message_each_time(worlds: DetectorWorlds) -> None:
    with worlds(VISIT) as world:
        world.burst("Visit", "12:01", 3, 40)
        world.step("12:05")
        for clock, more in (("12:11", 200), ("12:17", 5_000), ("12:40", 50_000)):
            world.clock.at = at(clock)
            world.collect()
            world.arrive({("Visit", at("12:02")): more}, read_until=at(clock))
            world.detect()
            assert f"{world.table('alerts')[0]['peak_count']:,} events" in world.posts[0].all_text
        assert world.table("alerts")[0]["peak_count"] == 55_240
        assert world.alerts()[0][2] == "resolved"


def test_an_incident_that_was_over_before_is_not_counted_as_resolved_again(worlds: DetectorWorlds) -> None:
    with worlds(VISIT) as world:
        world.burst("Visit", "12:01", 3, 40)
        world.step("12:05")
        assert world.step("12:25").resolved == 1
        world.arrive({("Visit", at("12:02")): 500}, read_until=at("12:25"))
        result = world.detect("12:30")
        assert (len(result.alerts), result.resolved) == (1, 0)


def test_a_run_over_some_events_keeps_the_other_incidents_in_a_message(worlds: DetectorWorlds) -> None:
    with worlds(VISIT, SIGNUP) as world:
        world.burst("Visit", "12:01", 40, 80)
        world.burst("Signup", "12:01", 40, 90)
        world.step("12:05")
        world.step("12:12", events=["Visit"])
        (message,) = world.posts
        assert len(message.updates) == 1
        assert "Signup" in message.all_text
        assert "Visit" in message.all_text


def test_a_message_keeps_an_incident_that_is_long_over(worlds: DetectorWorlds) -> None:
    with worlds(VISIT, SIGNUP, max_age_hours=1) as world:
        world.burst("Visit", "12:01", 170, 80)
        world.burst("Signup", "12:01", 2, 90)
        world.steps("12:05", "14:45", 20)
        (message,) = world.posts
        assert "Signup" in message.all_text


def test_an_incident_of_an_event_that_is_no_longer_watched_ends(worlds: DetectorWorlds) -> None:
    with worlds(VISIT, SIGNUP) as world:
        world.burst("Visit", "12:01", 3, 80)
        world.step("12:05")
        world.config = enabled({**VISIT, "enabled": False}, SIGNUP)
        world.step("12:10")
        assert world.alerts()[0][2] == "open"
        world.step("12:30")
        assert world.alerts()[0][2] == "resolved"
        assert len(world.replies) == 1


def test_a_channel_with_and_without_its_hash_sign_is_one(worlds: DetectorWorlds) -> None:
    with worlds({**VISIT, "alert_channel": "alerts"}, SIGNUP) as world:
        world.options = with_options(default_channel="#alerts")
        world.burst("Visit", "12:01", 3, 80)
        world.burst("Signup", "12:01", 3, 80)
        world.step("12:05")
        assert len(world.posts) == 1


def test_a_message_as_of_a_time_shows_no_event_that_came_later(worlds: DetectorWorlds) -> None:
    with worlds(VISIT) as world:
        world.burst("Visit", "12:01", 1, 80)
        world.clock.at = at("12:05")
        world.collect()
        world.clock.at = at("12:30")
        world.arrive({("Visit", at("11:40")): 7_777}, read_until=at("12:30"))
        world.slack.scopes = ALL_SCOPES - {"files:write"}
        world.detect(at=at("12:05").isoformat())
        assert "at most 80 a minute" in world.posts[0].all_text


@leaves_sockets_open
def test_the_notice_of_an_unreachable_channel_comes_whenever_the_run_dies(worlds: DetectorWorlds) -> None:
    with worlds({**VISIT, "alert_channel": "#gone"}) as world:
        world.burst("Visit", "12:04", 1)
        world.clock.at = at("12:05")
        world.collect()
        before = world.path.read_bytes()

        def dies(steps: Steps) -> bool:
            world.path.write_bytes(before)
            world.slack.forget()
            return world.dies(steps)

        undisturbed = Steps()
        assert not dies(undisturbed)
        assert len(undisturbed.passed) > 20
        for fatal, point in enumerate(undisturbed.passed, 1):
            if not point.endswith(("after the commit", "before post", "after post")):
                continue
            assert dies(Steps(fatal)), point
            world.detect()
            (notice,) = world.posts
            assert "channel_not_found" in notice.all_text, point
