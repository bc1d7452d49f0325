"""Readings of the identity graph say what the tables have."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.given_graph import PUBLISHED, START, GivenGraph, give
from mixpanel_data.base.choices import ConflictKind
from mixpanel_data.base.errors import NotFoundError, RequestError, UnavailableError
from mixpanel_data.identity.inspection import Explanation, conflicts, diff, show, why
from mixpanel_data.identity.inspection.chains import shortest_chain
from mixpanel_data.identity.inspection.changes import Bill
from mixpanel_data.warehouse.base import OpenWarehouse
from mixpanel_data.warehouse.statements import Statement
from support.published_events import PUBLISH, Publication, PublishedEvent

JOB = "identity-transition"
_LOCK = Statement("lock", "INSERT INTO job_locks (job, n) SELECT 'collector', 0")


def stored(warehouse: OpenWarehouse, *links: str, **rules: Any) -> GivenGraph:
    graph = GivenGraph(**rules)
    graph.link(*links)
    graph.store(warehouse)
    return graph


# show


@pytest.mark.both_engines
def test_the_cluster_of_an_id_is_shown_with_its_links_and_pairs(warehouse: OpenWarehouse) -> None:
    graph = GivenGraph()
    graph.link("foo bar", "x y", "foo baz", "bar baz", "baz out")
    graph.decide("baz out")
    graph.store(warehouse)
    for one in ("foo", "bar", "baz"):
        cluster = show(warehouse, one)
        assert (cluster.id, cluster.at, cluster.cluster_id) == (one, None, "foo")
        assert [(each.id, each.since) for each in cluster.ids] == [(id_, PUBLISHED) for id_ in ("foo", "bar", "baz")]
        assert cluster.links is not None
        assert [(each.id_a, each.id_b, each.status) for each in cluster.links] == [
            ("foo", "bar", "linked"),
            ("foo", "baz", "linked"),
            ("bar", "baz", "linked"),
            ("baz", "out", "split"),
        ]
        assert cluster.links[1].first_seen == START + timedelta(minutes=2)
        assert cluster.pairs is not None
        assert [list(each.ids) for each in cluster.pairs] == [["foo", "bar"], ["foo", "baz"]]
        assert (cluster.counts.ids, cluster.counts.links, cluster.counts.pairs) == (3, 4, 2)


def test_an_id_that_no_link_keeps_is_shown_with_the_links_that_are_out(warehouse: OpenWarehouse) -> None:
    graph = GivenGraph()
    graph.link("foo bar")
    graph.decide("foo bar")
    graph.store(warehouse)
    cluster = show(warehouse, "bar")
    assert (cluster.cluster_id, cluster.ids, cluster.pairs) == (None, [], [])
    assert cluster.links is not None
    assert [each.status for each in cluster.links] == ["split"]


def test_a_cluster_of_one_has_a_pair_of_one(warehouse: OpenWarehouse) -> None:
    stored(warehouse, "foo foo", "x y")
    cluster = show(warehouse, "foo")
    assert cluster.pairs is not None
    assert [list(each.ids) for each in cluster.pairs] == [["foo"]]


def test_an_earlier_instant_has_the_ids_of_then_alone(warehouse: OpenWarehouse) -> None:
    stored(warehouse, "foo bar")
    moved = {"id": "baz", "age": 9, "since": START, "until": PUBLISHED, "cluster_id": "old", "cluster_age": 8}
    own = {"id": "old", "age": 8, "since": START, "until": None, "cluster_id": "old", "cluster_age": 8}
    now = {"id": "baz", "age": 9, "since": PUBLISHED, "until": None, "cluster_id": "foo", "cluster_age": 2}
    give(warehouse, "identity_members", [moved, own, now])

    def at(moment: datetime, one: str = "baz") -> tuple[str | None, list[str]]:
        cluster = show(warehouse, one, at=moment)
        assert (cluster.links, cluster.pairs, cluster.at) == (None, None, moment)
        return cluster.cluster_id, [each.id for each in cluster.ids]

    microsecond = timedelta(microseconds=1)
    assert at(START - microsecond) == (None, [])
    assert at(START) == at(PUBLISHED - microsecond) == ("old", ["old", "baz"])
    assert at(PUBLISHED) == ("foo", ["foo", "bar", "baz"])
    assert at(PUBLISHED, "old") == ("old", ["old"])
    assert [each.id for each in show(warehouse, "baz").ids] == ["foo", "bar", "baz"]


def test_a_limit_leaves_out_the_youngest_and_says_how_many_there_are(warehouse: OpenWarehouse) -> None:
    stored(warehouse, "a b", "b c", "c d")
    cluster = show(warehouse, "d", most=2)
    assert [each.id for each in cluster.ids] == ["a", "b"]
    assert (cluster.counts.ids, cluster.counts.links, cluster.counts.pairs) == (4, 3, 3)
    assert [each.link_no for each in cluster.links or ()] == [each.link_no for each in cluster.pairs or ()] == [1, 2]


@pytest.mark.parametrize("one", ["nobody", "FOO", "", "' OR 1=1 --"])
def test_an_id_that_nobody_has_seen_is_not_found(warehouse: OpenWarehouse, one: str) -> None:
    stored(warehouse, "foo bar")
    with pytest.raises(NotFoundError, match="no link and no cluster of") as raised:
        show(warehouse, one)
    assert repr(one) in str(raised.value)
    with pytest.raises(NotFoundError):
        why(warehouse, "foo", one)


# why


def chain(found: Explanation) -> list[str]:
    return [f"{step.id_a} {step.id_b}" for step in found.chain]


@pytest.mark.both_engines
def test_two_ids_of_a_cluster_are_told_by_the_shortest_chain(warehouse: OpenWarehouse) -> None:
    graph = stored(warehouse, "a b", "b c", "c d", "d e", "e b", "x y")
    found = why(warehouse, "a", "d")
    assert (found.cluster_a, found.cluster_b, found.out) == ("a", "a", ())
    assert chain(found) == ["a b", "b c", "c d"]
    assert [step.first_seen for step in found.chain] == [link["first_seen"] for link in graph.links[:3]]
    assert [step.source for step in found.chain] == ["pairs"] * 3
    assert found.message == "'a' and 'd' are in one cluster, 3 links apart."
    assert chain(why(warehouse, "e", "a")) == ["e b", "b a"]
    assert why(warehouse, "b", "a").message.endswith("1 link apart.")


def test_a_step_of_events_has_an_event_of_that_instant(warehouse: OpenWarehouse) -> None:
    graph = GivenGraph()
    graph.link("ann $device:d", kinds="user device", source="events")
    graph.link("ann office", source="logins")
    graph.link("bea office", kinds="user device", source="events")
    graph.store(warehouse)
    warehouse.transact("lock", [_LOCK])
    published = [
        PublishedEvent("Login", "2040-03-01 10:00:00", "ann"),
        PublishedEvent("Other second", "2040-03-01 10:00:01", "ann"),
        PublishedEvent("Another person", "2040-03-01 10:00:00", "zoe"),
        PublishedEvent("Visit", "2040-03-01 10:01:00", "ann"),
    ]
    parameters = Publication.of({}, published, ()).parameters()
    warehouse.transact("events", PUBLISH, job="collector", run_id="r", at=PUBLISHED, **parameters)
    steps = why(warehouse, "$device:d", "bea").chain
    assert [(step.source, step.event) for step in steps] == [("events", "Login"), ("logins", None), ("events", None)]


def test_a_pair_that_was_split_by_hand_is_told(warehouse: OpenWarehouse) -> None:
    graph = GivenGraph()
    graph.link("a b", "b $device:c", "$device:c d")
    graph.decide("b $device:c")
    graph.store(warehouse)
    found = why(warehouse, "a", "d")
    assert (found.cluster_a, found.cluster_b, found.chain) == ("a", "$device:c", ())
    (out,) = found.out
    assert (out.id_a, out.id_b, out.status, out.source) == ("b", "$device:c", "split", "pairs")
    assert out.reason == "It was split by hand on 2040-03-01; `mp identity link b '$device:c'` takes that back."
    assert found.message == "'a' and 'd' are not in one cluster: what would join them is out."


def test_what_the_demonstration_took_out_is_told(warehouse: OpenWarehouse) -> None:
    graph = GivenGraph()
    graph.link("foo bar", "foo foo")
    graph.decide("foo bar", origin="demonstration")
    graph.store(warehouse)
    (out,) = why(warehouse, "bar", "foo").out
    assert out.reason.startswith("The demonstration took it out on 2040-03-01")


@pytest.mark.both_engines
def test_a_hub_is_told_with_its_partners_and_the_limit(warehouse: OpenWarehouse) -> None:
    graph = GivenGraph(max_partners={"device": 2, "user": None})
    graph.link("u1 kiosk", "u2 kiosk", "u3 kiosk", "u1 d1", "u2 d2", kinds="user device")
    graph.store(warehouse)
    found = why(warehouse, "d1", "u2")
    assert found.message.endswith("what leads from both to one id or cluster in between is out.")
    assert [(out.id_a, out.id_b, out.status) for out in found.out] == [
        ("u1", "kiosk", "quarantined"),
        ("u2", "kiosk", "quarantined"),
    ]
    reason = (
        "'kiosk' is a hub with 3 partners, more than the 2 that max_partners allows the kind 'device'."
        " No link of a hub counts."
    )
    assert {out.reason for out in found.out} == {reason}
    direct = why(warehouse, "kiosk", "u3")
    assert (direct.cluster_a, direct.cluster_b) == (None, None)
    assert [out.reason for out in direct.out] == [reason]


def test_a_shared_device_is_told_with_the_user_whom_it_belongs_to(warehouse: OpenWarehouse) -> None:
    graph = GivenGraph(shared_devices="elect")
    graph.link("zoe d", "ann d", "bea d", "ann d2", kinds="user device")
    graph.decide("d zoe")
    graph.store(warehouse)
    found = why(warehouse, "bea", "d2")
    (out,) = found.out
    assert (out.id_a, out.id_b, out.status) == ("bea", "d", "shared")
    assert out.reason == "'d' is a shared device, first linked with 'ann', and belongs to that user alone."


def test_a_cluster_that_would_have_grown_too_large_is_told_with_the_limit(warehouse: OpenWarehouse) -> None:
    stored(warehouse, "a b", "b c", "x y", "c x", max_cluster_size=4)
    (out,) = why(warehouse, "y", "a").out
    assert (out.id_a, out.id_b, out.status) == ("c", "x", "too_large")
    assert out.reason == (
        "The cluster would have grown beyond 4 ids, the max_cluster_size: its ends are in clusters of 3 and 2."
    )


def test_links_between_the_two_ids_themselves_come_first(warehouse: OpenWarehouse) -> None:
    graph = GivenGraph()
    graph.link("a b", "x y", "a x", "b y")
    graph.decide("a x")
    graph.decide("b y")
    graph.store(warehouse)
    assert [(out.id_a, out.id_b) for out in why(warehouse, "y", "b").out] == [("b", "y"), ("a", "x")]


def test_a_cluster_in_between_is_told_by_the_links_to_it(warehouse: OpenWarehouse) -> None:
    graph = GivenGraph()
    graph.link("a b", "m n", "x y", "b m", "n x")
    graph.decide("b m")
    graph.decide("n x")
    graph.store(warehouse)
    found = why(warehouse, "a", "y")
    assert [(out.id_a, out.id_b) for out in found.out] == [("b", "m"), ("n", "x")]
    assert found.message.endswith("in between is out.")


def test_ids_that_nothing_ties_are_told_with_what_is_out_beside_them(warehouse: OpenWarehouse) -> None:
    graph = GivenGraph()
    graph.link("a b", "x y", "y z", "p q")
    graph.decide("y z")
    graph.store(warehouse)
    assert (
        why(warehouse, "a", "p").message
        == "'a' and 'p' are not in one cluster, and no link leads from one to the other."
    )
    found = why(warehouse, "a", "y")
    assert [(out.id_a, out.id_b) for out in found.out] == [("y", "z")]
    assert "Links of the two that are out" in found.message


def test_one_id_twice_is_refused(warehouse: OpenWarehouse) -> None:
    stored(warehouse, "a b")
    with pytest.raises(RequestError, match="two different ids"):
        why(warehouse, "a", "a")


def test_a_cluster_that_fell_apart_meanwhile_is_asked_for_again() -> None:
    with pytest.raises(UnavailableError, match="Ask again"):
        shortest_chain([{"link_no": 1, "id_a": "a", "id_b": "c"}], "a", "b")


def distances(links: Iterable[Mapping[str, Any]], start: str) -> dict[str, int]:
    """How many links lead from an id to each id that can be reached, ring by ring."""
    partners = defaultdict(set)
    for link in links:
        partners[link["id_a"]].add(link["id_b"])
        partners[link["id_b"]].add(link["id_a"])
    found, ring = {start: 0}, {start}
    while ring:
        ring = {partner for one in ring for partner in partners[one]} - found.keys()
        found |= dict.fromkeys(ring, max(found.values()) + 1)
    return found


def random_graph(seed: int) -> GivenGraph:
    """Users, devices and others, some of them hubs or shared or in large clusters, and splits."""
    chance = random.Random(seed)
    graph = GivenGraph(
        max_partners={"device": chance.choice([None, 4]), "user": chance.choice([None, 6])},
        max_cluster_size=chance.choice([None, 5, 12]),
        shared_devices=chance.choice(["elect", "join"]),
    )
    seen = set()
    for _ in range(chance.choice([10, 40, 60])):
        a, b = f"u{chance.randrange(14)}", f"{chance.choice('du')}{chance.randrange(14)}"
        if a != b and frozenset((a, b)) not in seen:
            seen.add(frozenset((a, b)))
            graph.link(f"{a} {b}", kinds=f"user {'device' if b.startswith('d') else 'user'}")
    for link in graph.links:
        if chance.random() < 0.1:
            graph.decide(f"{link['id_a']} {link['id_b']}")
    return graph


@pytest.mark.parametrize("seed", range(8))
def test_of_any_graph_the_chains_are_shortest_and_the_rest_has_a_reason(warehouse: OpenWarehouse, seed: int) -> None:
    graph = random_graph(seed)
    graph.store(warehouse)
    linked = [link for link in graph.links if graph.truth.statuses[link["link_no"]] == "linked"]
    ids = sorted(graph.truth.ages)
    chance = random.Random(seed)
    for _ in range(12):
        a, b = chance.sample(ids, 2)
        found, far = why(warehouse, a, b), distances(linked, a)
        assert len(found.chain) == far.get(b, 0)
        _assert_leads(found, a, b)
        assert all(graph.truth.statuses[step.link_no] == "linked" for step in found.chain)
        assert all(graph.truth.statuses[out.link_no] == out.status != "linked" for out in found.out)
        assert all(out.reason for out in found.out)
        sides = [graph.truth.cluster_of.get(one) for one in (a, b)]
        assert sides == [found.cluster_a, found.cluster_b]
        if b not in far:
            _assert_nearest(graph, found)


def _assert_leads(found: Explanation, a: str, b: str) -> None:
    if found.chain:
        assert (found.chain[0].id_a, found.chain[-1].id_b) == (a, b)
        assert [step.id_b for step in found.chain[:-1]] == [step.id_a for step in found.chain[1:]]


def _assert_nearest(graph: GivenGraph, found: Explanation) -> None:
    """Where links that are out would join the clusters, those are told."""
    side = {one: graph.truth.cluster_of.get(one, one) for one in graph.truth.ages}
    ends = {side[found.a], side[found.b]}
    joining = [link["link_no"] for link in graph.links if {side[link["id_a"]], side[link["id_b"]]} == ends]
    if joining:
        assert {out.link_no for out in found.out} <= set(joining)
        assert len(found.out) == min(10, len(joining))


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=25))
@settings(max_examples=200)
def test_of_any_links_the_chain_is_as_long_as_the_distance(pairs: list[tuple[int, int]]) -> None:
    links = [
        {"link_no": number, "id_a": str(a), "id_b": str(b), "source": "pairs", "first_seen": START}
        for number, (a, b) in enumerate(pairs)
        if a != b
    ]
    far = distances(links, "0")
    for one, distance in far.items():
        assert len(shortest_chain(links, "0", one)) == distance


# conflicts


def test_open_conflicts_are_listed_newest_first_and_by_kind(warehouse: OpenWarehouse) -> None:
    def conflict(kind: str, one: str, hours: int, until: datetime | None = None) -> dict[str, Any]:
        since = START + timedelta(hours=hours)
        return {"kind": kind, "id": one, "ids": ["x", "y"], "links": 3, "since": since, "until": until, "message": "m"}

    rows = [
        conflict("hub", "h1", 1),
        conflict("hub", "h2", 3),
        conflict("shared_device", "d", 2),
        conflict("hub", "gone", 4, START + timedelta(hours=5)),
    ]
    give(warehouse, "identity_conflicts", rows)
    found = conflicts(warehouse)
    assert [each.id for each in found.conflicts] == ["h2", "d", "h1"]
    assert (found.count, list(found.conflicts[0].ids), found.conflicts[0].links) == (3, ["x", "y"], 3)
    hubs = conflicts(warehouse, kind=ConflictKind.HUB, most=1)
    assert ([each.id for each in hubs.conflicts], hubs.count) == (["h2"], 2)
    none = conflicts(warehouse, kind=ConflictKind.LARGE_CLUSTER)
    assert (none.conflicts, none.count) == ([], 0)


# diff


def run_row(number: int, status: str = "ok", part: int = 0, **figures: Any) -> dict[str, Any]:
    started = START + timedelta(hours=number)
    return {
        "run_id": f"run{number}", "part": part, "job": JOB, "status": status, "started_at": started, "figures": figures
    }  # fmt: skip


def counts(inserted: int, updated: int, deleted: int) -> Mapping[str, int]:
    return {"inserted": inserted, "updated": updated, "deleted": deleted}


@pytest.fixture
def ran(warehouse: OpenWarehouse) -> OpenWarehouse:
    """Four runs, the third of which was killed behind two parts."""
    part: dict[str, Any] = {"links": 5, "inserted": 2, "deleted": 1, "graph_inserted": 1, "graph_updated": 3}
    rows = [
        run_row(1, changed=counts(5, 0, 0), graph=counts(4, 0, 0)),
        run_row(1, part=1, **part),
        run_row(2, changed=counts(2, 0, 1), graph=counts(1, 3, 2)),
        run_row(3, "running"),
        run_row(3, part=1, **part),
        run_row(3, part=2, **part),
        run_row(4, changed=counts(0, 0, 0), graph=counts(0, 0, 0)),
        {**run_row(2, changed=counts(9, 9, 9)), "job": "collector", "run_id": "other"},
    ]
    give(warehouse, "job_runs", rows)
    return warehouse


def billed(found: Bill) -> dict[str, tuple[int, int]]:
    return {run.run_id: (run.changed.billed, run.graph.billed) for run in found.runs}


@pytest.mark.both_engines
def test_the_newest_runs_are_told_with_their_changed_rows_and_the_bill(ran: OpenWarehouse) -> None:
    found = diff(ran, JOB, now=PUBLISHED)
    assert billed(found) == {"run4": (0, 0), "run3": (6, 14), "run2": (3, 9), "run1": (5, 4)}
    assert (found.changed.inserted, found.changed.updated, found.changed.deleted) == (11, 0, 3)
    assert (found.graph.inserted, found.graph.updated, found.graph.deleted, found.graph.billed) == (7, 9, 2, 27)
    assert [run.run_id for run in diff(ran, JOB, now=PUBLISHED, last=2).runs] == ["run4", "run3"]


def test_between_two_runs_are_those_after_the_first_one(ran: OpenWarehouse) -> None:
    found = diff(ran, JOB, ("run1", "run3"), now=PUBLISHED)
    assert billed(found) == {"run3": (6, 14), "run2": (3, 9)}
    assert found.changed.billed == 9


@pytest.mark.parametrize("between", [("run3", "run1"), ("run1", "run1")])
def test_a_run_that_is_not_the_later_one_is_refused(ran: OpenWarehouse, between: tuple[str, str]) -> None:
    with pytest.raises(RequestError, match="the earlier one first"):
        diff(ran, JOB, between, now=PUBLISHED)


def test_a_run_of_another_job_is_not_found(ran: OpenWarehouse) -> None:
    with pytest.raises(NotFoundError, match="'other' is no run of identity-transition"):
        diff(ran, JOB, ("other", "run1"), now=PUBLISHED)
