"""Links that somebody takes out by hand, takes back, or adds."""

from collections.abc import Mapping
from typing import Any

import pytest

from mixpanel_data.base.errors import NotFoundError
from support.engines import Engine
from support.identity_world import LOGINS, PAIRS, IdentityWorld, configured
from support.refusals import refused

pytestmark = pytest.mark.sequences

both_engines = pytest.mark.both_engines


@both_engines
def test_a_split_cuts_a_cluster_in_two_and_what_is_cut_off_takes_its_own_eldest(world: IdentityWorld) -> None:
    world.pair("a b", "b c", "c d", "x y")
    world.follow()
    result = world.follow("split", a="c", b="b")
    tables = world.tables()
    assert tables.statuses == {"a b": "linked", "b c": "split", "c d": "linked", "x y": "linked"}
    assert tables.cluster_of == {"a": "a", "b": "a", "c": "c", "d": "c", "x": "x", "y": "x"}
    assert dict(result.changed) == {"inserted": 0, "updated": 0, "deleted": 1}
    assert dict(result.graph) == {"inserted": 1, "updated": 1, "deleted": 0}
    world.assert_settled()


def test_a_pair_that_is_taken_out_is_replaced_by_one_link_at_most(world: IdentityWorld) -> None:
    world.pair("a b", "b c", "c d", "d a", "b d")
    world.follow()
    assert world.tables().pairs == ["a b", "b c", "c d"]
    result = world.follow("split", a="b", b="c")
    assert world.tables().pairs == ["a b", "c d", "a d"]
    assert dict(result.changed) == {"inserted": 1, "updated": 0, "deleted": 1}
    result = world.follow("link", a="b", b="c")
    assert world.tables().pairs == ["a b", "b c", "c d"]
    assert dict(result.changed) == {"inserted": 1, "updated": 0, "deleted": 1}


def test_a_split_that_is_taken_back_leaves_the_same_links_and_pairs(world: IdentityWorld) -> None:
    world.pair("a b", "b c", "x y")
    world.follow()
    links = {(link["link_no"], link["status"]) for link in world.tables().links}
    for _ in range(2):
        world.follow("split", a="a", b="b")
        assert world.tables().clusters == ["b c", "x y"]
        world.follow("link", a="a", b="b")
        assert world.tables().pairs == ["a b", "b c", "x y"]
        assert {(link["link_no"], link["status"]) for link in world.tables().links} == links
    world.assert_settled()


def test_all_links_between_the_two_are_split_those_that_come_later_too(world: IdentityWorld) -> None:
    world.pair("ann phone")
    world.follow()
    world.follow("split", a="phone", b="ann")
    world.login("ann phone")
    result = world.follow()
    assert [link["status"] for link in world.tables().links] == ["split", "split"]
    assert (result.links, result.ids) == (1, 0)


def test_a_link_without_links_before_is_added_by_hand(world: IdentityWorld) -> None:
    world.pair("a b")
    world.follow()
    result = world.follow("link", a="b", b="new")
    (manual,) = [link for link in world.tables().links if link["source"] == "manual"]
    assert ({manual["id_a"], manual["id_b"]}, manual["status"], result.links) == ({"b", "new"}, "linked", 1)
    assert world.tables().clusters == ["a b new"]
    world.follow("split", a="new", b="b")
    assert world.tables().clusters == ["a b"]
    world.follow("link", a="new", b="b")
    assert world.tables().clusters == ["a b new"]
    world.assert_settled()


def test_ids_that_were_alone_are_alone_again_after_a_split(world: IdentityWorld) -> None:
    world.pair("foo", "foo bar")
    world.follow()
    assert world.tables().pairs == ["foo bar"]
    result = world.follow("split", a="foo", b="bar")
    assert world.tables().pairs == ["foo"]
    assert dict(result.changed) == {"inserted": 1, "updated": 0, "deleted": 1}
    world.follow("link", a="foo", b="bar")
    assert world.tables().pairs == ["foo bar"]


