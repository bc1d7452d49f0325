"""Links that come, and no limit that is passed: clusters grow, and no more than the new pairs is written."""

import random

import pytest

from support.engines import Engine
from support.identity_world import LOGINS, PAIRS, IdentityWorld, configured

pytestmark = pytest.mark.sequences


def test_an_id_alone_becomes_a_pair_and_then_three(world: IdentityWorld) -> None:
    world.pair("foo")
    assert dict(world.follow().changed) == {"inserted": 1, "updated": 0, "deleted": 0}
    assert world.tables().pairs == ["foo"]
    world.pair("foo bar")
    assert dict(world.follow().changed) == {"inserted": 1, "updated": 0, "deleted": 1}
    assert world.tables().pairs == ["foo bar"]
    world.pair("bar baz")
    assert dict(world.follow().changed) == {"inserted": 1, "updated": 0, "deleted": 0}
    assert world.tables().pairs == ["foo bar", "bar baz"]
    assert world.tables().clusters == ["foo bar baz"]


def test_a_cluster_keeps_the_id_of_its_eldest_when_others_join_it(world: IdentityWorld) -> None:
    world.pair("foo bar", "x y", "p q")
    world.follow()
    world.pair("y bar", "q new")
    result = world.follow()
    tables = world.tables()
    assert tables.clusters == ["foo bar x y", "p q new"]
    assert set(tables.cluster_of.values()) == {"foo", "p"}
    assert dict(result.graph) == {"inserted": 0, "updated": 2, "deleted": 1}
    assert dict(result.changed) == {"inserted": 2, "updated": 0, "deleted": 0}


def test_a_pair_stays_under_the_cluster_that_it_came_to(world: IdentityWorld) -> None:
    world.pair("foo bar", "x y")
    world.follow()
    world.pair("bar x")
    world.follow()
    stored = {" ".join(row["ids"]): row["cluster_id"] for row in world.tables().permutations}
    assert stored == {"foo bar": "foo", "x y": "x", "bar x": "foo"}


def test_the_elder_of_a_pair_is_named_first_whichever_way_the_link_has_it(world: IdentityWorld) -> None:
    world.pair("foo bar", "new foo", "new bar", "newer new")
    world.follow()
    assert world.tables().pairs == ["foo bar", "foo new", "new newer"]
    assert world.tables().clusters == ["foo bar new newer"]


def test_a_link_within_a_cluster_adds_no_pair(world: IdentityWorld) -> None:
    world.pair("a b", "b c")
    world.follow()
    world.pair("c a")
    result = world.follow()
    assert (result.links, sum(result.changed.values()), sum(result.graph.values())) == (1, 0, 0)


def test_a_cluster_that_nothing_joins_is_not_written_again(world: IdentityWorld) -> None:
    world.pair("a b", "b c", "x y")
    world.follow()
    before = world.tables()
    world.pair("y z")
    world.follow()
    after = world.tables()
    for name in ("members", "graph", "permutations"):
        old, new = getattr(before, name), getattr(after, name)
        untouched = [row for row in old if row["cluster_id"] == "a"]
        assert [row for row in new if row["cluster_id"] == "a"] == untouched, name


def test_ids_are_compared_letter_by_letter(world: IdentityWorld) -> None:
    world.pair("ann bob", "Ann eve", "ä zoe", "Ä tom")
    world.follow()
    assert len(world.tables().clusters) == 4


def test_an_id_is_one_id_whatever_its_kinds(world: IdentityWorld) -> None:
    world.login("ann phone")
    world.pair("phone crm-1", "ann crm-2")
    world.follow()
    assert world.tables().clusters == ["ann phone crm-1 crm-2"]


def test_two_sources_of_one_pair_make_two_links_and_one_pair(world: IdentityWorld) -> None:
    world.login("ann phone")
    world.pair("phone ann")
    result = world.follow()
    assert (result.links, result.pairs) == (2, 1)
    world.pair("ann phone")
    assert world.follow().links == 0


