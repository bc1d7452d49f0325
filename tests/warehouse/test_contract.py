"""Both engines fulfil the contract in warehouse/base.py."""

import contextlib
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    DeadlineError,
    MixpanelDataError,
    QueryError,
    TableNotFoundError,
)
from mixpanel_data.warehouse.base import OpenWarehouse, Staging
from mixpanel_data.warehouse.duckdb import DuckDBWarehouse
from mixpanel_data.warehouse.statements import Statement
from support.collected_tables import TABLE_NAMES
from support.engines import (
    DATASET,
    EVENTS_TABLE,
    DuckDB,
    Engine,
    bigquery_at,
)
from support.stored_rows import all_rows_of
from warehouse.locks import (
    FAIL,
    GUARD,
    INSERT,
    KEEP,
    KEPT,
    LOCKS,
    PUBLISH,
    Lines,
    a_run,
    locks,
    publish,
    staged,
    transact,
)

both_engines = pytest.mark.both_engines


# Rows


@both_engines
def test_a_parameter_of_every_type_comes_back_as_it_went(warehouse: OpenWarehouse) -> None:
    given: dict[str, tuple[str, Any]] = {
        "text": ("STRING", "größe ' \" \\ \n \u2028 🎉 @text"),
        "nothing": ("STRING", ""),
        "number": ("INT64", -(2**63)),
        "ratio": ("FLOAT64", 0.1),
        "is_so": ("BOOL", False),
        "moment": ("TIMESTAMP", datetime(2040, 3, 15, 12, 0, 0, 1, tzinfo=UTC)),
        "day": ("DATE", date(1969, 12, 31)),
        "names": ("ARRAY<STRING>", ["b", "", "a'b", "b"]),
        "no_names": ("ARRAY<STRING>", []),
        "days": ("ARRAY<DATE>", [date(2040, 3, 15), date(1969, 12, 31)]),
        "no_days": ("ARRAY<DATE>", []),
        "numbers": ("ARRAY<INT64>", [1, -1]),
    }
    chosen = ", ".join(f"@{name} AS {name}" for name in given)
    statement = Statement("all types", f"SELECT {chosen}", {name: kind for name, (kind, _) in given.items()})
    (row,) = warehouse.rows(statement, **{name: value for name, (_, value) in given.items()})
    assert dict(row) == {name: value for name, (_, value) in given.items()}


@both_engines
def test_nothing_is_in_an_empty_array(warehouse: OpenWarehouse) -> None:
    statement = Statement(
        "one of none", "SELECT job FROM job_locks WHERE job IN UNNEST(@names)", {"names": "ARRAY<STRING>"}
    )
    transact(warehouse, INSERT, job="a", n=1)
    assert warehouse.rows(statement, names=[]) == []
    assert warehouse.rows(statement, names=["a", "b"]) == [{"job": "a"}]


@both_engines
def test_times_are_aware_and_in_utc_whatever_zone_they_were_given_in(warehouse: OpenWarehouse) -> None:
    statement = Statement("a time", "SELECT @at AS at", {"at": "TIMESTAMP"})
    (row,) = warehouse.rows(statement, at=datetime(2040, 3, 15, 2, tzinfo=timezone(timedelta(hours=5.5))))
    assert row["at"] == datetime(2040, 3, 14, 20, 30, tzinfo=UTC)
    assert row["at"].utcoffset() == timedelta(0)


@both_engines
@pytest.mark.parametrize(
    "text", ['{"a":[1,{"b":null}],"c":"é"}', "[]", '"text"', "1.5", "true", "9007199254740993"], ids=str
)
def test_json_comes_decoded(warehouse: OpenWarehouse, text: str) -> None:
    statement = Statement("some JSON", "SELECT PARSE_JSON(@text) AS value", {"text": "STRING"})
    (row,) = warehouse.rows(statement, text=text)
    expected = {'"text"': "text", "1.5": 1.5, "true": True, "[]": [], "9007199254740993": 9007199254740993}
    assert row["value"] == expected.get(text, {"a": [1, {"b": None}], "c": "é"})


