"""`mp identity` runs the identity transition and shows the graph."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.shell import Mp
from support.engines import DuckDB
from support.source_tables import add_rows, make_table

COLUMNS = {"a": "STRING", "b": "STRING", "seen_at": "TIMESTAMP"}
SOURCE = {"name": "pairs", "table": "pairs", "time": "seen_at", "ids": [
    {"kind": "user", "column": "a"}, {"kind": "other", "column": "b"},
]}  # fmt: skip
CONFIG = {
    "identity": "original",
    "sources": [SOURCE],
    "max_partners": {"other": 2},
    "max_cluster_size": None,
    "shared_devices": "join",
}


def see(*pairs: str) -> None:
    """Pairs that the source saw, such as "foo bar", a minute apart."""
    rows = [
        {"a": pair.split()[0], "b": pair.split()[1], "seen_at": datetime(2024, 3, 1, 10, minute, tzinfo=UTC)}
        for minute, pair in enumerate(pairs)
    ]
    add_rows(_engine(), "pairs", COLUMNS, rows)


def _engine() -> DuckDB:
    engine = DuckDB(Path())
    engine.path = Path("events.duckdb")
    return engine


@pytest.fixture(autouse=True)
def _configured(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source with three ids of one person, two of another, and nothing in the graph."""
    monkeypatch.setenv("IDENTITY_CONFIG", json.dumps(CONFIG))
    mp("runs")
    warehouse = _engine().open()
    warehouse.tables()
    warehouse.close()
    make_table(_engine(), "pairs", COLUMNS)
    see("foo bar", "foo baz", "x y")


@pytest.fixture
def linked(mp: Mp) -> None:
    """The source is read."""
    done = mp("identity", "refresh")
    assert done.code == 0, done.err


def test_the_graph_is_brought_up_to_date_and_the_answer_is_on_stdout(mp: Mp) -> None:
    done = mp("identity", "refresh")
    assert done.code == 0, done.err
    assert (done.data["status"], done.data["job"]) == ("ok", "identity-transition")
    assert [done.data[name] for name in ("clusters", "ids", "pairs", "links")] == [2, 5, 3, 3]
    assert done.data["changed"] == {"inserted": 3, "updated": 0, "deleted": 0}
    for again in (mp("identity", "refresh"), mp("identity", "build")):
        assert (again.code, again.data["changed"]) == (0, {"inserted": 0, "updated": 0, "deleted": 0})


def test_a_window_is_read_again(mp: Mp) -> None:
    done = mp("identity", "refresh", "--from", "2024-03-01T10:01:00", "--to", "2024-03-01T10:02:00")
    assert (done.code, done.data["ids"]) == (0, 2)


@pytest.mark.usefixtures("linked")
def test_a_split_is_taken_back_by_a_link(mp: Mp) -> None:
    split = mp("identity", "split", "foo", "baz")
    assert split.code == 0, split.err
    assert (split.data["pairs"], split.data["withdrawn"]) == (1 + 1, 1)
    told = mp("identity", "why", "baz", "bar").data
    assert [(out["status"], out["id_a"], out["id_b"]) for out in told["out"]] == [("split", "foo", "baz")]
    assert mp("identity", "link", "baz", "foo").data["pairs"] == 3


@pytest.mark.usefixtures("linked")
def test_a_cluster_is_shown(mp: Mp) -> None:
    shown = mp("identity", "show", "baz")
    assert shown.code == 0, shown.err
    assert (shown.data["id"], shown.data["cluster_id"], shown.data["at"]) == ("baz", "foo", None)
    assert [each["id"] for each in shown.data["ids"]] == ["foo", "bar", "baz"]
    assert shown.data["counts"] == {"ids": 3, "links": 2, "pairs": 2}
    assert [each["ids"] for each in shown.data["pairs"]] == [["foo", "bar"], ["foo", "baz"]]
    earlier = mp("identity", "show", "baz", "--at", "2024-03-01")
    assert (earlier.code, earlier.data["cluster_id"], earlier.data["ids"], earlier.data["links"]) == (0, None, [], None)
    later = mp("identity", "show", "baz", "--at", "9000-01-01")
    assert (later.data["cluster_id"], later.data["at"]) == ("foo", "9000-01-01T00:00:00Z")


@pytest.mark.usefixtures("linked")
def test_a_table_has_ids_links_and_pairs(mp: Mp) -> None:
    done = mp("identity", "show", "baz", "--format", "table", "--limit", "1")
    assert done.code == 0, done.err
    for words in ("since", "kind_a", "inserted_at", "foo", "linked"):
        assert words in done.out
    assert "'baz' is in the cluster 'foo'." in done.err
    for words in ("first 1 of 3 ids", "first 1 of 2 links", "first 1 of 2 pairs"):
        assert words in done.err
    assert "in no cluster then" in mp("identity", "show", "baz", "--format", "table", "--at", "2024-03-01").err


