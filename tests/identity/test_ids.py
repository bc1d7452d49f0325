"""What is an id, and under which letters."""

import pytest

from identity.seen_events import linked, seen, with_events
from support.engines import Engine

both_engines = pytest.mark.both_engines

FORBIDDEN = (
    *("00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na", "undefined"),
    *("unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}"),
)


@pytest.mark.parametrize(("identity", "prefix"), [("simplified", "$device:"), ("original", "")])
def test_devices_have_the_prefix_once_in_simplified_projects_and_not_in_original_ones(
    engine: Engine, identity: str, prefix: str
) -> None:
    world = with_events(engine, identity=identity, shared_devices=None)
    world.bring(seen("ann", "d1"), seen("bob", "$device:d2"), seen("eve", "$device:$device:d3"))
    world.follow()
    ids = {link["id_a"]: link["id_b"] for link in world.tables().links}
    assert (ids["ann"], ids["bob"]) == (f"{prefix}d1", f"{prefix}d2")
    assert {row["device_id"] for row in world.tables().associations} >= {"d1", "d2"}


def test_a_device_is_one_device_with_or_without_its_prefix(engine: Engine) -> None:
    world = with_events(engine, identity="simplified", shared_devices="join")
    world.bring(seen("ann", "d1"), seen("ann", "$device:d1"), seen("bob", "$device:d1"))
    assert world.follow().links == 2


def test_a_user_s_id_keeps_its_letters(engine: Engine) -> None:
    world = with_events(engine, identity="simplified", shared_devices="join")
    world.bring(seen("$device:x", "d1"), seen(" Ann ", "d2"), seen("ä'\"\\ö", "d3"), seen("🙂", "d4"))
    world.follow()
    assert {link["id_a"] for link in world.tables().links} == {"$device:x", " Ann ", "ä'\"\\ö", "🙂"}


@both_engines
def test_forbidden_empty_and_ignored_ids_make_no_link_and_are_counted(engine: Engine) -> None:
    world = with_events(engine, ignore=["test@example.com"])
    bad = [*FORBIDDEN, *(one.upper() for one in FORBIDDEN), " Anonymous ", "", "  ", "test@example.com"]
    world.bring(
        *(seen(one, f"device {number}") for number, one in enumerate(bad)),
        *(seen(f"user {number}", one) for number, one in enumerate(bad)),
        seen("ann", "phone"),
    )
    result = world.follow()
    assert linked(world) == {"ann phone"}
    assert result.ignored >= 1
    assert world.tables().clusters == ["ann phone"]


@pytest.mark.parametrize("prefixed", ["$device:anonymous", "$device:", "$device:NULL", "$device: none "])
def test_a_forbidden_device_is_forbidden_under_its_prefix_too(engine: Engine, prefixed: str) -> None:
    world = with_events(engine, identity="simplified", shared_devices="join")
    world.bring(seen("ann", prefixed), seen("bob", "phone"))
    world.follow()
    assert linked(world) == {"bob $device:phone"}


def test_numbers_are_ids_as_they_are_written_and_other_values_are_none(engine: Engine) -> None:
    world = with_events(engine)
    world.bring(
        seen(17, "d1"),
        seen("17", "d2"),
        seen(12345678901234567, "d3"),
        seen(True, "d4"),
        seen(["ann"], "d5"),
        seen({"id": "ann"}, "d6"),
    )
    world.follow()
    assert {link["id_a"]: link["id_b"] for link in world.tables().links if link["id_b"] != "d1"} == {
        "17": "d2",
        "12345678901234567": "d3",
    }
    assert "17 d1 d2" in world.tables().clusters
