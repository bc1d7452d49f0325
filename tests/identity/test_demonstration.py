"""The states of the demonstration: a cluster that grows from day to day, set in any order and taken out again."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mixpanel_data.warehouse.base import Row
from support.consoles import dataset_in_console, in_console
from support.engines import DuckDB, Engine
from support.fatal_steps import Killed, Steps
from support.identity_world import PAIRS, Document, IdentityWorld, configured
from support.imports import ROOT
from support.mirror_double import Sent
from support.mortal_warehouse import MortalWarehouse
from support.open_sockets import leaves_sockets_open
from support.refusals import refused
from support.source_tables import make_table

pytestmark = pytest.mark.sequences

SHIPPED: Document = json.loads((ROOT / "config" / "identity_demo.json").read_text(encoding="utf-8"))
"""The configuration of the demonstration, with somebody's own source beside its tables."""
BESIDE = {**configured(PAIRS), **SHIPPED, "sources": [*SHIPPED["sources"], PAIRS]}
SAMPLES = ("website_data", "erp_data", "server_logs")
PAIRS_OF = {"yesterday": ["foo"], "today": ["foo bar"], "tomorrow": ["foo bar", "bar baz"]}
NOTHING = {"inserted": 0, "updated": 0, "deleted": 0}

both_engines = pytest.mark.both_engines


def with_states(**states: list[list[str]]) -> Document:
    """The configuration with other states."""
    return {**BESIDE, "states": states}


@pytest.fixture
def demo(engine: Engine) -> IdentityWorld:
    """A dataset with clusters of somebody else's, before the first build of the demonstration."""
    world = IdentityWorld(engine, BESIDE)
    world.pair("a b", "b c", "alone")
    return world


def samples(world: IdentityWorld) -> dict[str, list[str]]:
    """The rows of each sample table that exists, as sorted text."""
    dataset = dataset_in_console(world.engine)
    with world.opened() as warehouse:
        existing = [name for name in SAMPLES if name in warehouse.tables()]
    return {name: sorted(map(str, in_console(world.engine, f"SELECT * FROM {dataset}.{name}"))) for name in existing}


def own_pairs(world: IdentityWorld) -> list[str]:
    """The rows of identity_permutations of the demonstration's ids."""
    return [pair for pair in world.tables().pairs if not {"a", "b", "c", "alone"} & set(pair.split())]


def others(world: IdentityWorld) -> dict[str, list[Row]]:
    """The rows of the clusters that are not the demonstration's."""
    tables = world.tables()
    return {
        name: [row for row in rows if row["cluster_id"] in ("a", "alone")]
        for name, rows in (("pairs", tables.permutations), ("graph", tables.graph), ("members", tables.members))
    }


# States


@both_engines
def test_a_cluster_grows_from_yesterday_to_tomorrow(demo: IdentityWorld) -> None:
    assert demo.follow("build").links == 4
    assert own_pairs(demo) == PAIRS_OF["yesterday"]
    demo.visited()
    today = demo.follow("transition", state="today")
    assert own_pairs(demo) == PAIRS_OF["today"]
    assert (dict(today.changed), today.withdrawn) == ({"inserted": 1, "updated": 0, "deleted": 1}, 0)
    assert demo.visited() == Sent(inserted=1, deleted=1)
    tomorrow = demo.follow("transition", state="tomorrow")
    assert own_pairs(demo) == PAIRS_OF["tomorrow"]
    assert dict(tomorrow.changed) == {"inserted": 1, "updated": 0, "deleted": 0}
    assert demo.visited() == Sent(inserted=1, deleted=0)
    assert demo.tables().clusters == ["a b c", "alone", "foo bar baz"]


@pytest.mark.sequences
def test_to_and_fro_leads_to_the_same_rows_whatever_the_way(demo: IdentityWorld) -> None:
    demo.follow("build")
    before = others(demo)
    seen: dict[str, object] = {}
    for state in ("tomorrow", "yesterday", "today", "tomorrow", "today", "yesterday", "tomorrow", "yesterday"):
        demo.follow("transition", state=state)
        tables = demo.tables()
        rows = [(row["cluster_id"], row["ids"], row["link_no"], row["linked_at"]) for row in tables.permutations]
        found = (sorted(map(str, rows)), tables.clusters)
        assert own_pairs(demo) == PAIRS_OF[state]
        assert seen.setdefault(state, found) == found
    assert others(demo) == before
    links = sorted(demo.tables().links, key=lambda link: link["link_no"])
    assert [link["id_b"] for link in links if link["source"] == "demonstration"] == ["foo", "bar", "baz"]