@both_engines
def test_null_becomes_none(warehouse: OpenWarehouse) -> None:
    sql = (
        "SELECT CAST(NULL AS STRING) AS text, CAST(NULL AS TIMESTAMP) AS at, PARSE_JSON(CAST(NULL AS STRING)) AS value"
    )
    assert warehouse.rows(Statement("nulls", sql)) == [{"text": None, "at": None, "value": None}]


@both_engines
def test_every_declared_table_exists_and_is_empty(warehouse: OpenWarehouse) -> None:
    assert {name: warehouse.rows(all_rows_of(name)) for name in TABLE_NAMES} == {name: [] for name in TABLE_NAMES}


@both_engines
def test_an_error_names_the_statement_that_is_wrong(warehouse: OpenWarehouse) -> None:
    with pytest.raises(MixpanelDataError, match="the wrong one"):
        warehouse.rows(Statement("the wrong one", "SELECT no_such_column FROM job_locks"))
    assert locks(warehouse) == []


# Transactions


@both_engines
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_statement_that_fails_undoes_the_whole_transaction(warehouse: OpenWarehouse, position: int) -> None:
    transact(warehouse, INSERT, job="before", n=0)
    statements = [INSERT, INSERT]
    statements.insert(position, FAIL)
    with pytest.raises(QueryError):
        transact(warehouse, *statements, job="lost", n=1)
    assert locks(warehouse) == [("before", 0)]
    transact(warehouse, INSERT, job="behind", n=2)
    assert locks(warehouse) == [("before", 0), ("behind", 2)]


@both_engines
def test_a_relation_made_within_a_transaction_is_seen_behind_it_and_gone_afterwards(warehouse: OpenWarehouse) -> None:
    made = Statement("made", "SELECT job, n + 1 AS n FROM job_locks", creates="made")
    used = Statement("used", "INSERT INTO job_locks (job, n) SELECT job, n FROM made")
    transact(warehouse, INSERT, job="a", n=1)
    for _ in range(2):
        transact(warehouse, made, used)
    assert [n for _, n in locks(warehouse)] == [1, 2, 2, 3]
    with pytest.raises((TableNotFoundError, QueryError)):
        transact(warehouse, used)


@both_engines
def test_of_simultaneous_transactions_none_is_lost_and_each_sees_a_number_of_its_own(engine: Engine) -> None:
    seen = Statement(
        "what it sees",
        "INSERT INTO job_locks (job, n) SELECT @who, n FROM job_locks WHERE job = @job",
        {"who": "STRING", "job": "STRING"},
    )
    first = engine.open()
    transact(first, INSERT, job="collector", n=0)
    first.close()

    def several(who: str) -> None:
        opened = engine.open()
        for _ in range(4):
            transact(opened, GUARD, seen, job="collector", who=who, lease="")
        opened.close()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(several, ["one", "other"]))
    last = engine.open()
    found = locks(last)
    last.close()
    assert ("collector", 8) in found
    assert sorted(n for job, n in found if job != "collector") == list(range(1, 9))
    assert Counter(job for job, _ in found) == {"collector": 1, "one": 4, "other": 4}


# Calls


@both_engines
def test_a_warehouse_outlives_a_call_whose_time_ran_out(engine: Engine) -> None:
    with contextlib.closing(engine.open()) as kept:
        transact(kept, INSERT, job="a", n=1)
        assert locks(kept.within(Deadline.after(60.0))) == [("a", 1)]
        if engine.name == "bigquery":
            with pytest.raises(DeadlineError):
                kept.within(Deadline.after(0.0)).rows(LOCKS)
        transact(kept.within(Deadline.after(60.0)), INSERT, job="b", n=2)
        assert locks(kept) == [("a", 1), ("b", 2)]


