"""Events as a source of links: which are read, when, and what becomes of those that change."""

from datetime import UTC, datetime

import pytest

from identity.seen_events import TODAY, linked, seen, with_events
from support.engines import Engine
from support.identity_world import EVENTS, Document, configured
from support.published_events import PublishedEvent

pytestmark = pytest.mark.sequences

both_engines = pytest.mark.both_engines

BEFORE_IDENTITY: Document = {
    "name": "resolved",
    "table": "mixpanel_events",
    "ids": [
        {"kind": "user", "property": "distinct_id"},
        {"kind": "device", "property": "$distinct_id_before_identity"},
    ],
}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_events_with_both_ids_make_one_link(engine: Engine) -> None:
    world = with_events(engine)
    world.bring(
        seen("ann", "phone"),
        seen("ann", "phone", "2040-03-15 08:00:00"),
        seen("ann", "phone", "2040-03-15 11:00:00"),
        seen("bob", None),
        seen(None, "tablet"),
    )
    result = world.follow()
    (link,) = world.tables().links
    assert (link["id_a"], link["kind_a"], link["id_b"], link["kind_b"]) == ("ann", "user", "phone", "device")
    assert (link["source"], link["status"], result.links) == ("events", "linked", 1)
    assert link["linked_at"] == link["first_seen"] == utc("2040-03-15 08:00:00")
    assert link["last_seen"] == utc("2040-03-15 11:00:00")
    world.assert_settled()


def test_an_id_as_resolved_is_linked_with_the_id_before(engine: Engine) -> None:
    world = with_events(engine, BEFORE_IDENTITY)
    world.bring(
        PublishedEvent("Visit", TODAY, "ann", "m1", {"distinct_id": "ann", "$distinct_id_before_identity": "anon-7"}),
        PublishedEvent("Visit", TODAY, "bob", "m2", {"distinct_id": "bob"}),
    )
    world.follow()
    assert linked(world) == {"ann anon-7"}


def test_only_events_with_the_names_and_values_asked_for_are_read(engine: Engine) -> None:
    world = with_events(engine, {**EVENTS, "events": ["Login"], "where": {"plan": ["gold", 1], "consent": [True]}})
    world.bring(
        seen("ann", "d1", name="Login", plan="gold", consent=True),
        seen("bob", "d2", name="Login", plan=1, consent=True),
        seen("eve", "d3", name="Login", plan="1", consent=True),
        seen("tom", "d4", name="Login", plan="gold", consent="true"),
        seen("kim", "d5", name="Login", plan="gold"),
        seen("zoe", "d6", name="Visit", plan="gold", consent=True),
    )
    world.follow()
    assert linked(world) == {"ann d1", "bob d2"}


def test_links_of_events_that_vanish_stay(engine: Engine) -> None:
    world = with_events(engine)
    event = seen("ann", "phone")
    world.bring(event)
    world.follow()
    before = world.contents()
    world.bring(gone=[event.event_id])
    for action in ("refresh", "build"):
        world.follow(action)
        assert world.contents() == before, action


@both_engines
def test_events_of_earlier_days_that_come_late_are_read_once_a_day(engine: Engine) -> None:
    world = with_events(engine)
    world.bring(seen("ann", "phone"), seen("ann", "old", "2040-02-01 10:00:00"))
    world.follow()
    assert linked(world) == {"ann phone", "ann old"}
    world.bring(seen("bob", "tablet", "2040-03-14 23:00:00"), seen("eve", "late", "2040-03-01 10:00:00"))
    world.follow()
    assert "bob tablet" in linked(world)
    world.pass_time(days=1)
    world.follow()
    assert linked(world) == {"ann phone", "ann old", "bob tablet", "eve late"}
    numbers = {link["id_a"]: link["link_no"] for link in world.tables().links}
    assert numbers["eve"] == max(numbers.values())
    world.assert_settled()


def test_a_window_is_read_at_once(engine: Engine) -> None:
    world = with_events(engine)
    world.bring(seen("ann", "phone"))
    world.follow()
    world.bring(
        seen("eve", "late", "2040-03-01 10:00:00"),
        seen("tom", "d2", "2040-03-01 23:59:59"),
        seen("kim", "d3", "2040-03-02 00:00:00"),
    )
    world.follow(start="2040-03-01", end="2040-03-02")
    assert {"ann phone", "eve late", "tom d2"} <= linked(world)
    world.pass_time(days=1)
    world.follow()
    assert linked(world) == {"ann phone", "eve late", "tom d2", "kim d3"}


def test_an_earlier_event_lowers_first_seen_and_touches_neither_the_order_nor_the_graph(engine: Engine) -> None:
    world = with_events(engine)
    world.bring(seen("ann", "phone"), seen("ann", "tablet", "2040-03-15 11:00:00"))
    world.follow()
    before = world.tables()
    world.bring(seen("ann", "tablet", "2040-03-15 07:00:00"))
    result = world.follow()
    after = world.tables()
    assert (result.links, sum(result.changed.values()), sum(result.graph.values())) == (0, 0, 0)
    (tablet,) = [link for link in after.links if link["id_b"] == "tablet"]
    assert (tablet["first_seen"], tablet["linked_at"]) == (utc("2040-03-15 07:00:00"), utc("2040-03-15 11:00:00"))
    assert after.as_text()["identity_permutations"] == before.as_text()["identity_permutations"]


def test_last_seen_moves_once_a_day(engine: Engine) -> None:
    world = with_events(engine)
    world.bring(seen("ann", "phone"))
    world.follow()
    for at in ("2040-03-15 11:00:00", "2040-03-15 11:30:00"):
        world.bring(seen("ann", "phone", at))
        world.follow()
        (link,) = world.tables().links
        assert link["last_seen"] == utc(TODAY)
    world.pass_time(days=1)
    world.bring(seen("ann", "phone", "2040-03-16 09:00:00"))
    world.follow()
    (link,) = world.tables().links
    assert link["last_seen"] == utc("2040-03-16 09:00:00")


def test_events_are_read_from_the_beginning_by_a_source_that_is_new(engine: Engine) -> None:
    world = with_events(engine)
    old = {"distinct_id": "ann", "$distinct_id_before_identity": "anon-7"}
    world.bring(PublishedEvent("Visit", "2040-01-01 10:00:00", "ann", "m1", old))
    world.follow()
    world.document = configured(EVENTS, BEFORE_IDENTITY)
    world.follow()
    assert linked(world) == {"ann anon-7"}


@pytest.mark.parametrize(
    "name", ["plain", "with space", "dotted.name", "qu'ote", 'dou"ble', "back\\slash", "$ä🙂", "*"]
)
def test_a_property_may_have_any_name(engine: Engine, name: str) -> None:
    source = {**EVENTS, "ids": [{"kind": "user", "property": name}, {"kind": "device", "property": "$device_id"}]}
    world = with_events(engine, source)
    world.bring(seen(None, "d1", **{name: "ann"}))
    world.follow()
    assert linked(world) == {"ann d1"}
