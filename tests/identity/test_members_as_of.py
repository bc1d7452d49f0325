"""Who was in which cluster at an earlier time."""

import random
from datetime import datetime

import pytest

from support.engines import Engine
from support.identity_world import LOGINS, PAIRS, IdentityWorld, configured


@pytest.mark.both_engines
def test_an_id_is_in_its_cluster_from_the_run_that_joins_it_to_the_run_that_takes_it_out(world: IdentityWorld) -> None:
    world.pair("a b", "x y")
    world.follow()
    joined = world.clock()
    world.pass_time(hours=1)
    world.pair("b x")
    world.follow()
    merged = world.clock()
    world.pass_time(hours=1)
    world.follow("split", a="b", b="x")
    apart = world.clock()
    tables = world.tables()
    assert tables.cluster_at(joined) == {"a": "a", "b": "a", "x": "x", "y": "x"}
    assert tables.cluster_at(merged) == {"a": "a", "b": "a", "x": "a", "y": "a"}
    assert tables.cluster_at(apart) == {"a": "a", "b": "a", "x": "x", "y": "x"}
    # Those who stayed have one row, those who moved have one for each time.
    assert sorted(row["id"] for row in tables.members) == ["a", "b", "x", "x", "x", "y", "y", "y"]


def test_an_id_that_a_limit_takes_out_is_in_no_cluster_until_it_is_back(engine: Engine) -> None:
    world = IdentityWorld(engine, configured(PAIRS, LOGINS))
    world.pair("a b", "b c")
    world.follow()
    before = world.clock()
    world.document = configured(PAIRS, LOGINS, max_cluster_size=2)
    world.follow()
    between = world.clock()
    world.document = configured(PAIRS, LOGINS)
    world.follow()
    tables = world.tables()
    assert tables.cluster_at(before) == tables.cluster_at(world.clock()) == {"a": "a", "b": "a", "c": "a"}
    assert tables.cluster_at(between) == {"a": "a", "b": "a"}


@pytest.mark.sequences
@pytest.mark.parametrize("seed", range(3))
def test_answers_as_of_any_run_are_the_clusters_of_that_run(engine: Engine, seed: int) -> None:
    draw = random.Random(seed)
    world = IdentityWorld(engine, configured(PAIRS, LOGINS, max_cluster_size=5))
    kept: dict[datetime, dict[str, str]] = {}
    for _ in range(8):
        world.pair(*(f"id{draw.randrange(12)} id{draw.randrange(12)}" for _ in range(draw.randrange(1, 5))))
        world.follow()
        kept[world.clock()] = world.tables().cluster_of
        link = draw.choice(world.tables().links)
        if link["id_a"] != link["id_b"]:
            world.follow(draw.choice(["split", "link"]), a=link["id_a"], b=link["id_b"])
            kept[world.clock()] = world.tables().cluster_of
    tables = world.tables()
    assert {moment: tables.cluster_at(moment) for moment in kept} == kept