# Staging


@both_engines
def test_publishing_sees_what_is_staged_and_nobody_else_does(engine: Engine, warehouse: OpenWarehouse) -> None:
    run = a_run()
    staging, beside = warehouse.staging(run, 1), warehouse.staging(run, 2)
    staging.load(Lines(b"a\nb\n"))
    beside.load(Lines(b"c\n"))
    staging.materialise(KEEP)
    stranger = engine.open()
    for look in (warehouse.rows, stranger.rows, beside.rows):
        with pytest.raises(TableNotFoundError):
            look(KEPT)
    publish(staging, PUBLISH)
    assert locks(stranger) == [("a", 1), ("b", 1)]
    staging.close()
    assert staged(beside) == ["c"]
    beside.close()
    stranger.close()


@both_engines
def test_a_publication_that_fails_leaves_what_is_staged(warehouse: OpenWarehouse, staging: Staging) -> None:
    staging.load(Lines(b"a\n"))
    staging.materialise(KEEP)
    with pytest.raises(QueryError):
        publish(staging, PUBLISH, FAIL)
    assert locks(warehouse) == []
    publish(staging, PUBLISH)
    assert locks(warehouse) == [("a", 1)]


@both_engines
def test_rows_join_what_is_staged_with_the_tables(warehouse: OpenWarehouse, staging: Staging) -> None:
    transact(warehouse, INSERT, job="a", n=7)
    staging.load(Lines(b"a\nb\n"))
    staging.materialise(KEEP)
    joined = Statement("joined", "SELECT kept.line, l.n FROM kept LEFT JOIN job_locks AS l ON l.job = kept.line")
    found = sorted((row["line"], row["n"]) for row in staging.rows(joined))
    assert found == [("a", 7), ("b", None)]


@both_engines
def test_a_relation_can_be_made_again(staging: Staging) -> None:
    staging.load(Lines(b"a\n"))
    staging.materialise(KEEP)
    staging.materialise(Statement("others", "SELECT 'other' AS line", creates="kept"))
    assert staging.rows(KEPT) == [{"line": "other"}]


@both_engines
def test_a_statement_that_creates_nothing_cannot_be_kept(staging: Staging) -> None:
    with pytest.raises(ValueError, match="creates nothing"):
        staging.materialise(LOCKS)


