"""What warehouse/base.py promises, on both engines; and what each engine promises beside it."""

import contextlib
import errno
import gzip
import os
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    ConfigError,
    DeadlineError,
    MixpanelDataError,
    QueryError,
    TableNotFoundError,
    WarehouseBusyError,
    WarehouseUnavailableError,
)
from mixpanel_data.warehouse.base import OpenWarehouse, Staging, Warehouse
from mixpanel_data.warehouse.duckdb import DuckDBWarehouse
from mixpanel_data.warehouse.leases import KEEP_LEASE
from mixpanel_data.warehouse.statements import Statement
from support.collected_tables import TABLE_NAMES
from support.engines import DATASET, EMULATOR_HOST, EVENTS_TABLE, PROJECT, BigQuery, DuckDB, Engine, bigquery_at
from support.stored_rows import all_rows_of

both_engines = pytest.mark.both_engines
only_bigquery = [pytest.mark.bigquery, pytest.mark.skipif(not EMULATOR_HOST, reason="no emulator is there")]


LOCKS = Statement("all locks", "SELECT job, n FROM job_locks ORDER BY job, n")
INSERT = Statement("a lock", "INSERT INTO job_locks (job, n) SELECT @job, @n", {"job": "STRING", "n": "INT64"})
INSERT_OTHER = Statement(
    "another lock", "INSERT INTO job_locks (job, n) SELECT @who, @n", {"who": "STRING", "n": "INT64"}
)
FAIL = Statement("what fails", "INSERT INTO job_locks (job, n) SELECT 'dead', CAST(ERROR('dead') AS INT64)")
KEEP = Statement("what is kept", "SELECT line FROM staged_lines", creates="kept")
KEPT = Statement("the lines that are kept", "SELECT line FROM kept")
PUBLISH = Statement("what is published", "INSERT INTO job_locks (job, n) SELECT line, 1 FROM kept")