@pytest.mark.usefixtures("linked")
def test_lines_and_csv_have_the_ids(mp: Mp) -> None:
    lines = [json.loads(line) for line in mp("identity", "show", "baz", "--format", "jsonl").out.splitlines()]
    assert [(line["cluster_id"], line["id"]) for line in lines] == [("foo", "foo"), ("foo", "bar"), ("foo", "baz")]
    rows = list(csv.DictReader(io.StringIO(mp("identity", "show", "baz", "--format", "csv").out)))
    assert [row["id"] for row in rows] == ["foo", "bar", "baz"]


@pytest.mark.usefixtures("linked")
def test_the_chain_between_two_ids_is_shown(mp: Mp) -> None:
    told = mp("identity", "why", "bar", "baz")
    assert (told.code, told.data["out"]) == (0, [])
    assert [(step["id_a"], step["id_b"], step["source"]) for step in told.data["chain"]] == [
        ("bar", "foo", "pairs"),
        ("foo", "baz", "pairs"),
    ]
    table = mp("identity", "why", "bar", "baz", "--format", "table")
    assert "2024-03-01 10:01" in table.out
    assert "2 links apart" in table.err
    apart = mp("identity", "why", "bar", "y", "--format", "table")
    assert (apart.code, apart.out) == (0, "")
    assert "no link leads from one to the other" in apart.err


def test_a_link_that_is_out_is_shown_with_its_reason(mp: Mp) -> None:
    see("p hub", "q hub", "r hub")
    mp("identity", "refresh")
    table = mp("identity", "why", "p", "hub", "--format", "table")
    assert table.code == 0, table.err
    assert "quarantined" in table.out
    assert "'hub' is a hub with 3 partners, more than the 2 that max_partners allows the kind 'other'" in table.out


def test_conflicts_are_listed(mp: Mp) -> None:
    see("p hub", "q hub", "r hub")
    mp("identity", "refresh")
    found = mp("identity", "conflicts")
    assert found.code == 0, found.err
    assert (found.data["count"], [each["id"] for each in found.data["conflicts"]]) == (1, ["hub"])
    assert "hub" in mp("identity", "conflicts", "--kind", "hub", "--format", "table").out
    none = mp("identity", "conflicts", "--kind", "large_cluster", "--format", "table")
    assert (none.code, none.out) == (0, "")
    assert "no such conflicts" in none.err
    assert mp("identity", "conflicts", "--kind", "other").code == 3


@pytest.mark.usefixtures("linked")
def test_the_changes_of_runs_are_shown_with_what_mirror_mode_bills(mp: Mp) -> None:
    (first,) = mp("identity", "diff").data["runs"]
    see("bar x")
    mp("identity", "refresh")
    found = mp("identity", "diff")
    assert found.code == 0, found.err
    newest, oldest = found.data["runs"]
    assert oldest == first
    assert first["changed"] == {"inserted": 3, "updated": 0, "deleted": 0, "billed": 3}
    assert newest["changed"] == {"inserted": 1, "updated": 0, "deleted": 0, "billed": 1}
    assert newest["graph"] == {"inserted": 0, "updated": 1, "deleted": 1, "billed": 3}
    assert (found.data["changed"]["billed"], found.data["graph"]["billed"]) == (4, 5)
    between = mp("identity", "diff", first["run_id"], newest["run_id"])
    assert [run["run_id"] for run in between.data["runs"]] == [newest["run_id"]]
    table = mp("identity", "diff", "--format", "table", "--last", "1")
    assert "graph.billed" in table.out
    assert "identity_permutations: 1 inserted, 0 updated, 0 deleted; mirror mode bills 1 row." in table.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "nobody"], 4),
        (["show", "foo", "--at", "x"], 3),
        (["why", "foo", "nobody"], 4),
        (["why", "foo", "foo"], 3),
        (["diff", "one"], 3),
        (["diff", "one", "two"], 4),
        (["refresh", "--from", "2024-03-01"], 3),
        (["split", "foo", "foo"], 3),
        (["split", "foo", "y"], 3),
        (["transition", "today"], 3),
        (["delete"], 3),
        (["push"], 3),
    ],
    ids=str,
)
@pytest.mark.usefixtures("linked")
def test_what_cannot_be_done_is_told(mp: Mp, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int) -> None:
    if arguments == ["push"]:
        monkeypatch.setenv("IDENTITY_CONFIG", json.dumps({**CONFIG, "identity": "simplified"}))
    done = mp("identity", *arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("error: ")


@pytest.mark.parametrize("name", ["refresh", "build", "split", "link", "push", "transition", "delete"])
def test_help_has_an_example(mp: Mp, name: str) -> None:
    done = mp("identity", name, "--help")
    assert done.code == 0
    assert f"mp identity {name}" in done.out.split("Example:")[1]
