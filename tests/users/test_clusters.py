"""Totals by cluster of the identity graph: they follow when clusters merge, split, grow and go."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random

import pytest

from support.engines import DuckDB, Engine
from support.fatal_steps import InterruptedSteps, Killed, Steps
from support.identity_members import IdentityMembers
from support.mortal_warehouse import MortalWarehouse
from support.published_events import purchase, visit
from support.user_sync_world import METRICS, UserSyncWorld

pytestmark = pytest.mark.sequences

BY_CLUSTER = {**METRICS, "by": "cluster"}


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


# Clusters of identity_members


@pytest.fixture
def members(world: UserSyncWorld) -> IdentityMembers:
    """Nobody is a member yet; totals are by cluster."""
    world.metrics = BY_CLUSTER
    world.bring(visit("zoe", "2040-03-01 10:00:00", balance=1), purchase("zoe", "2040-03-14 10:00:00", amount=7))
    return IdentityMembers(world)


def comparisons_of_a_sync(world: UserSyncWorld) -> list[str]:
    """The names of the SQL files with which a run looks for ids that moved."""
    steps = Steps()
    with world.opened() as warehouse:
        world.sync(warehouse=MortalWarehouse(warehouse, steps))
    passed = (point.removeprefix("after users/") for point in steps.passed)
    return [name for name in passed if name in ("moved_ids.sql", "moved_members.sql", "moved_since.sql")]


GROWTH_AND_DECAY: Sequence[Mapping[str, Sequence[str]]] = (
    {"ann": ["ann", "bob"], "eve": ["eve", "nobody"]},
    {"ann": ["ann", "bob", "eve", "nobody"], "zoe": ["zoe"]},
    {"ann": ["ann"], "bob": ["bob", "zoe"]},
    {"bob": ["bob"]},
    {"ann": ["ann", "bob"], "eve": ["eve", "nobody"]},
)


@pytest.mark.both_engines
def test_totals_follow_the_members(world: UserSyncWorld, members: IdentityMembers) -> None:
    world.cluster(astray=["ann", "eve"])
    for clusters in GROWTH_AND_DECAY:
        members.cluster(**clusters)
        assert world.sync().changed
        members.assert_followed()
        world.pass_time(minutes=5)
    world.assert_settled()


def test_members_that_change_at_one_and_the_same_time_are_all_followed(
    world: UserSyncWorld, members: IdentityMembers
) -> None:
    for clusters in (*GROWTH_AND_DECAY, *GROWTH_AND_DECAY[2:]):
        members.cluster(**clusters)
        world.sync()
        members.assert_followed()


def test_several_changes_between_two_runs_are_followed_at_once(world: UserSyncWorld, members: IdentityMembers) -> None:
    for number, clusters in enumerate((*GROWTH_AND_DECAY, *GROWTH_AND_DECAY)):
        members.cluster(**clusters)
        world.pass_time(minutes=5)
        if number % 3 == 1:
            world.sync()
            members.assert_followed()


def test_a_run_after_which_nobody_moved_compares_nothing_and_one_after_that_the_ids_that_moved(
    world: UserSyncWorld, members: IdentityMembers
) -> None:
    members.cluster(ann=["ann", "bob"], zoe=["zoe"])
    assert comparisons_of_a_sync(world) == ["moved_members.sql"]
    assert comparisons_of_a_sync(world) == []
    world.pass_time(minutes=5)
    members.cluster(ann=["ann", "bob", "eve"], zoe=["zoe"])
    assert comparisons_of_a_sync(world) == ["moved_since.sql"]
    assert comparisons_of_a_sync(world) == []
    members.assert_followed()


def test_members_that_come_late_are_followed(world: UserSyncWorld, members: IdentityMembers) -> None:
    """Their transaction took long, or the clock of its machine is behind."""
    early = world.clock() - timedelta(hours=3)
    members.cluster(ann=["ann", "bob"], zoe=["zoe"])
    world.sync()
    members.cluster_at(early, ann=["ann", "bob", "eve"], zoe=["zoe"])
    world.sync()
    members.assert_followed()
    members.cluster_at(early, ann=["ann", "bob", "eve"])
    world.sync()
    members.assert_followed()
    world.assert_settled()


def test_rows_that_are_gone_and_rows_that_are_other_ones_are_followed(
    world: UserSyncWorld, members: IdentityMembers
) -> None:
    at = world.clock()
    members.cluster(ann=["ann", "bob"], zoe=["zoe", "eve"])
    world.sync()
    world.pass_time(hours=2)
    members.forget("eve")
    world.sync()
    members.assert_followed()
    members.forget("bob")
    members.cluster_at(at, ann=["ann"], zoe=["zoe", "bob"])
    world.sync()
    members.assert_followed()
    world.assert_settled()


def test_what_people_fill_in_counts_until_there_are_members_and_after_they_went(
    world: UserSyncWorld, members: IdentityMembers
) -> None:
    world.cluster(c1=["ann", "bob"])
    world.sync()
    world.assert_true()
    for _ in ("members come", "and as the same ones again"):
        members.cluster_at(world.clock() - timedelta(days=1), ann=["ann", "eve"], bob=["bob", "zoe"])
        world.sync()
        members.assert_followed()
        members.forget("ann", "bob", "eve", "zoe")
        world.cluster(c1=["ann", "bob"])
        world.sync()
        world.assert_settled()
    assert {row["cluster_id"] for row in world.table("user_clusters")} == {"c1"}


def test_members_are_followed_from_the_beginning_after_totals_by_user(
    world: UserSyncWorld, members: IdentityMembers
) -> None:
    members.cluster(ann=["ann", "bob"])
    world.sync()
    clusters, world.clusters, world.metrics = world.clusters, {}, METRICS
    world.sync()
    world.assert_settled()
    assert world.table("user_clusters") == []
    world.clusters, world.metrics = clusters, BY_CLUSTER
    world.sync()
    members.assert_followed()
    world.assert_settled()


def test_a_run_killed_while_it_follows_members_is_completed_by_the_next(
    world: UserSyncWorld, members: IdentityMembers
) -> None:
    members.cluster(ann=["ann", "bob"], eve=["eve"])
    world.sync()
    assert isinstance(world.engine, DuckDB)
    path = world.engine.path
    world.pass_time(minutes=5)
    members.cluster(ann=["ann"], bob=["bob", "eve"])
    before = shutil.copy(path, path.with_suffix(".before"))
    for point in ("before the commit", "after the commit"):
        shutil.copy(before, path)
        with world.opened() as warehouse, pytest.raises(Killed):
            world.sync(warehouse=MortalWarehouse(warehouse, DyingInThePublishing(point)))
        assert world.sync().changed == (3 if point.startswith("before") else 0)
        members.assert_followed()
        world.assert_settled()


class DyingInThePublishing(Steps):
    """Dies at the first such point of a transaction that publishes."""

    def __init__(self, point: str) -> None:
        super().__init__()
        self._point = f"publish, {point}"

    def is_next_fatal(self, name: str) -> bool:
        super().is_next_fatal(name)
        return name == self._point


def test_members_that_change_while_a_run_follows_are_followed_by_then_or_by_the_next(
    world: UserSyncWorld, members: IdentityMembers
) -> None:
    assert isinstance(world.engine, DuckDB)
    members.cluster(ann=["ann", "bob"])
    world.sync()
    steps = Steps()
    path = world.engine.path
    world.pass_time(minutes=5)
    before, cluster_of = shutil.copy(path, path.with_suffix(".before")), members.cluster_of
    members.cluster(ann=["ann", "bob", "eve"])
    with world.opened() as warehouse:
        world.sync(warehouse=MortalWarehouse(warehouse, steps))
    around = [number for number, name in enumerate(steps.passed, 1) if "users/m" in name and "after " in name]
    assert len(around) > 1, steps.passed
    for at in around:
        shutil.copy(before, path)
        members.cluster_of = cluster_of
        members.cluster(ann=["ann", "bob", "eve"])
        interrupted = InterruptedSteps(at, lambda: members.cluster(ann=["ann"], bob=["bob", "zoe"]))
        with world.opened() as warehouse:
            world.sync(warehouse=MortalWarehouse(warehouse, interrupted))
        world.sync()
        members.assert_followed()


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_changes_ends_as_a_run_from_scratch(
    world: UserSyncWorld, members: IdentityMembers, seed: int
) -> None:
    random = Random(seed)
    people = ("ann", "bob", "eve", "zoe", "nobody")
    for _ in range(12):
        homes = {one: random.choice((*people, None)) for one in people}
        at = world.clock() - random.choice((timedelta(0), timedelta(0), timedelta(minutes=50)))
        members.cluster_at(
            at, **{str(home): [one for one in people if homes[one] == home] for home in {*homes.values()} - {None}}
        )
        world.pass_time(minutes=random.choice((0, 0, 20)))
        if random.random() < 0.6:
            world.sync()
            members.assert_followed()
    world.sync()
    members.assert_followed()
    world.assert_settled()