@pytest.mark.parametrize("action", ["split", "link"])
def test_the_same_decision_again_changes_nothing(world: IdentityWorld, action: str) -> None:
    world.pair("a b", "b c")
    world.follow()
    world.follow(action, a="a", b="b")
    before = world.contents()
    result = world.follow(action, a="a", b="b")
    assert world.contents() == before
    assert (sum(result.changed.values()), sum(result.graph.values()), result.links) == (0, 0, 0)


def test_a_build_honours_what_was_decided_by_hand(world: IdentityWorld) -> None:
    world.pair("a b", "b c")
    world.follow()
    world.follow("split", a="a", b="b")
    world.follow("link", a="c", b="d")
    before = world.contents()
    world.follow("build")
    assert world.contents() == before


def test_a_split_does_not_count_as_withdrawn_by_a_refresh(engine: Engine) -> None:
    world = IdentityWorld(engine, configured(PAIRS, LOGINS, max_withdrawn=1))
    world.pair("a b", "b c", "c d")
    world.follow()
    for a, b in ("ab", "bc", "cd"):
        world.follow("split", a=a, b=b)
    world.follow()
    assert world.tables().clusters == []


def test_a_device_that_is_split_from_its_user_is_associated_with_the_next(world: IdentityWorld) -> None:
    world.login("ann phone", "bob phone", "bob tablet")
    world.follow()
    settled = {row["device_id"]: row for row in world.tables().associations}
    assert {device: row["user_id"] for device, row in settled.items()} == {"phone": "ann", "tablet": "bob"}
    world.follow("split", a="ann", b="phone")
    after = {row["device_id"]: row for row in world.tables().associations}
    assert {device: row["user_id"] for device, row in after.items()} == {"phone": "bob", "tablet": "bob"}
    assert after["tablet"] == settled["tablet"]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"a": "a"}, "b"),
        ({"b": "a"}, "a"),
        ({"a": "a", "b": "a"}, "b"),
    ],
)
def test_a_split_of_what_cannot_be_split_says_so(world: IdentityWorld, asked: Mapping[str, Any], named: str) -> None:
    world.pair("a b")
    world.follow()
    before = world.contents()
    with refused(named):
        world.run("split", **asked)
    with pytest.raises(NotFoundError, match="nobody"):
        world.run("split", a="a", b="nobody")
    assert world.contents() == before


def test_a_split_of_two_that_others_join_names_the_chain(world: IdentityWorld) -> None:
    world.pair("one two", "two three", "three four", "two five")
    world.follow()
    with refused("one", "two", "three", "four"):
        world.run("split", a="one", b="four")


@pytest.mark.parametrize("action", ["split", "link"])
def test_a_decision_judges_all_links_by_a_configuration_that_changed_meanwhile(
    world: IdentityWorld, action: str
) -> None:
    world.pair("a b", "p q", "q r")
    world.follow()
    world.document = configured(PAIRS, LOGINS, max_cluster_size=2)
    world.follow(action, a="a", b="b")
    assert world.tables().statuses["q r"] == "too_large"


@pytest.mark.parametrize("nobody", ["null", " Unknown ", "0", "test@example.com"])
def test_no_link_by_hand_is_made_of_an_id_that_identifies_nobody(engine: Engine, nobody: str) -> None:
    world = IdentityWorld(engine, configured(PAIRS, LOGINS, ignore=["test@example.com"]))
    with refused("b", nobody):
        world.run("link", a="ann", b=nobody)
    assert world.tables().links == []


def test_rules_that_change_after_a_first_link_by_hand_are_noticed(world: IdentityWorld) -> None:
    world.follow("link", a="a", b="b")
    world.follow("link", a="b", b="c")
    world.document = configured(PAIRS, LOGINS, max_cluster_size=2)
    world.follow()
    assert sorted(world.tables().statuses.values()) == ["linked", "too_large"]