class Lines:
    """A stream of this text in small pieces, which may raise before its end."""

    def __init__(self, text: bytes, *, is_gzip: bool = False, error: Exception | None = None) -> None:
        self._text = text
        self._error = error
        self.is_gzip = is_gzip
        self.lines = text.count(b"\n")
        self.longest_line = max(map(len, text.split(b"\n")))

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces(gzip.compress(self._text) if self.is_gzip else self._text)

    def text(self) -> Iterator[bytes]:
        return self._pieces(self._text)

    def _pieces(self, sent: bytes) -> Iterator[bytes]:
        size = max(7, len(sent) // 9)
        end = len(sent) // 2 if self._error else len(sent)
        for start in range(0, end, size):
            yield sent[start : start + size]
        if self._error:
            raise self._error


def a_run() -> str:
    """A run's id that no job of an emulator has had."""
    return f"run-{uuid.uuid4().hex}"


@pytest.fixture
def warehouse(engine: Engine) -> Iterator[OpenWarehouse]:
    opened = engine.open()
    yield opened
    opened.close()


@pytest.fixture
def part(warehouse: OpenWarehouse) -> Iterator[Staging]:
    opened = warehouse.staging(a_run(), 1)
    yield opened
    opened.close()


def transact(warehouse: Warehouse, *statements: Statement, **parameters: Any) -> None:
    warehouse.transact(f"{a_run()}-test-1", statements, **parameters)


def publish(staging: Staging, *statements: Statement) -> None:
    staging.transact(f"{a_run()}-publish-1", statements)


TAKE_LOCK = Statement("take the lock", "UPDATE job_locks SET n = n + 1 WHERE job = @job", {"job": "STRING"})


def locks(warehouse: Warehouse) -> list[tuple[str, int]]:
    return [(row["job"], row["n"]) for row in warehouse.rows(LOCKS)]


def staged(part: Staging) -> list[str]:
    """The lines that are staged, in order of the alphabet; none if there is no such relation."""
    try:
        part.materialise(KEEP)
    except (TableNotFoundError, QueryError):
        return []
    return sorted(row["line"] for row in part.rows(KEPT))


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
def test_what_is_null_is_none(warehouse: OpenWarehouse) -> None:
    sql = (
        "SELECT CAST(NULL AS STRING) AS text, CAST(NULL AS TIMESTAMP) AS at, PARSE_JSON(CAST(NULL AS STRING)) AS value"
    )
    assert warehouse.rows(Statement("nulls", sql)) == [{"text": None, "at": None, "value": None}]


@both_engines
def test_every_declared_table_is_there_and_empty(warehouse: OpenWarehouse) -> None:
    assert {name: warehouse.rows(all_rows_of(name)) for name in TABLE_NAMES} == {name: [] for name in TABLE_NAMES}


@both_engines
def test_a_wrong_statement_is_told_by_its_name(warehouse: OpenWarehouse) -> None:
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
def test_of_transactions_at_once_none_is_lost_and_each_sees_a_number_of_its_own(engine: Engine) -> None:
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
            transact(opened, TAKE_LOCK, seen, job="collector", who=who)
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
    part, beside = warehouse.staging(run, 1), warehouse.staging(run, 2)
    part.load(Lines(b"a\nb\n"))
    beside.load(Lines(b"c\n"))
    part.materialise(KEEP)
    stranger = engine.open()
    for look in (warehouse.rows, stranger.rows, beside.rows):
        with pytest.raises(TableNotFoundError):
            look(KEPT)
    publish(part, PUBLISH)
    assert locks(stranger) == [("a", 1), ("b", 1)]
    part.close()
    assert staged(beside) == ["c"]
    beside.close()
    stranger.close()


@both_engines
def test_a_publication_that_fails_leaves_what_is_staged(warehouse: OpenWarehouse, part: Staging) -> None:
    part.load(Lines(b"a\n"))
    part.materialise(KEEP)
    with pytest.raises(QueryError):
        publish(part, PUBLISH, FAIL)
    assert locks(warehouse) == []
    publish(part, PUBLISH)
    assert locks(warehouse) == [("a", 1)]


@both_engines
def test_rows_of_a_part_join_what_is_staged_with_the_tables(warehouse: OpenWarehouse, part: Staging) -> None:
    transact(warehouse, INSERT, job="a", n=7)
    part.load(Lines(b"a\nb\n"))
    part.materialise(KEEP)
    joined = Statement("joined", "SELECT kept.line, l.n FROM kept LEFT JOIN job_locks AS l ON l.job = kept.line")
    found = sorted((row["line"], row["n"]) for row in part.rows(joined))
    assert found == [("a", 7), ("b", None)]


@both_engines
def test_a_relation_may_be_made_again(part: Staging) -> None:
    part.load(Lines(b"a\n"))
    part.materialise(KEEP)
    part.materialise(Statement("others", "SELECT 'other' AS line", creates="kept"))
    assert part.rows(KEPT) == [{"line": "other"}]


@both_engines
def test_a_statement_that_creates_nothing_cannot_be_kept(part: Staging) -> None:
    with pytest.raises(ValueError, match="creates nothing"):
        part.materialise(LOCKS)


@both_engines
def test_closing_drops_what_was_staged(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    opened, run = engine.open(), a_run()
    part = opened.staging(run, 1)
    part.load(Lines(b"a\nb\n"))
    part.materialise(KEEP)
    part.close()
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
def test_every_line_is_staged_character_by_character(part: Staging, kind: str, is_gzip: bool) -> None:
    part.load(Lines("".join(f"{line}\n" for line in LINES[kind]).encode(), is_gzip=is_gzip))
    assert staged(part) == sorted(LINES[kind])


@both_engines
def test_as_many_lines_as_were_sent_are_staged_each_as_often(part: Staging) -> None:
    lines = [f'{{"n":{n % 30_000}}}' for n in range(50_000)]
    part.load(Lines("".join(f"{line}\n" for line in lines).encode(), is_gzip=True))
    part.materialise(KEEP)
    assert Counter(row["line"] for row in part.rows(KEPT)) == Counter(lines)


@both_engines
@pytest.mark.parametrize("is_gzip", [True, False], ids=["gzip", "as text"])
def test_an_empty_stream_stages_no_line(part: Staging, is_gzip: bool) -> None:
    part.load(Lines(b"", is_gzip=is_gzip))
    part.materialise(KEEP)
    assert part.rows(KEPT) == []


@both_engines
@pytest.mark.parametrize("is_gzip", [True, False], ids=["gzip", "as text"])
@pytest.mark.parametrize("earlier", [None, b"earlier\n"], ids=["at first", "behind another"])
def test_a_stream_that_raises_stages_nothing_and_may_be_loaded_again(
    part: Staging, is_gzip: bool, earlier: bytes | None
) -> None:
    if earlier:
        part.load(Lines(earlier, is_gzip=is_gzip))
    lines = b"".join(b"line %d\n" % n for n in range(500))
    with pytest.raises(ZeroDivisionError):
        part.load(Lines(lines, is_gzip=is_gzip, error=ZeroDivisionError()))
    part.load(Lines(lines, is_gzip=is_gzip))
    assert staged(part) == sorted(lines.decode().split("\n")[:-1])


@both_engines
def test_nothing_is_staged_of_a_stream_that_raised(part: Staging) -> None:
    with pytest.raises(ZeroDivisionError):
        part.load(Lines(b"a\nb\nc\nd\n", error=ZeroDivisionError()))
    assert staged(part) == []


def test_ctrl_c_within_a_statement_is_ctrl_c(tmp_path: Path) -> None:
    endless = Statement(
        "endless",
        "SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 1000000)) AS a"
        " CROSS JOIN UNNEST(GENERATE_ARRAY(1, 1000000)) AS b WHERE a <> b",
    )
    warehouse = DuckDB(tmp_path).open()
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    pressed = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT])
    try:
        pressed.start()
        with pytest.raises(KeyboardInterrupt):
            warehouse.rows(endless)
    finally:
        pressed.join()
        signal.signal(signal.SIGINT, heard)
    assert locks(warehouse) == []
    warehouse.close()


