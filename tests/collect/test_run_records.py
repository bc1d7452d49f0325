"""The rows of job_runs that the collector leaves."""

import pytest

from collect.some_events import WEEK, many
from support.collector_world import CollectorWorld, adds_up
from support.engines import Engine
from support.events_configs import enabled
from support.export_lines import event, utc


def test_the_counts_of_a_run_add_up_and_stand_in_its_row(engine: Engine) -> None:
    lines = [*many(), many()[0], b"{broken", event("Off", mark="off"), event(mark="c", **{"$warehouse_import_id": "w"})]
    with CollectorWorld(engine, lines) as world:
        result = world.collect("2040-03-08T00:00", "2040-03-14T02:00", config=enabled("Purchase", "Signup", *"x" * 1))
        assert adds_up(result)
        run, *parts = world.tables().runs()
        for name in ("received", "inserted", "updated", "duplicates", "rejected", "filtered", "bytes"):
            assert run["figures"][name] == getattr(result, name)
            assert sum(part["figures"][name] for part in parts) == getattr(result, name)
        assert result.bytes == sum(call.body_bytes for call in world.mixpanel.calls)


def test_the_row_of_a_run_records_its_window_and_how_it_ended(engine: Engine) -> None:
    with CollectorWorld(engine, many()) as world:
        world.collect(*WEEK, run_id="first")
        run, *parts = world.tables().runs()
        assert (run["run_id"], run["part"], run["job"], run["status"]) == ("first", 0, "collector", "ok")
        assert (run["window_from"], run["window_to"]) == (utc("2040-03-08"), utc("2040-03-15"))
        assert (run["started_at"], run["finished_at"]) == (world.clock(), world.clock())
        assert (run["read_until"], run["error"], run["arrivals_up_to"]) == (utc("2040-03-15"), None, None)
        assert [part["part"] for part in parts] == list(range(1, len(parts) + 1))
        assert [part["window_from"] for part in parts[1:]] == [part["window_to"] for part in parts[:-1]]
        assert parts[0]["window_from"] == run["window_from"]
        assert parts[-1]["window_to"] == run["window_to"]


@pytest.mark.parametrize("asked", [{"from": "2040-03-14", "to": "2040-03-20"}, {"reread": "recent"}, {}], ids=str)
def test_no_row_says_that_a_run_has_read_the_future(engine: Engine, asked: dict[str, str]) -> None:
    with CollectorWorld(engine, many()) as world:
        world.collect(request=asked)
        assert {row["read_until"] for row in world.tables().runs()} == {world.clock()}
