"""Rows as a stream, of declared tables and of others, on both engines."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError, DeadlineError, QueryError, TableNotFoundError
from mixpanel_data.warehouse.base import OpenWarehouse, Row, Warehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES
from support.consoles import dataset_in_console, in_console
from support.engines import DuckDB, Engine
from warehouse.locks import INSERT, transact

both_engines = pytest.mark.both_engines

LOCKS = Statement("all locks", "SELECT job, n FROM job_locks ORDER BY n")
ALL_TYPES = Statement(
    "all types",
    "SELECT 'a' AS text, 1 AS number, 0.5 AS ratio, TRUE AS is_so, TIMESTAMP '2026-03-10 12:00:00.000001+00' AS at,"
    " DATE '2026-03-10' AS day, PARSE_JSON('{\"a\":[1]}') AS document, NUMERIC '1.000000001' AS price,"
    " ['a', ''] AS names, (SELECT SUM(n) FROM job_locks) AS total",
)
PURCHASES = Statement("purchases", "SELECT buyer, price FROM purchases WHERE price > @least", {"least": "INT64"})


@pytest.fixture
def warehouse(engine: Engine) -> Iterator[OpenWarehouse]:
    with contextlib.closing(engine.open()) as opened:
        for n in range(3):
            transact(opened, INSERT, job=f"job {n}", n=n)
        yield opened


def streamed(warehouse: Warehouse, statement: Statement, **parameters: Any) -> list[Row]:
    with warehouse.stream(statement, **parameters) as rows:
        return list(rows)


def add_purchases(engine: Engine, schema: str) -> None:
    """A table that nobody has declared."""
    in_console(engine, f"CREATE TABLE {schema}.purchases AS SELECT 'ann' AS buyer, 3 AS price")


@both_engines
def test_what_is_streamed_is_what_rows_gives(warehouse: OpenWarehouse) -> None:
    assert streamed(warehouse, LOCKS) == warehouse.rows(LOCKS) == [{"job": f"job {n}", "n": n} for n in range(3)]
    (row,) = streamed(warehouse, ALL_TYPES)
    assert row == {
        "text": "a",
        "number": 1,
        "ratio": 0.5,
        "is_so": True,
        "at": datetime(2026, 3, 10, 12, 0, 0, 1, tzinfo=UTC),
        "day": date(2026, 3, 10),
        "document": {"a": [1]},
        "price": Decimal("1.000000001"),
        "names": ["a", ""],
        "total": 3,
    }
    assert row["at"].utcoffset().total_seconds() == 0


@both_engines
def test_a_stream_names_the_types_of_its_columns(warehouse: OpenWarehouse) -> None:
    with warehouse.stream(ALL_TYPES) as rows:
        assert dict(rows.columns) == {
            "text": "STRING",
            "number": "INT64",
            "ratio": "FLOAT64",
            "is_so": "BOOL",
            "at": "TIMESTAMP",
            "day": "DATE",
            "document": "JSON",
            "price": "NUMERIC",
            "names": "ARRAY<STRING>",
            "total": "INT64",
        }


@both_engines
def test_many_rows_are_streamed_each_once_and_other_statements_run_meanwhile(warehouse: OpenWarehouse) -> None:
    many = Statement("many", "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 30000)) AS n")
    seen = []
    with warehouse.stream(many) as rows:
        for row in rows:
            if row["n"] == 5:
                transact(warehouse, INSERT, job="between", n=9)
                assert len(warehouse.rows(LOCKS)) == 4
            seen.append(row["n"])
    assert sorted(seen) == list(range(1, 30_001))


@both_engines
def test_a_table_that_nobody_declared_is_listed_and_read(engine: Engine, warehouse: OpenWarehouse) -> None:
    add_purchases(engine, dataset_in_console(engine))
    assert set(warehouse.tables()) == {*TABLES, "purchases"}
    assert dict(warehouse.columns("purchases")) == {"buyer": "STRING", "price": "INT64"}
    assert streamed(warehouse, PURCHASES, least=2) == [{"buyer": "ann", "price": 3}]
    assert streamed(warehouse, PURCHASES, least=3) == []


@both_engines
def test_a_table_that_does_not_exist_is_named(warehouse: OpenWarehouse) -> None:
    with pytest.raises(TableNotFoundError, match="purchases"):
        streamed(warehouse, PURCHASES, least=1)
    with pytest.raises(TableNotFoundError, match="purchases"):
        warehouse.columns("purchases")


@both_engines
@pytest.mark.parametrize("text", ["SELEC 1", "SELECT 'a", "SELECT no_such_column FROM job_locks", "SELECT (1"])
def test_a_wrong_query_is_refused_by_its_name(warehouse: OpenWarehouse, text: str) -> None:
    with pytest.raises(QueryError, match="the wrong one"):
        streamed(warehouse, Statement("the wrong one", text))
    assert len(warehouse.rows(LOCKS)) == 3


@both_engines
def test_a_stream_is_read_once_and_within_its_block(warehouse: OpenWarehouse) -> None:
    with warehouse.stream(LOCKS) as rows:
        begun = iter(rows)
        assert next(begun) == {"job": "job 0", "n": 0}
        with pytest.raises(ValueError, match="read once"):
            next(iter(rows))
    with warehouse.stream(LOCKS) as rows:
        late = iter(rows)
    with pytest.raises(ValueError, match="closed"):
        next(late)


@both_engines
def test_a_stream_ends_at_the_deadline(warehouse: OpenWarehouse) -> None:
    with pytest.raises(DeadlineError, match="CALL_DEADLINE_SECONDS"):
        streamed(warehouse.within(Deadline.after(0.0)), LOCKS)
    assert len(streamed(warehouse.within(Deadline.after(60.0)), LOCKS)) == 3


# Arrow


@both_engines
def test_arrow_has_the_same_types_from_both_engines(warehouse: OpenWarehouse) -> None:
    arrow = pytest.importorskip("pyarrow")
    with warehouse.stream(ALL_TYPES) as rows:
        table = rows.arrow().read_all()
    assert table.schema == arrow.schema(
        {
            "text": arrow.string(),
            "number": arrow.int64(),
            "ratio": arrow.float64(),
            "is_so": arrow.bool_(),
            "at": arrow.timestamp("us", tz="UTC"),
            "day": arrow.date32(),
            "document": arrow.string(),
            "price": arrow.decimal128(38, 9),
            "names": arrow.list_(arrow.string()),
            "total": arrow.int64(),
        }
    )
    (row,) = table.to_pylist()
    assert row.pop("document").replace(" ", "") == '{"a":[1]}'
    assert (row["price"], row["names"], row["total"]) == (Decimal("1.000000001"), ["a", ""], 3)
    assert row["at"] == datetime(2026, 3, 10, 12, 0, 0, 1, tzinfo=UTC)


@both_engines
def test_arrow_of_no_rows_has_its_columns_all_the_same(warehouse: OpenWarehouse) -> None:
    arrow = pytest.importorskip("pyarrow")
    none = Statement("no locks", "SELECT job, n FROM job_locks WHERE n > 99")
    with warehouse.stream(none) as rows:
        table = rows.arrow().read_all()
    assert table.num_rows == 0
    assert table.schema == arrow.schema({"job": arrow.string(), "n": arrow.int64()})


@both_engines
def test_arrow_batches_are_read_within_the_block(warehouse: OpenWarehouse) -> None:
    pytest.importorskip("pyarrow")
    with warehouse.stream(LOCKS) as rows:
        reader = rows.arrow()
    with pytest.raises(ValueError, match="closed"):
        reader.read_next_batch()


@both_engines
def test_where_pyarrow_is_missing_the_error_says_how_to_get_it(
    warehouse: OpenWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with warehouse.stream(LOCKS) as rows:
        with pytest.raises(ConfigError, match="pip install pyarrow"):
            rows.arrow()
        assert len(list(rows)) == 3


# DuckDB alone


def test_tables_of_main_are_read_by_their_bare_names(tmp_path: Path) -> None:
    engine = DuckDB(tmp_path)
    with contextlib.closing(engine.open()) as warehouse:
        transact(warehouse, INSERT, job="a", n=1)
        add_purchases(engine, "main")
        in_console(engine, "CREATE VIEW main.\"what's left\" AS SELECT 1.5::FLOAT AS x, TIMESTAMP '2026-01-01' AS at")
        assert set(warehouse.tables()) == {*TABLES, "purchases", "what's left"}
        assert dict(warehouse.columns("what's left")) == {"x": "FLOAT64", "at": "DATETIME"}
        joined = Statement("joined", "SELECT buyer, job FROM purchases CROSS JOIN job_locks")
        assert streamed(warehouse, joined) == [{"buyer": "ann", "job": "a"}]
        odd = Statement("of an odd name", "SELECT x FROM `what's left`")
        assert streamed(warehouse, odd) == [{"x": 1.5}]


def test_a_table_of_the_dataset_comes_before_one_of_main(tmp_path: Path) -> None:
    engine = DuckDB(tmp_path)
    with contextlib.closing(engine.open()) as warehouse:
        transact(warehouse, INSERT, job="a", n=1)
        in_console(engine, "CREATE TABLE main.job_locks AS SELECT 1 AS other")
        assert warehouse.tables().count("job_locks") == 1
        assert "n" in warehouse.columns("job_locks")
        assert streamed(warehouse, LOCKS) == [{"job": "a", "n": 1}]


def test_a_file_without_a_dataset_is_read_as_it_is(tmp_path: Path) -> None:
    engine = DuckDB(tmp_path)
    add_purchases(engine, "main")
    with contextlib.closing(engine.open(create_tables=False)) as warehouse:
        assert warehouse.tables() == ["purchases"]
        assert streamed(warehouse, PURCHASES, least=1) == [{"buyer": "ann", "price": 3}]
        with pytest.raises(TableNotFoundError, match="CREATE_TABLES=true"):
            streamed(warehouse, LOCKS)
    assert in_console(engine, "SELECT DISTINCT table_schema FROM information_schema.tables") == [("main",)]


@pytest.mark.parametrize("is_failing", [False, True], ids=["read", "failing"])
def test_behind_a_stream_the_file_is_free_for_others(tmp_path: Path, is_failing: bool) -> None:
    engine = DuckDB(tmp_path)
    with contextlib.closing(engine.open()) as warehouse:
        transact(warehouse, INSERT, job="a", n=1)
        with contextlib.suppress(ZeroDivisionError), warehouse.stream(LOCKS) as rows:
            assert next(iter(rows))["n"] == 1 // (not is_failing)
        assert is_free(engine.path)
        assert len(warehouse.rows(LOCKS)) == 1


def is_free(path: Path) -> bool:
    """Whether another process can open the file."""
    code = "import duckdb, sys; duckdb.connect(sys.argv[1])"
    return subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=False).returncode == 0


def test_a_reader_that_is_left_over_does_not_hold_the_file(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    engine = DuckDB(tmp_path)
    in_console(engine, "CREATE TABLE main.big AS SELECT n FROM range(200_000) AS r(n)")
    with contextlib.closing(engine.open()) as warehouse:
        with warehouse.stream(Statement("big", "SELECT n FROM big")) as rows:
            reader = rows.arrow()
            assert reader.read_next_batch().num_rows > 0
            assert not is_free(engine.path)
        assert is_free(engine.path)
        with pytest.raises(ValueError, match="closed"):
            reader.read_next_batch()


def _lease(warehouse: OpenWarehouse) -> None:
    with warehouse.lease("detector", "a", 60.0):
        pass


@pytest.mark.parametrize(
    "use",
    [
        lambda warehouse: warehouse.rows(LOCKS),
        lambda warehouse: streamed(warehouse, LOCKS),
        lambda warehouse: warehouse.tables(),
        lambda warehouse: warehouse.columns("job_locks"),
        lambda warehouse: transact(warehouse, INSERT, job="a", n=1),
        _lease,
    ],
    ids=["rows", "stream", "tables", "columns", "transact", "lease"],
)
@pytest.mark.parametrize("folder", ["", "missing"], ids=["file", "folder"])
def test_a_file_that_is_missing_is_not_made_by_who_may_make_no_tables(tmp_path: Path, folder: str, use: Any) -> None:
    with (
        contextlib.closing(DuckDB(tmp_path / folder).open(create_tables=False)) as warehouse,
        pytest.raises(TableNotFoundError, match=r"warehouse0.duckdb does not exist.*CREATE_TABLES=true.*WAREHOUSE"),
    ):
        use(warehouse)
    assert list(tmp_path.iterdir()) == []


_READ = """
import resource, sys
from pathlib import Path
from support.engines import DuckDB
from mixpanel_data.warehouse.statements import Statement
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
with DuckDB(Path(sys.argv[1])).open().stream(Statement("big", "SELECT n, text FROM big")) as rows:
    assert next(iter(rows))
with DuckDB(Path(sys.argv[1])).open().stream(Statement("big", "SELECT n, text FROM big")) as rows:
    before = peak()
    print(sum(1 for _ in rows), peak() - before)
"""


@pytest.mark.sequences
def test_a_stream_needs_no_more_memory_for_more_rows(tmp_path: Path) -> None:
    engine = DuckDB(tmp_path)
    with duckdb.connect(str(engine.path)) as console:
        console.execute(
            "CREATE TABLE main.big AS SELECT n, repeat(md5(n::VARCHAR), 32) AS text FROM range(400_000) AS r(n)"
        )
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(tmp_path)],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    rows, megabytes = map(int, done.stdout.split())
    assert rows == 400_000
    # All of them have 400 MB.
    assert megabytes < 100
