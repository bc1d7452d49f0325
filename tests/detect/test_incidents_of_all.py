"""What happens to all events at once is one message when it begins and one when it ends, through every fault."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mixpanel_data.detect.incidents.incident import WHOLE
from support.detector_world import MINUTE, START, with_options
from support.events_configs import enabled
from support.fatal_steps import Steps
from support.many_names import NAMES, ManyNames, ManyNamesWorlds
from support.open_sockets import leaves_sockets_open

pytestmark = pytest.mark.sequences

HOUR = timedelta(hours=1)
FALL, LARGEST = START + 30 * MINUTE, NAMES[-1]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> ManyNamesWorlds:
    return ManyNamesWorlds(tmp_path_factory.mktemp("many_names"))


@pytest.fixture
def world(worlds: ManyNamesWorlds) -> Iterator[ManyNames]:
    with worlds() as one:
        yield one


def kinds(world: ManyNames) -> list[tuple[str, str, str]]:
    return [(channel, kind, names) for _, channel, kind, names in world.told()]


BEGIN, END = ("#alerts", "alert", WHOLE), ("#alerts", "resolution", WHOLE)


def test_a_day_on_which_all_fall_to_a_third_is_one_message_within_the_hour_and_one_at_its_end(world: ManyNames) -> None:
    over = FALL + 24 * HOUR
    world.level(1 / 3, FALL, over)
    world.pass_time(FALL + HOUR)
    ((told_at, *_),) = world.told()
    assert told_at <= FALL + 15 * MINUTE
    world.pass_time(over, 120)
    assert kinds(world) == [BEGIN]
    world.pass_time(over + HOUR, 10)
    world.pass_time(over + 12 * HOUR, 120)
    assert kinds(world) == [BEGIN, END]
    assert world.told()[1][0] <= over + HOUR
    rows = world.table("alerts")
    (whole,) = (row["incident_id"] for row in rows if row["event_name"] == WHOLE)
    own = [row for row in rows if row["event_name"] != WHOLE]
    assert own
    assert {(row["direction"], row["whole_id"]) for row in own} == {("low", whole)}


def test_a_rise_of_all_events_is_one_message_and_one_at_its_end(world: ManyNames) -> None:
    world.level(2.0, FALL, FALL + HOUR)
    world.pass_time(FALL + 3 * HOUR, 20)
    assert kinds(world) == [BEGIN, END]


def test_a_large_event_that_falls_alone_is_its_own_incident(world: ManyNames) -> None:
    world.level(0.0, FALL, FALL + HOUR, names=[LARGEST])
    world.pass_time(FALL + 2 * HOUR, 15)
    assert kinds(world) == [("#alerts", "alert", LARGEST), ("#alerts", "resolution", LARGEST)]


def test_an_event_that_stays_away_when_all_others_are_back_is_told_then(world: ManyNames) -> None:
    world.level(0.2, FALL, FALL + HOUR)
    world.level(0.0, FALL + HOUR, FALL + 4 * HOUR, names=[LARGEST])
    world.pass_time(FALL + 6 * HOUR, 20)
    own = [("#alerts", "alert", LARGEST), ("#alerts", "resolution", LARGEST)]
    # All others are back: whether that is told before the one that is not depends on how large it is.
    assert kinds(world)[0] == BEGIN
    assert sorted(kinds(world)) == sorted([BEGIN, END, *own])


def test_an_event_that_was_told_before_all_fell_is_not_told_again(world: ManyNames) -> None:
    world.level(0.0, FALL - 15 * MINUTE, FALL + HOUR, names=[LARGEST])
    world.level(0.3, FALL, FALL + HOUR)
    world.pass_time(FALL, 15)
    world.pass_time(FALL + 4 * HOUR, 20)
    assert kinds(world) == [("#alerts", "alert", LARGEST), BEGIN, END]
    assert "usual" in world.posts[0].text or "✅" in world.posts[0].text


def test_a_muted_event_does_not_mute_the_others_and_a_muted_whole_mutes_what_belongs_to_it(
    worlds: ManyNamesWorlds,
) -> None:
    mute = [{"from": START.isoformat(), "to": (START + 48 * HOUR).isoformat(), "reason": "a move"}]
    for entry, expected in (({"name": LARGEST}, [BEGIN, END]), ({"name": "*"}, [])):
        others = [] if entry["name"] == "*" else [{"name": "*"}]
        with worlds({**entry, "mute": mute}, *others) as world:
            world.level(1 / 3, FALL, FALL + HOUR)
            world.pass_time(FALL + 2 * HOUR, 20)
            assert kinds(world) == expected
            assert {row["event_name"] for row in world.table("alerts")} > {WHOLE}


def test_each_channel_concerned_and_a_webhook_hear_once(worlds: ManyNamesWorlds) -> None:
    with worlds({"name": LARGEST, "alert_channel": "#purchases"}, {"name": "*"}) as world:
        world.level(1 / 3, FALL, FALL + HOUR)
        world.pass_time(FALL + 2 * HOUR, 20)
        purchases = [("#purchases", kind, WHOLE) for kind in ("alert", "resolution")]
        assert sorted(kinds(world)) == sorted([BEGIN, END, *purchases])
    with worlds() as world:
        world.level(1 / 3, FALL, FALL + HOUR)
        world.pass_time(FALL + 3 * HOUR, 15, slack=world.webhook())
        assert kinds(world) == [("", "alert", WHOLE), ("", "resolution", WHOLE)]


def test_a_threshold_that_somebody_chose_alerts_during_a_rise_of_all(worlds: ManyNamesWorlds) -> None:
    with worlds({"name": LARGEST, "alert_threshold": 20}, {"name": "*"}) as world:
        world.level(2.0, FALL, FALL + HOUR)
        world.pass_time(FALL + HOUR, 30)
        assert sorted(kinds(world)) == sorted([BEGIN, ("#alerts", "alert", LARGEST)])


def test_events_that_are_disabled_do_not_make_all_fall(world: ManyNames) -> None:
    world.pass_time(FALL, 15)
    world.config = enabled(*({"name": name, "enabled": False} for name in NAMES[-6:]), {"name": "*"})
    world.pass_time(FALL + HOUR, 30)
    assert kinds(world) == []


def test_a_run_over_some_events_neither_ends_nor_repeats_what_all_have(world: ManyNames) -> None:
    world.level(1 / 3, FALL, FALL + 2 * HOUR)
    world.pass_time(FALL + HOUR, 15)
    world.pass_time(FALL + HOUR + 30 * MINUTE, 15, events=[NAMES[0], LARGEST])
    assert kinds(world) == [BEGIN]
    world.pass_time(FALL + 3 * HOUR, 30)
    assert kinds(world) == [BEGIN, END]


def test_a_reminder_comes_as_the_entry_of_all_other_events_says(worlds: ManyNamesWorlds) -> None:
    with worlds({"name": "*", "remind_after_minutes": 60}) as world:
        world.options = with_options(default_channel="#alerts")
        world.level(1 / 3, FALL, FALL + 2 * HOUR)
        world.pass_time(FALL + 90 * MINUTE, 15)
        assert kinds(world) == [BEGIN, ("#alerts", "reminder", WHOLE)]


# Deaths of runs


def is_tried(point: str) -> bool:
    return point.endswith(
        ("after the commit", "publish-1, before the commit", "before post", "after post", "after update")
    )


@leaves_sockets_open
@pytest.mark.parametrize("until", [FALL + 10 * MINUTE, FALL + HOUR + 30 * MINUTE], ids=["begins", "ends"])
def test_a_run_that_dies_anywhere_is_completed_by_the_next(worlds: ManyNamesWorlds, until: datetime) -> None:
    with worlds({"name": LARGEST, "alert_channel": "#purchases"}, {"name": "*"}) as world:
        world.level(0.0, FALL - 15 * MINUTE, FALL + HOUR, names=[LARGEST])
        world.level(0.3, FALL, FALL + HOUR)
        world.pass_time(until - 10 * MINUTE, 10)
        world.clock.at = until
        world.collect()
        before, messages = Path(shutil.copy(world.path, world.path.with_suffix(".before"))), list(world.slack.messages)

        def rewind() -> None:
            shutil.copy(before, world.path)
            world.slack.forget()
            for message in messages:
                world.slack._messages.append(message)

        undisturbed = Steps()
        assert not world.dies(undisturbed)
        expected = kinds(world), world.shown()
        assert len(expected[0]) > len(messages)
        tried = [(number, point) for number, point in enumerate(undisturbed.passed, 1) if is_tried(point)]
        assert len(tried) > 5
        for fatal, point in tried:
            rewind()
            assert world.dies(Steps(fatal)), point
            world.detect()
            assert (kinds(world), world.shown()) == expected, point
