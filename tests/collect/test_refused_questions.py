"""A question that Mixpanel refuses: once, again and again, and because of its last day."""

from datetime import timedelta

from mixpanel_data.base.window import Window
from mixpanel_data_standins.mixpanel import faults
from support.collected_tables import assert_tables_hold
from support.collector_world import CollectorWorld
from support.engines import Engine
from support.export_lines import event, utc

REFUSED = faults.Status(400, '{"error": "Error in where: it is wrong"}')
TOO_NEW = faults.Status(400, '{"error": "to_date cannot be later than today"}')
NOON = event("Now", "2040-03-15 11:59", mark="n")


def test_one_refusal_is_asked_again_and_narrows_nothing(engine: Engine) -> None:
    late = event("Late", "2040-01-02 08:00", mark="l", stored="2040-03-15 12:10")
    with CollectorWorld(engine, [NOON]) as world:
        world.mixpanel.faults.extend([TOO_NEW])
        assert world.collect().window == Window(utc("2039-12-17"), utc("2040-03-16"))
        world.mixpanel.add(late)
        world.pass_time(minutes=15)
        assert world.collect().inserted == 1
        assert_tables_hold(world.tables(), [NOON, late])


def test_the_answer_and_the_record_say_what_was_asked(engine: Engine) -> None:
    with CollectorWorld(engine, [NOON]) as world:
        world.mixpanel.faults.extend([REFUSED] * 2)
        asked = Window(utc("2040-02-15"), utc("2040-03-16"))
        assert world.collect().window == asked
        (run,) = world.tables().runs(0)
        assert Window(run["window_from"], run["window_to"]) == asked


def test_what_a_refused_question_left_out_comes_an_hour_later(engine: Engine) -> None:
    late = event("Late", "2040-01-02 08:00", mark="l", stored="2040-03-15 11:30")
    with CollectorWorld(engine, [NOON, late]) as world:
        world.mixpanel.faults.extend([REFUSED] * 2)
        assert world.collect().inserted == 1
        for _ in range(3):
            world.pass_time(minutes=15)
            world.collect()
        assert [day for day, _ in world.calls[2:]] == ["2040-02-15"] * 4
        world.pass_time(minutes=16)
        assert world.collect().inserted == 1
        assert world.calls[-1][0] == "2039-12-17"
        assert_tables_hold(world.tables(), [NOON, late])


def test_a_day_that_has_not_begun_at_mixpanel_is_left_to_the_next_call(engine: Engine) -> None:
    lines = [NOON, event("Early", "2040-03-15 00:01", mark="e", stored="2040-03-15 00:01")]
    with CollectorWorld(engine, lines, now=utc("2040-03-15 00:05")) as world:
        world.mixpanel.faults.extend([TOO_NEW] * 2)
        result = world.collect()
        assert world.calls[-1] == ("2039-12-17", "2040-03-14")
        assert result.window.end == utc("2040-03-15")
        assert [row["read_until"] for row in world.tables().runs(0)] == [utc("2040-03-15")]
        world.pass_time(hours=12)
        world.collect()
        assert_tables_hold(world.tables(), lines)


def test_an_event_that_a_device_dates_tomorrow_comes_with_the_arrivals_of_that_day(engine: Engine) -> None:
    ahead = event("Ahead", "2040-03-16 11:00", mark="a", stored="2040-03-15 09:00")
    further = event("Ahead", "2040-03-17 11:00", mark="f", stored="2040-03-15 09:00")
    with CollectorWorld(engine, [NOON, ahead, further]) as world:
        assert world.collect().inserted == 1
        world.pass_time(hours=14)
        assert world.collect(overlap=timedelta(minutes=5)).inserted == 1
        world.pass_time(hours=24)
        assert world.collect(overlap=timedelta(minutes=5)).inserted == 1
        assert_tables_hold(world.tables(), [NOON, ahead, further])