def test_a_state_that_is_set_already_is_not_set_again(demo: IdentityWorld) -> None:
    demo.follow("build")
    for state in PAIRS_OF:
        demo.follow("transition", state=state)
        before = demo.contents(), demo.rows_of("identity_decisions")
        result = demo.follow("transition", state=state)
        assert (demo.contents(), demo.rows_of("identity_decisions")) == before
        assert dict(result.changed) == dict(result.graph) == NOTHING


def test_a_build_sets_the_first_state_and_a_refresh_leaves_the_present_one(demo: IdentityWorld) -> None:
    demo.follow("build")
    demo.follow("transition", state="tomorrow")
    demo.pair("c d")
    demo.follow()
    assert own_pairs(demo) == PAIRS_OF["tomorrow"]
    demo.follow("build")
    assert own_pairs(demo) == PAIRS_OF["yesterday"]
    assert demo.tables().clusters == ["a b c d", "alone", "foo"]


@pytest.mark.sequences
def test_the_ids_of_states_can_be_grouped_in_any_way(engine: Engine) -> None:
    states: dict[str, list[list[str]]] = {
        "chains": [["z", "y", "x"], ["w", "v"]],
        "crossed": [["z", "v"], ["x", "w"], ["y"]],
        "reversed": [["v", "w", "x", "y", "z"]],
        "singles": [["x"], ["z"]],
        "none": [],
    }
    world = IdentityWorld(engine, with_states(**states))
    world.follow("build")
    assert world.tables().clusters == ["w v", "z y x"]
    for state in ("crossed", "singles", "reversed", "none", "chains", "reversed", "crossed", "none", "singles"):
        world.follow("transition", state=state)
        found = sorted(sorted(ids.split()) for ids in world.tables().clusters)
        assert found == sorted(sorted(ids) for ids in states[state]), state


def test_a_split_by_hand_is_taken_back_by_a_state_that_has_the_link(demo: IdentityWorld) -> None:
    demo.follow("build")
    demo.follow("transition", state="today")
    demo.follow("split", a="foo", b="bar")
    assert own_pairs(demo) == ["foo"]
    demo.follow("transition", state="today")
    assert own_pairs(demo) == PAIRS_OF["today"]


def test_what_another_source_links_stays_linked(demo: IdentityWorld) -> None:
    demo.pair("bar foo", "baz c")
    demo.follow("build")
    demo.follow("transition", state="tomorrow")
    assert demo.tables().clusters == ["a b c bar foo baz", "alone"]
    demo.follow("transition", state="yesterday")
    assert demo.tables().clusters == ["a b c baz", "alone", "bar foo"]
    demo.follow("delete")
    assert demo.tables().clusters == ["a b c baz", "alone", "bar foo"]


def test_what_another_source_links_later_is_linked_once_the_demonstration_is_taken_out(demo: IdentityWorld) -> None:
    demo.follow("build")
    demo.follow("transition", state="today")
    demo.follow("transition", state="yesterday")
    demo.pair("foo bar")
    demo.follow()
    assert own_pairs(demo) == ["foo"]
    demo.follow("delete")
    assert own_pairs(demo) == ["foo bar"]


# Sample events


def test_a_build_fills_three_tables_once(demo: IdentityWorld) -> None:
    demo.follow("build")
    before = samples(demo)
    assert {name: len(rows) for name, rows in before.items()} == dict.fromkeys(SAMPLES, 3)
    demo.follow("build")
    assert samples(demo) == before
    dataset = dataset_in_console(demo.engine)
    found = in_console(demo.engine, f"SELECT user_id, anon_id FROM {dataset}.website_data ORDER BY event_time")
    assert found == [("foo", None), (None, "bar"), ("baz", None)]
    for name in SAMPLES:
        assert all(time for (time,) in in_console(demo.engine, f"SELECT event_time FROM {dataset}.{name}"))


def test_a_table_with_other_columns_is_left_as_it_is(demo: IdentityWorld) -> None:
    make_table(demo.engine, "erp_data", {"event_time": "TIMESTAMP", "master_user_id": "STRING"})
    with refused("erp_data", "event_id", "event_name"):
        demo.run("build")
    demo.follow("delete")
    assert samples(demo)["erp_data"] == []