def test_rows_in_one_run_and_in_many_make_the_same_clusters(engine: Engine) -> None:
    draw = random.Random(1)
    links = [f"{draw.randrange(40)} {draw.randrange(40)}" for _ in range(60)]
    named = [" ".join(f"id{one}" for one in link.split()) for link in links]
    at_once, in_steps = (IdentityWorld(one, configured(PAIRS)) for one in (engine, engine.fresh()))
    at_once.pair(*named)
    at_once.follow()
    for start in range(0, len(named), 7):
        in_steps.pair(*named[start : start + 7])
        result = in_steps.follow()
        assert result.changed["updated"] == 0
    assert at_once.tables().statuses.keys() == in_steps.tables().statuses.keys()
    together, stepwise = ({frozenset(row["ids"]) for row in world.tables().graph} for world in (at_once, in_steps))
    assert together == stepwise
    in_steps.assert_settled()


SHAPES = ("sorted chain", "shuffled chain", "comb", "hub", "twins", "random graph")


@pytest.mark.parametrize("shape", ["shuffled chain", "random graph"])
def test_the_warehouse_joins_them_where_there_are_many_links(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    monkeypatch.setattr("mixpanel_data.identity.contraction.EDGES_IN_PYTHON", 3)
    _assert_joined(engine, _links(shape, 60), each_run=20, each_split=9)


@pytest.mark.both_engines
def test_either_warehouse_joins_them_where_there_are_more_links_than_python_joins(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixpanel_data.identity.contraction.EDGES_IN_PYTHON", 3)
    _assert_joined(engine, _links("random graph", 30), each_run=15, each_split=15)


def _assert_joined(engine: Engine, links: list[str], *, each_run: int, each_split: int) -> None:
    """Links that come in several runs, and splits of some of them, lead to the graph of a run from scratch."""
    world = IdentityWorld(engine, configured(PAIRS, LOGINS))
    for start in range(0, len(links), each_run):
        world.pair(*links[start : start + each_run])
        world.follow()
    for a, b in (link.split() for link in links[::each_split]):
        if a != b:
            world.follow("split", a=a, b=b)
    world.assert_settled()


@pytest.mark.parametrize("is_contracted", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_clusters_of_any_shape_are_joined_by_their_first_links(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, shape: str, is_contracted: bool
) -> None:
    """Whether Python joins them, which takes up to 50,000 links, or the warehouse."""
    if is_contracted:
        monkeypatch.setattr("mixpanel_data.identity.contraction.EDGES_IN_PYTHON", 3)
    world = IdentityWorld(engine, configured(PAIRS, LOGINS))
    world.pair(*_links(shape, 300))
    world.follow()
    world.assert_settled()


def _links(shape: str, count: int) -> list[str]:
    draw = random.Random(7)
    chain = [f"n{number} n{number + 1}" for number in range(count)]
    match shape:
        case "sorted chain":
            return chain
        case "shuffled chain":
            return draw.sample(chain, count)
        case "comb":
            return [f"n{number} tooth{number}" for number in range(count // 2)] + chain[: count // 2]
        case "hub":
            return [f"hub n{number}" for number in range(count)]
        case "twins":
            return [f"n{number} m{number}" for number in range(count)]
    return [f"n{draw.randrange(count)} n{draw.randrange(count)}" for _ in range(count)]


def test_a_user_called_as_a_device_is_keeps_both_associations(engine: Engine) -> None:
    """In a simplified project the device X is $device:X, and somebody may be the user X."""
    world = IdentityWorld(engine, configured(LOGINS, identity="simplified", shared_devices="elect"))
    world.login("X q", "v X")
    world.follow()
    users = {"q": "X", "X": "v"}
    assert {row["device_id"]: row["user_id"] for row in world.tables().associations} == users
    world.document = {**world.document, "max_cluster_size": 1}
    world.follow()
    assert world.tables().associations == []
    world.document = {**world.document, "max_cluster_size": None}
    world.follow()
    assert sorted((row["device_id"], row["user_id"]) for row in world.tables().associations) == sorted(users.items())
