"""Tables of people's own as sources: which rows make a link, and when they are read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from identity.seen_events import TODAY, linked
from support.consoles import dataset_in_console, in_console
from support.engines import Engine
from support.identity_world import LOGINS, PAIRS, Document, IdentityWorld, configured
from support.refusals import refused

pytestmark = pytest.mark.sequences

both_engines = pytest.mark.both_engines

SITE: Document = {
    "name": "site",
    "table": "website_data",
    "time": "event_time",
    "new_by": "inserted_at",
    "where": {"consent": [True]},
    "alone": True,
    "ids": [{"kind": "user", "column": "user_id"}, {"kind": "device", "column": "anon_id"}],
}
SITE_COLUMNS = {
    "user_id": "STRING",
    "anon_id": "STRING",
    "consent": "BOOL",
    "event_time": "TIMESTAMP",
    "inserted_at": "TIMESTAMP",
}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def site_row(user: str | None, device: str | None, **changed: object) -> dict[str, object]:
    times = {"event_time": utc(TODAY), "inserted_at": utc(TODAY)}
    return {"user_id": user, "anon_id": device, "consent": True, **times, **changed}


@both_engines
def test_the_columns_of_a_table_make_links_and_ids_alone(engine: Engine) -> None:
    world = IdentityWorld(engine, configured(SITE))
    world.make("website_data", **SITE_COLUMNS)
    world.give(
        "website_data",
        site_row("ann", "a1"),
        site_row(None, "a2"),
        site_row("bob", None),
        site_row("eve", "a3", consent=False),
        site_row("tom", "a4", consent=None),
        site_row(None, None),
    )
    result = world.follow()
    assert linked(world) == {"ann a1", "a2 a2", "bob bob"}
    assert world.tables().clusters == ["a2", "ann a1", "bob"]
    assert (result.clusters, result.ids, result.pairs) == (3, 4, 3)
    world.assert_settled()


def test_an_id_without_partner_is_no_cluster_unless_the_source_says_so(engine: Engine) -> None:
    world = IdentityWorld(engine, configured({**SITE, "alone": False}))
    world.make("website_data", **SITE_COLUMNS)
    world.give("website_data", site_row(None, "a2"), site_row("bob", None))
    world.follow()
    assert world.tables().links == []


def test_a_forbidden_id_leaves_its_partner_alone(engine: Engine) -> None:
    world = IdentityWorld(engine, configured(SITE))
    world.make("website_data", **SITE_COLUMNS)
    world.give("website_data", site_row("anonymous", "a1"), site_row("ann", ""))
    world.follow()
    assert linked(world) <= {"a1 a1", "ann ann"}
    assert all(link["id_a"] == link["id_b"] for link in world.tables().links)


def test_a_source_with_one_end_shows_ids_alone(engine: Engine) -> None:
    source = {**PAIRS, "ids": [{"kind": "user", "column": "a"}]}
    world = IdentityWorld(engine, configured(source))
    world.pair("ann", "bob x", "ann")
    world.follow()
    assert linked(world) == {"ann ann", "bob bob"}
    assert world.tables().clusters == ["ann", "bob"]


def test_what_was_read_is_not_read_again_but_for_the_last_value(engine: Engine) -> None:
    world = IdentityWorld(engine, configured(SITE))
    world.make("website_data", **SITE_COLUMNS)
    world.give("website_data", site_row("ann", "a1", inserted_at=utc("2040-03-15 09:00:00")))
    world.follow()
    world.give(
        "website_data",
        site_row("bob", "a2", inserted_at=utc("2040-03-15 09:00:00")),
        site_row("eve", "a3", inserted_at=utc("2040-03-15 08:59:59")),
        site_row("tom", "a4", inserted_at=utc("2040-03-15 09:00:01")),
    )
    world.follow()
    assert linked(world) == {"ann a1", "bob a2", "tom a4"}
    world.follow("build")
    assert linked(world) == {"ann a1", "bob a2", "tom a4", "eve a3"}


def test_a_table_without_new_by_is_read_whole(engine: Engine) -> None:
    world = IdentityWorld(engine, configured({**SITE, "new_by": None}))
    world.make("website_data", **SITE_COLUMNS)
    world.give("website_data", site_row("ann", "a1"))
    world.follow()
    world.give("website_data", site_row("eve", "a3", inserted_at=utc("2039-03-15 08:59:59")))
    world.follow()
    assert linked(world) == {"ann a1", "eve a3"}
    world.assert_settled()


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("STRING", ("2040-03-01", "2040-03-02", "2040-03-03")),
        ("INT64", (9, 10, 11)),
        ("DATE", ("2040-03-01", "2040-03-02", "2040-03-03")),
        ("TIMESTAMP", ("2040-03-01 00:00:00.000001+00", "2040-03-01 00:00:00.000002+00", "2040-03-02 00:00:00+00")),
    ],
)
def test_new_by_is_a_column_of_any_ordered_type(engine: Engine, type_: str, values: tuple[object, ...]) -> None:
    source = {"name": "crm", "table": "crm", "new_by": "no", "ids": LOGINS["ids"]}
    world = IdentityWorld(engine, configured(source))
    world.make("crm", a="STRING", b="STRING", no=type_)
    early, middle, late = values
    world.give("crm", {"a": "ann", "b": "d1", "no": middle})
    world.follow()
    world.give("crm", {"a": "bob", "b": "d2", "no": early}, {"a": "eve", "b": "d3", "no": late})
    world.follow()
    assert linked(world) == {"ann d1", "eve d3"}


@both_engines
def test_an_id_can_be_a_property_of_a_json_column(engine: Engine) -> None:
    ids = [{"kind": "user", "column": "facts", "property": "$user.id"}, {"kind": "device", "column": "device"}]
    source = {"name": "crm", "table": "crm", "ids": ids}
    world = IdentityWorld(engine, configured(source))
    world.make("crm", facts="JSON", device="STRING")
    world.give(
        "crm",
        {"facts": {"$user.id": "ann"}, "device": "d1"},
        {"facts": {"$user.id": 17}, "device": "d2"},
        {"facts": {"$user": {"id": "eve"}}, "device": "d3"},
        {"facts": None, "device": "d4"},
        {"device": "d5"},
    )
    world.follow()
    assert linked(world) == {"ann d1", "17 d2"}


def test_columns_of_numbers_are_ids_too(engine: Engine) -> None:
    source = {"name": "crm", "table": "crm", "ids": LOGINS["ids"]}
    world = IdentityWorld(engine, configured(source))
    world.make("crm", a="INT64", b="STRING")
    world.give("crm", {"a": 17, "b": "d1"}, {"a": 0, "b": "d2"}, {"a": None, "b": "d3"})
    world.follow()
    assert linked(world) == {"17 d1"}


def test_a_view_can_be_a_source(engine: Engine) -> None:
    world = IdentityWorld(engine, configured({**LOGINS, "table": "logins_seen"}))
    dataset = dataset_in_console(engine)
    in_console(engine, f"CREATE VIEW {dataset}.logins_seen AS SELECT a, b, seen_at, no FROM {dataset}.logins")
    world.login("ann phone")
    world.follow()
    assert linked(world) == {"ann phone"}


def test_links_of_several_sources_are_numbered_in_order_of_time_then_source(engine: Engine) -> None:
    world = IdentityWorld(engine, configured(PAIRS, LOGINS))
    moment = utc("2040-03-15 10:00:00")
    world.pair("z y", "b a", at=moment)
    world.login("u d", at=moment)
    world.pair("first ever", at=utc("2040-03-15 09:00:00"))
    world.follow()
    ordered = sorted(world.tables().links, key=lambda link: link["link_no"])
    assert [link["id_a"] for link in ordered] == ["first", "u", "b", "z"]


# Definitions


def test_a_source_that_is_defined_anew_is_read_from_the_beginning(engine: Engine) -> None:
    world = IdentityWorld(engine, configured(SITE))
    world.make("website_data", **SITE_COLUMNS)
    world.give(
        "website_data",
        site_row("eve", "a3", consent=False, inserted_at=utc("2040-03-01 09:00:00")),
        site_row("ann", "a1"),
    )
    world.follow()
    assert linked(world) == {"ann a1"}
    world.document = configured({**SITE, "where": {"consent": [True, False]}})
    world.follow()
    assert linked(world) == {"ann a1", "eve a3"}
    world.document = configured(SITE)
    world.follow()
    assert linked(world) == {"ann a1", "eve a3"}


def test_links_of_a_source_that_is_removed_stay(world: IdentityWorld) -> None:
    world.pair("a b")
    world.login("b phone")
    world.follow()
    before = world.contents()
    world.document = configured(LOGINS)
    for action in ("refresh", "build"):
        world.follow(action)
        assert world.contents() == before, action


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ({"table": "nowhere"}, "nowhere"),
        ({"time": "no_time"}, "no_time"),
        ({"new_by": "no_number"}, "no_number"),
        ({"where": {"no_column": ["x"]}}, "no_column"),
        ({"ids": [{"kind": "user", "column": "no_id"}]}, "no_id"),
        ({"ids": [{"kind": "robot", "column": "a"}]}, "kind"),
        ({"ids": [{"kind": "user"}]}, "ids"),
        ({"ids": []}, "ids"),
        ({"ids": [{"kind": "user", "column": "a"}] * 3}, "ids"),
    ],
)
def test_what_a_source_names_wrongly_is_refused(world: IdentityWorld, source: Mapping[str, Any], named: str) -> None:
    world.document = configured({**PAIRS, **source})
    with refused(named):
        world.run()


@pytest.mark.parametrize(
    "changed",
    [
        {"max_partners": {"device": 0}},
        {"max_partners": {"robot": 1}},
        {"max_cluster_size": 0},
        {"shared_devices": "both"},
        {"identity": "newest"},
        {"sources": [PAIRS, PAIRS]},
    ],
)
def test_a_limit_below_one_and_a_source_twice_are_refused(world: IdentityWorld, changed: Mapping[str, Any]) -> None:
    world.document = {**configured(PAIRS), **changed}
    with refused(next(iter(changed))):
        world.run()


def test_an_ignored_device_ignores_no_user_of_that_name(engine: Engine) -> None:
    document = configured(LOGINS, identity="simplified", ignore=["$device:abc"])
    world = IdentityWorld(engine, document)
    world.login("abc phone", "ann abc")
    assert (world.follow().links, [row["id_a"] for row in world.tables().links]) == (1, ["abc"])


def test_a_row_without_a_time_is_seen_when_it_is_read(engine: Engine) -> None:
    world = IdentityWorld(engine, configured(LOGINS))
    world.give("logins", {"a": "ann", "b": "phone", "no": 1, "seen_at": None})
    assert world.follow().links == 1
    (link,) = world.tables().links
    assert link["first_seen"] == world.clock()