def test_delete_takes_out_what_the_demonstration_put_in_and_nothing_else(demo: IdentityWorld) -> None:
    # Before the first build, the tables of the configuration's other sources are missing.
    demo.document = configured(PAIRS)
    demo.follow()
    demo.document = BESIDE
    before = demo.contents()
    columns = {"event_id": "STRING", "event_time": "TIMESTAMP", "event_name": "STRING", "master_user_id": "STRING"}
    make_table(demo.engine, "server_logs", columns)
    dataset = dataset_in_console(demo.engine)
    in_console(demo.engine, f"INSERT INTO {dataset}.server_logs (event_id, master_user_id) VALUES ('own', 'foo')")
    own = samples(demo)
    demo.follow("build")
    demo.follow("transition", state="tomorrow")
    result = demo.follow("delete")
    assert dict(result.changed) == {"inserted": 0, "updated": 0, "deleted": 2}
    assert samples(demo) == {"website_data": [], "erp_data": [], **own}
    after = demo.contents()
    assert [after[name] for name in ("current_identity_graph", "identity_permutations")] == [
        before[name] for name in ("current_identity_graph", "identity_permutations")
    ]
    assert {link["status"] for link in demo.tables().links if link["source"] == "demonstration"} == {"split"}
    demo.follow("delete")
    assert demo.contents() == after
    demo.follow("build")
    assert own_pairs(demo) == ["foo"]


# Refusals


@pytest.fixture
def without_tables(engine: Engine) -> IdentityWorld:
    """A configuration of the demonstration without its tables."""
    return IdentityWorld(engine, configured(PAIRS, states=SHIPPED["states"]))


def test_a_delete_before_the_first_build_changes_nothing(without_tables: IdentityWorld) -> None:
    without_tables.follow("delete")
    assert samples(without_tables) == {}


def test_a_state_that_is_not_configured_is_refused_with_those_that_are(without_tables: IdentityWorld) -> None:
    with refused("state", "'monday'", "'yesterday', 'today', 'tomorrow'"):
        without_tables.run("transition", state="monday")
    with refused("state", "transition"):
        without_tables.run("transition")


@pytest.mark.parametrize(("action", "parameters"), [("transition", {"state": "today"}), ("delete", {})])
def test_without_states_there_is_nothing_to_set_or_to_delete(
    world: IdentityWorld, action: str, parameters: Mapping[str, Any]
) -> None:
    with refused(f"action is {action}", "states", "config/identity_demo.json"):
        world.run(action, **parameters)
    world.follow("build")
    assert samples(world) == {}


# Runs that die


def is_tried(point: str) -> bool:
    """What reads changes nothing, and that a transaction is whole or nothing at all is the engines' contract."""
    return point.endswith("after the commit") or " create " in point


@leaves_sockets_open
@pytest.mark.sequences
@pytest.mark.parametrize(
    ("before", "action", "parameters"),
    [
        ([], "build", {}),
        (["tomorrow"], "build", {}),
        (["yesterday"], "transition", {"state": "tomorrow"}),
        (["today", "tomorrow"], "transition", {"state": "yesterday"}),
        (["tomorrow"], "delete", {}),
    ],
)
def test_a_run_killed_at_any_point_is_completed_by_the_next(
    demo: IdentityWorld, before: list[str], action: str, parameters: Mapping[str, Any]
) -> None:
    assert isinstance(demo.engine, DuckDB)
    if before:
        demo.follow("build")
    for state in before:
        demo.follow("transition", state=state)
    demo.pass_time(minutes=1)
    path = demo.engine.path
    kept = Path(shutil.copy(path, path.with_suffix(".before")))
    steps = Steps()
    assert not played(demo, steps, action, parameters)
    undisturbed = demo.contents(), samples(demo)
    tried = [(number, point) for number, point in enumerate(steps.passed, 1) if is_tried(point)]
    assert len(tried) > 2, steps.passed
    for fatal, point in tried:
        shutil.copy(kept, path)
        assert played(demo, Steps(fatal), action, parameters), point
        demo.assert_consistent()
        assert not played(demo, Steps(), action, parameters)
        assert (demo.contents(), samples(demo)) == undisturbed, point


def played(world: IdentityWorld, steps: Steps, action: str, parameters: Mapping[str, Any]) -> bool:
    """Whether the run dies on the way."""
    with world.opened() as warehouse:
        try:
            world.run(action, warehouse=MortalWarehouse(warehouse, steps), **parameters)
        except Killed:
            return True
    return False