def test_a_disk_that_is_full_is_told_when_lines_are_staged(tmp_path: Path) -> None:
    warehouse = DuckDB(tmp_path).open()
    part = warehouse.staging(a_run(), 1)
    with pytest.raises(WarehouseUnavailableError, match="No space left on device"):
        part.load(Lines(b"a\n", error=OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(OSError, match="another"):
        part.load(Lines(b"a\n", error=OSError(errno.EIO, "another")))
    part.close()
    warehouse.close()


@both_engines
@pytest.mark.parametrize("is_gzip", [(False, True), (True, False), (True, True), (False, False)], ids=str)
def test_a_second_load_replaces_what_the_first_one_staged(part: Staging, is_gzip: tuple[bool, bool]) -> None:
    """As when the lines of a first load turn out not to have been read whole."""
    part.load(Lines(b"first\nlost\n", is_gzip=is_gzip[0]))
    assert staged(part) == ["first", "lost"]
    part.load(Lines(b"second\n", is_gzip=is_gzip[1]))
    assert staged(part) == ["second"]


@both_engines
def test_a_part_is_loaded_in_one_thread_while_another_is_published(warehouse: OpenWarehouse) -> None:
    run = a_run()
    part, ahead = warehouse.staging(run, 1), warehouse.staging(run, 2)
    part.load(Lines(b"a\n"))
    with ThreadPoolExecutor(1) as threads:
        loading = threads.submit(ahead.load, Lines(b"b\n" * 20_000, is_gzip=True))
        part.materialise(KEEP)
        publish(part, PUBLISH)
        part.close()
        loading.result()
    ahead.materialise(KEEP)
    publish(ahead, PUBLISH)
    ahead.close()
    assert Counter(locks(warehouse)) == {("a", 1): 1, ("b", 1): 20_000}


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
def test_tables_that_are_there_need_not_be_made(engine: Engine, warehouse: OpenWarehouse) -> None:
    transact(warehouse, INSERT, job="a", n=1)
    opened = engine.open(create_tables=False)
    assert locks(opened) == [("a", 1)]
    part = opened.staging(a_run(), 1)
    part.load(Lines(b"b\n"))
    part.materialise(KEEP)
    publish(part, PUBLISH)
    part.close()
    assert locks(opened) == [("a", 1), ("b", 1)]
    opened.close()


NO_IDENTIFIERS = ["a-b", "a b", "1a", "", "a.b", "a`b", 'a"b', "a;DROP TABLE b", "größe", "a\n"]


@both_engines
@pytest.mark.parametrize("name", NO_IDENTIFIERS)
def test_a_relation_whose_name_is_no_identifier_is_not_kept(part: Staging, name: str) -> None:
    part.load(Lines(b"a\n"))
    with pytest.raises(ValueError, match="no identifier"):
        part.materialise(Statement("of a bad name", "SELECT 1 AS one", creates=name))


@both_engines
@pytest.mark.parametrize("name", [name for name in NO_IDENTIFIERS if name])
def test_a_relation_whose_name_is_no_identifier_is_not_made_in_a_transaction(
    warehouse: OpenWarehouse, name: str
) -> None:
    with pytest.raises(ValueError, match="no identifier"):
        transact(warehouse, Statement("of a bad name", "SELECT 1 AS one", creates=name))


@pytest.mark.parametrize("name", NO_IDENTIFIERS)
def test_a_dataset_or_table_whose_name_is_no_identifier_is_refused(tmp_path: Path, name: str) -> None:
    for names in ((name, EVENTS_TABLE), (DATASET, name)):
        with pytest.raises(ValueError, match="no identifier"):
            DuckDBWarehouse(tmp_path / "x", dataset=names[0], events_table=names[1], create_tables=True)
        with pytest.raises(ValueError, match="no identifier"):
            bigquery_at(None, dataset=names[0], events_table=names[1])


# DuckDB alone

_HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@contextlib.contextmanager
def holder(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that has the file open, until its standard input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.communicate()


@pytest.fixture
def made(tmp_path: Path) -> DuckDB:
    """A file with its tables."""
    engine = DuckDB(tmp_path)
    opened = engine.open()
    transact(opened, INSERT, job="a", n=1)
    opened.close()
    return engine


def test_a_file_that_another_process_holds_is_named_when_the_time_is_up(made: DuckDB) -> None:
    opened = made.open(deadline=Deadline.after(0))
    with holder(made.path), pytest.raises(WarehouseBusyError, match=str(made.path)):
        opened.rows(LOCKS)
    assert locks(opened) == [("a", 1)]
    opened.close()


def test_a_file_that_is_let_go_in_time_is_used(made: DuckDB, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = made.open(deadline=Deadline.after(300))
    waits = []
    with holder(made.path) as process:

        def let_go(seconds: float) -> None:
            waits.append(seconds)
            process.communicate()

        monkeypatch.setattr("mixpanel_data.warehouse.duckdb.time", SimpleNamespace(sleep=let_go))
        transact(opened, INSERT, job="b", n=2)
    assert len(waits) == 1
    assert locks(opened) == [("a", 1), ("b", 2)]
    opened.close()


def test_between_statements_the_file_is_free_for_others(made: DuckDB) -> None:
    opened = made.open()
    assert locks(opened) == [("a", 1)]
    part = opened.staging(a_run(), 1)
    part.load(Lines(b"b\n"))
    with holder(made.path):
        assert staged(part) == ["b"]
    publish(part, PUBLISH)
    with holder(made.path):
        part.close()
    assert locks(opened) == [("a", 1), ("b", 1)]
    opened.close()


def test_after_a_failure_the_file_is_free_for_others(made: DuckDB) -> None:
    opened = made.open()
    with pytest.raises(QueryError):
        transact(opened, INSERT, FAIL, job="b", n=2)
    with holder(made.path):
        pass
    assert locks(opened) == [("a", 1)]
    opened.close()


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    opened = DuckDB(tmp_path / "missing").open()
    with pytest.raises(ConfigError, match="missing"):
        opened.rows(LOCKS)
    opened.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    engine = DuckDB(tmp_path)
    engine.path.write_bytes(b"no database" + os.urandom(1) * 20_000)
    opened = engine.open()
    with pytest.raises(ConfigError, match=str(engine.path)):
        opened.rows(LOCKS)
    opened.close()


REJECT = Statement(
    "a rejected line",
    "INSERT INTO rejected_events (line_id, first_rejected_at, run_id, reason, line) SELECT @id, @at, 'r', 'odd', 'x'",
    {"id": "STRING", "at": "TIMESTAMP"},
)


def rejected(warehouse: Warehouse) -> list[str]:
    return sorted(row["line_id"] for row in warehouse.rows(all_rows_of("rejected_events")))


@pytest.fixture
def expired(made: DuckDB) -> DuckDB:
    """A file with a rejected line of long ago and one of tomorrow."""
    opened = made.open()
    for line_id, days in (("old", -100), ("new", 1)):
        transact(opened, REJECT, id=line_id, at=datetime.now(UTC) + timedelta(days=days))
    opened.close()
    return made


@pytest.mark.parametrize("create_tables", [True, False])
def test_who_only_reads_deletes_nothing_that_has_expired(expired: DuckDB, create_tables: bool) -> None:
    for _ in range(2):
        reader = expired.open(create_tables=create_tables)
        assert rejected(reader) == ["new", "old"]
        part = reader.staging(a_run(), 1)
        part.load(Lines(b"a\n"))
        part.materialise(KEEP)
        part.close()
        reader.close()


@pytest.mark.parametrize("is_failing", [False, True], ids=["succeeds", "fails"])
def test_what_has_expired_goes_with_the_first_transaction_that_succeeds(expired: DuckDB, is_failing: bool) -> None:
    writer = expired.open()
    if is_failing:
        with pytest.raises(QueryError):
            transact(writer, FAIL)
        assert rejected(writer) == ["new", "old"]
    transact(writer, INSERT, job="b", n=1)
    assert rejected(writer) == ["new"]
    writer.close()


_FORSAKE = """
import os, sys
from support.engines import DuckDB
from pathlib import Path
opened = DuckDB(Path(sys.argv[1])).open()
opened.staging("run", 1)
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_had_staged_is_removed_by_the_next_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    alive = DuckDB(tmp_path).open()
    kept = set(folder.iterdir())
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(folder)}
    subprocess.run([sys.executable, "-c", _FORSAKE, str(tmp_path)], env=env, check=False)
    assert len(set(folder.iterdir()) - kept) == 1
    DuckDB(tmp_path).open().close()
    assert set(folder.iterdir()) == kept
    alive.close()
    assert set(folder.iterdir()) == set()


# BigQuery alone


class Emulated:
    """A dataset of the emulator, with a client beside it to look at jobs and tables."""

    def __init__(self) -> None:
        from google.api_core.client_options import ClientOptions
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import bigquery

        self.engine = BigQuery()
        self.client: Any = bigquery.Client(
            project=PROJECT,
            location="US",
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options=ClientOptions(api_endpoint=EMULATOR_HOST),
        )
        self.warehouse = self.engine.open()

    def close(self) -> None:
        self.warehouse.close()
        self.client.close()


@pytest.fixture
def emulated() -> Iterator[Emulated]:
    made = Emulated()
    yield made
    made.close()


def published_by(emulated: Emulated, run: str, number: int) -> Staging:
    """A part that has gone through every step, and is still open."""
    part = emulated.warehouse.staging(run, number)
    part.load(Lines(b"a\n"))
    part.materialise(KEEP)
    part.transact(f"{run}-publish-{number}", [PUBLISH])
    return part


class TestBigQueryAlone:
    pytestmark = only_bigquery

    def test_each_step_of_a_part_is_a_job_of_its_own_name_and_has_labels(self, emulated: Emulated) -> None:
        run = a_run()
        part = published_by(emulated, run, 3)
        for step in ("load", "kept", "publish"):
            job = emulated.client.get_job(f"{run}-{step}-3")
            assert job.labels["app"] == "mixpanel_data", step
            assert job.labels["step"], step
        part.close()

    def test_a_step_that_is_repeated_is_another_job(self, emulated: Emulated) -> None:
        run = a_run()
        part = published_by(emulated, run, 1)
        part.load(Lines(b"b\n"))
        assert emulated.client.get_job(f"{run}-load-1-a2").state == "DONE"
        part.close()

    def test_a_transaction_of_a_name_that_was_used_takes_effect_once(self, emulated: Emulated) -> None:
        name = f"{a_run()}-begin-0"
        for _ in range(2):
            emulated.warehouse.transact(name, [INSERT], job="a", n=1)
        assert locks(emulated.warehouse) == [("a", 1)]
        assert emulated.client.get_job(name).labels["app"] == "mixpanel_data"

    def test_staging_tables_expire_by_themselves(self, emulated: Emulated) -> None:
        part = published_by(emulated, a_run(), 1)
        staging = f"{PROJECT}.{emulated.engine.dataset}_staging"
        tables = [emulated.client.get_table(table.reference) for table in emulated.client.list_tables(staging)]
        assert len(tables) == 2
        assert {timedelta(hours=23) < table.expires - datetime.now(UTC) <= timedelta(days=1) for table in tables} == {
            True
        }
        part.close()
        assert list(emulated.client.list_tables(staging)) == []

    def test_the_ceiling_on_billed_bytes_goes_with_every_query(self, emulated: Emulated) -> None:
        opened = emulated.engine.open(max_bytes_billed=10**9)
        name = f"{a_run()}-begin-0"
        opened.transact(name, [INSERT], job="a", n=1)
        assert emulated.client.get_job(name).maximum_bytes_billed == 10**9
        opened.close()


# Leases


def has_lease(warehouse: Warehouse, holder: str, job: str = "detector") -> bool:
    with warehouse.lease(job, holder, 60.0) as token:
        return token is not None


@both_engines
def test_a_lease_is_held_by_one_at_a_time_and_freed_at_its_end(engine: Engine) -> None:
    with contextlib.closing(engine.open()) as one, contextlib.closing(engine.open()) as other:
        with one.lease("detector", a_run(), 60.0) as token:
            assert token is not None
            assert not has_lease(other, a_run())
            assert not has_lease(other, a_run())
            assert has_lease(other, a_run(), job="another")
        assert has_lease(other, a_run())
        assert has_lease(one, a_run())


@both_engines
def test_a_holder_may_take_its_lease_again(engine: Engine) -> None:
    holder = a_run()
    with contextlib.closing(engine.open()) as one, contextlib.closing(engine.open()) as other:
        for _ in range(2):
            with one.lease("detector", holder, 60.0) as token:
                assert token is not None
                assert not has_lease(other, a_run())
            assert has_lease(other, a_run())


@both_engines
def test_a_lease_is_freed_by_an_error_too(engine: Engine) -> None:
    with contextlib.closing(engine.open()) as one, contextlib.closing(engine.open()) as other:
        with pytest.raises(ValueError, match="wrong"), one.lease("detector", a_run(), 60.0):
            raise ValueError("wrong")
        assert has_lease(other, a_run())


@both_engines
def test_of_many_that_ask_at_once_for_a_lease_one_has_it(engine: Engine) -> None:
    """None lets go of it before all have asked. Of the very first at once, which each make a row, none may have it."""
    with contextlib.closing(engine.open()) as first, first.lease("detector", a_run(), 60.0) as token:
        assert token is not None
    asked = threading.Barrier(4)

    def ask(_: int) -> bool:
        with contextlib.closing(engine.open()) as warehouse, warehouse.lease("detector", a_run(), 60.0) as token:
            asked.wait(60)
            return token is not None

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(ask, range(4))) == 1


GUARD = Statement(
    "the guard",
    "UPDATE job_locks SET n = n + 1, holder = IF(COALESCE(holder, '') = @lease, holder, ERROR('taken over'))"
    " WHERE job = @job",
    {"lease": "STRING", "job": "STRING"},
)


@both_engines
def test_the_token_of_a_lease_is_what_a_guard_finds_in_the_rows_of_the_job(engine: Engine) -> None:
    """Runs that started at once may have added two rows."""
    with contextlib.closing(engine.open()) as warehouse:
        for _ in range(2):
            transact(warehouse, INSERT, job="detector", n=0)
        with warehouse.lease("detector", a_run(), 60.0) as token:
            assert token is not None
            transact(warehouse, GUARD, lease=token, job="detector")
            with pytest.raises(QueryError, match="taken over"):
                transact(warehouse, GUARD, lease="another", job="detector")
        assert locks(warehouse) == [("detector", 1), ("detector", 1)]
        transact(warehouse, GUARD, lease="", job="detector")
        assert locks(warehouse) == [("detector", 2), ("detector", 2)]


@both_engines
def test_the_holder_of_a_lease_goes_on(engine: Engine) -> None:
    holder = a_run()
    with contextlib.closing(engine.open()) as warehouse, warehouse.lease("detector", holder, 60.0):
        transact(warehouse, KEEP_LEASE, INSERT_OTHER, run_id=holder, job="detector", who="a", n=1)
        assert ("a", 1) in locks(warehouse)


@pytest.mark.bigquery
@pytest.mark.skipif(not EMULATOR_HOST, reason="no emulator is there")
def test_who_lost_a_lease_changes_nothing_and_takes_it_from_nobody() -> None:
    engine, late, next_one = BigQuery(), a_run(), a_run()
    with contextlib.closing(engine.open()) as one, contextlib.closing(engine.open()) as other:
        # It is over as soon as it is given, as that of a run that was killed long ago.
        with one.lease("detector", late, 0.0) as token:
            assert token is not None
            with other.lease("detector", next_one, 60.0) as taken_over:
                assert taken_over is not None
                with pytest.raises(MixpanelDataError, match="lease lost"):
                    transact(one, KEEP_LEASE, INSERT_OTHER, run_id=late, job="detector", who="a", n=1)
                assert locks(one) == [("detector", 0)]
                transact(other, KEEP_LEASE, INSERT_OTHER, run_id=next_one, job="detector", who="b", n=2)
        # The late one's end did not free what the other held.
        assert locks(one) == [("b", 2), ("detector", 0)]


def test_the_lease_of_a_process_that_is_killed_is_free_at_once(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from support.engines import DuckDB\n"
        "with DuckDB(Path(sys.argv[1])).open().lease('detector', 'a', 3600.0) as token:\n"
        "    print(token is not None, flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout, contextlib.closing(DuckDB(tmp_path).open()) as warehouse:
        assert process.stdout.readline() == "True\n"
        assert not has_lease(warehouse, "b")
        process.kill()
        process.wait(60)
        assert has_lease(warehouse, "b")


def test_a_lease_beside_a_file_in_a_folder_that_is_not_there_is_a_config_error(tmp_path: Path) -> None:
    engine = DuckDB(tmp_path / "not" / "there")
    with contextlib.closing(engine.open()) as warehouse, pytest.raises(ConfigError, match="not/there"):
        has_lease(warehouse, "a")