@both_engines
def test_closing_drops_what_was_staged(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    opened, run = engine.open(), a_run()
    staging = opened.staging(run, 1)
    staging.load(Lines(b"a\nb\n"))
    staging.materialise(KEEP)
    staging.close()
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    again = opened.staging(run, 1)
    with pytest.raises(TableNotFoundError):
        again.rows(KEPT)
    again.close()
    opened.close()
    assert list(folder.iterdir()) == []


# Loading

LINES = {
    "plain": ["a", "b"],
    "one alone": ["{}"],
    "quotes and backslashes": ['{"a":"\\"x\\" \\\\ \'y\'"}', '"', '""', "'", "\\", '\\"', '"a","b"', "a,b;c|d\te"],
    "unusual characters": [
        "\u2028",
        "a\u2029b",
        "\u0085",
        "\ufeff",
        "größe 🎉",
        "\x0b\x0c",
        "\x7f",
        " a ",
        "NULL",
        "\\N",
    ],
    "1 MB": ["x" * 2**20, "short"],
    "3 MB": ["short", "ü" * (3 * 2**19), "end"],
}


@both_engines
@pytest.mark.parametrize("is_gzip", [True, False], ids=["gzip", "as text"])
@pytest.mark.parametrize("kind", LINES)
def test_every_line_is_staged_character_by_character(staging: Staging, kind: str, is_gzip: bool) -> None:
    staging.load(Lines("".join(f"{line}\n" for line in LINES[kind]).encode(), is_gzip=is_gzip))
    assert staged(staging) == sorted(LINES[kind])


@both_engines
def test_as_many_lines_as_were_sent_are_staged_each_as_often(staging: Staging) -> None:
    lines = [f'{{"n":{n % 30_000}}}' for n in range(50_000)]
    staging.load(Lines("".join(f"{line}\n" for line in lines).encode(), is_gzip=True))
    staging.materialise(KEEP)
    assert Counter(row["line"] for row in staging.rows(KEPT)) == Counter(lines)


@both_engines
@pytest.mark.parametrize("is_gzip", [True, False], ids=["gzip", "as text"])
def test_an_empty_stream_stages_no_line(staging: Staging, is_gzip: bool) -> None:
    staging.load(Lines(b"", is_gzip=is_gzip))
    staging.materialise(KEEP)
    assert staging.rows(KEPT) == []


@both_engines
@pytest.mark.parametrize("is_gzip", [True, False], ids=["gzip", "as text"])
@pytest.mark.parametrize("earlier", [None, b"earlier\n"], ids=["at first", "behind another"])
def test_a_stream_that_raises_stages_nothing_and_can_be_loaded_again(
    staging: Staging, is_gzip: bool, earlier: bytes | None
) -> None:
    if earlier:
        staging.load(Lines(earlier, is_gzip=is_gzip))
    lines = b"".join(b"line %d\n" % n for n in range(500))
    with pytest.raises(ZeroDivisionError):
        staging.load(Lines(lines, is_gzip=is_gzip, error=ZeroDivisionError()))
    staging.load(Lines(lines, is_gzip=is_gzip))
    assert staged(staging) == sorted(lines.decode().split("\n")[:-1])


@both_engines
def test_no_line_of_a_stream_that_raised_is_staged(staging: Staging) -> None:
    with pytest.raises(ZeroDivisionError):
        staging.load(Lines(b"a\nb\nc\nd\n", error=ZeroDivisionError()))
    assert staged(staging) == []


@both_engines
@pytest.mark.parametrize("is_gzip", [(False, True), (True, False), (True, True), (False, False)], ids=str)
def test_a_second_load_replaces_what_the_first_one_staged(staging: Staging, is_gzip: tuple[bool, bool]) -> None:
    """As when the lines of a first load turn out not to have been read whole."""
    staging.load(Lines(b"first\nlost\n", is_gzip=is_gzip[0]))
    assert staged(staging) == ["first", "lost"]
    staging.load(Lines(b"second\n", is_gzip=is_gzip[1]))
    assert staged(staging) == ["second"]


@both_engines
def test_a_part_is_loaded_in_one_thread_while_another_is_published(warehouse: OpenWarehouse) -> None:
    run = a_run()
    staging, ahead = warehouse.staging(run, 1), warehouse.staging(run, 2)
    staging.load(Lines(b"a\n"))
    with ThreadPoolExecutor(1) as threads:
        loading = threads.submit(ahead.load, Lines(b"b\n" * 20_000, is_gzip=True))
        staging.materialise(KEEP)
        publish(staging, PUBLISH)
        staging.close()
        loading.result()
    ahead.materialise(KEEP)
    publish(ahead, PUBLISH)
    ahead.close()
    assert Counter(locks(warehouse)) == {("a", 1): 1, ("b", 1): 20_000}


# Tables of somebody's own


@both_engines
def test_a_table_that_is_not_declared_is_made_once(engine: Engine, warehouse: OpenWarehouse) -> None:
    columns = {"job": "STRING", "n": "INT64", "since": "TIMESTAMP", "tags": "ARRAY<STRING>"}
    warehouse.create_table("visits", columns)
    assert warehouse.columns("visits") == columns
    assert "visits" in warehouse.tables()
    own = {"own": "visits"}
    transact(warehouse, Statement("own", "INSERT INTO own (job, n) SELECT 'a', 1", undeclared=own))
    # Somebody who may make no tables can ask for it too, once it is there.
    other = engine.open(create_tables=False)
    other.create_table("visits", {"another": "STRING"})
    assert other.rows(Statement("own", "SELECT job, n, since FROM own", undeclared=own)) == [
        {"job": "a", "n": 1, "since": None}
    ]
    assert other.columns("visits") == columns
    other.close()


@both_engines
@pytest.mark.parametrize("name", ["a-b", "a b", "", "a;DROP TABLE b"])
def test_a_table_or_column_whose_name_is_not_an_identifier_is_not_made(warehouse: OpenWarehouse, name: str) -> None:
    for table, column in ((name, "job"), ("visits", name)):
        with pytest.raises(ValueError, match="is not an identifier"):
            warehouse.create_table(table, {column: "STRING"})
    assert "visits" not in warehouse.tables()


@both_engines
def test_declared_tables_can_be_made_alone(engine: Engine) -> None:
    """Also by somebody who makes no tables otherwise; what is there stays as it is."""
    if isinstance(engine, DuckDB):
        duckdb.connect(engine.path).close()
    other = engine.open(create_tables=False)
    other.make_declared(["job_locks"])
    transact(other, INSERT, job="a", n=1)
    other.make_declared(["job_locks"])
    assert locks(other) == [("a", 1)]
    assert other.tables() == ["job_locks"]
    other.close()


# What is missing, what is no name


@both_engines
def test_where_tables_are_missing_the_error_says_how_to_get_them(engine: Engine) -> None:
    opened = engine.open(create_tables=False)
    with pytest.raises(TableNotFoundError, match="CREATE_TABLES=true"):
        opened.rows(LOCKS)
    with pytest.raises(TableNotFoundError, match="CREATE_TABLES=true"):
        transact(opened, INSERT, job="a", n=1)
    opened.close()


@both_engines
def test_existing_tables_are_used_where_none_may_be_made(engine: Engine, warehouse: OpenWarehouse) -> None:
    transact(warehouse, INSERT, job="a", n=1)
    opened = engine.open(create_tables=False)
    assert locks(opened) == [("a", 1)]
    staging = opened.staging(a_run(), 1)
    staging.load(Lines(b"b\n"))
    staging.materialise(KEEP)
    publish(staging, PUBLISH)
    staging.close()
    assert locks(opened) == [("a", 1), ("b", 1)]
    opened.close()


NO_IDENTIFIERS = ["a-b", "a b", "1a", "", "a.b", "a`b", 'a"b', "a;DROP TABLE b", "größe", "a\n"]


@both_engines
@pytest.mark.parametrize("name", NO_IDENTIFIERS)
def test_a_relation_whose_name_is_not_an_identifier_is_not_kept(staging: Staging, name: str) -> None:
    staging.load(Lines(b"a\n"))
    with pytest.raises(ValueError, match="is not an identifier"):
        staging.materialise(Statement("of a bad name", "SELECT 1 AS one", creates=name))


@both_engines
@pytest.mark.parametrize("name", [name for name in NO_IDENTIFIERS if name])
def test_a_relation_whose_name_is_not_an_identifier_is_not_made_in_a_transaction(
    warehouse: OpenWarehouse, name: str
) -> None:
    with pytest.raises(ValueError, match="is not an identifier"):
        transact(warehouse, Statement("of a bad name", "SELECT 1 AS one", creates=name))


@pytest.mark.parametrize("name", NO_IDENTIFIERS)
def test_a_dataset_or_table_whose_name_is_not_an_identifier_is_refused(tmp_path: Path, name: str) -> None:
    for names in ((name, EVENTS_TABLE), (DATASET, name)):
        with pytest.raises(ValueError, match="is not an identifier"):
            DuckDBWarehouse(tmp_path / "x", dataset=names[0], events_table=names[1], create_tables=True)
        with pytest.raises(ValueError, match="is not an identifier"):
            bigquery_at(None, dataset=names[0], events_table=names[1])
