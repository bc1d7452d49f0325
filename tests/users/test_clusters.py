"""Totals by cluster of the identity graph: they follow when clusters merge, split, grow and go."""

from collections.abc import Mapping, Sequence

import pytest

from support.engines import Engine
from support.published_events import purchase, visit
from support.user_sync_world import METRICS, UserSyncWorld

BY_CLUSTER = {**METRICS, "by": "cluster"}


@pytest.mark.both_engines
def test_totals_follow_the_clusters(world: UserSyncWorld) -> None:
    world.bring(visit("zoe", "2040-03-01 10:00:00", balance=1), purchase("zoe", "2040-03-14 10:00:00", amount=7))
    world.metrics = BY_CLUSTER
    graphs: Sequence[Mapping[str, Sequence[str]]] = [
        {"c1": ["ann", "bob"], "c2": ["eve", "nobody"]},
        {"c1": ["ann", "bob", "eve"], "c2": ["zoe"]},
        {"c1": ["ann"], "c2": ["zoe", "bob"], "c3": ["eve"]},
    ]
    for graph in graphs:
        world.cluster(**graph)
        assert world.sync().changed
        world.assert_true()
    before = world.insights()
    assert set(before) == {"c1", "c2", "c3"}
    world.pass_time(hours=1)
    world.cluster(**graphs[-1], c4=["nobody"])
    assert world.sync().changed == 0
    assert world.insights() == before
    world.assert_settled()


def test_a_cluster_may_be_called_as_one_of_its_ids_or_as_anothers(world: UserSyncWorld) -> None:
    world.metrics = BY_CLUSTER
    for graph in ({"ann": ["ann", "bob"]}, {"bob": ["ann"], "eve": ["bob"]}, {"eve": ["ann"]}):
        world.cluster(**graph)
        world.sync()
        world.assert_true()


def test_clusters_and_events_may_change_between_two_runs(world: UserSyncWorld) -> None:
    world.metrics = BY_CLUSTER
    world.cluster(c1=["ann", "bob"])
    world.sync()
    world.cluster(c1=["ann", "zoe"], c2=["bob", "eve"])
    world.bring(visit("zoe", "2040-03-14 10:00:00", plan="new"), visit("bob", "2040-03-01 10:00:00"))
    world.move("ann", "eve")
    world.sync()
    assert set(world.insights()) == {"c1", "c2"}
    world.assert_settled()
    world.bring(gone=list(world.brought))
    world.sync()
    assert world.insights() == {}
    world.assert_settled()


def test_totals_may_be_by_user_again(world: UserSyncWorld) -> None:
    world.cluster(c1=["ann", "bob"])
    for metrics in (BY_CLUSTER, METRICS):
        world.metrics = metrics
        world.sync()
        world.assert_true()
    world.cluster(c1=["ann", "eve"])
    world.assert_settled()
    assert world.table("user_clusters") == []


def test_within_a_cluster_the_newest_event_of_all_tells(engine: Engine) -> None:
    world = UserSyncWorld(engine, BY_CLUSTER)
    world.cluster(c1=["ann", "bob"])
    world.bring(
        visit("ann", "2040-03-10 10:00:00", "a", plan="a", balance=1),
        visit("bob", "2040-03-10 10:00:00", "b", plan="b", balance=None),
    )
    world.sync()
    assert (world.insights()["c1"]["plan"], world.insights()["c1"]["balance"]) == ("b", None)
    world.bring(gone="b")
    world.sync()
    assert (world.insights()["c1"]["plan"], world.insights()["c1"]["balance"]) == ("a", 1)
    world.assert_settled()
