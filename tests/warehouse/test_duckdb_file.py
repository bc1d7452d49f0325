"""A DuckDB file is held no longer than needed, and left in order by whoever dies, fails or runs out of disk."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    ConfigError,
    QueryError,
    WarehouseBusyError,
    WarehouseRefusedError,
    WarehouseUnavailableError,
)
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.duckdb import DuckDBWarehouse
from mixpanel_data.warehouse.statements import Statement
from support.engines import (
    DuckDB,
)
from support.stored_rows import all_rows_of
from warehouse.locks import (
    FAIL,
    INSERT,
    KEEP,
    LOCKS,
    PUBLISH,
    Lines,
    a_run,
    locks,
    publish,
    staged,
    transact,
)

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


def test_a_file_that_another_process_holds_is_named_at_the_deadline(made: DuckDB) -> None:
    opened = made.open(deadline=Deadline.after(0))
    with holder(made.path), pytest.raises(WarehouseBusyError, match=str(made.path)):
        opened.rows(LOCKS)
    assert locks(opened) == [("a", 1)]
    opened.close()


def test_a_file_that_is_released_in_time_is_used(made: DuckDB, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = made.open(deadline=Deadline.after(300))
    waits = []
    with holder(made.path) as process:

        def let_go(seconds: float) -> None:
            waits.append(seconds)
            process.communicate()

        monkeypatch.setattr("mixpanel_data.warehouse.duckdb.attaching.time", SimpleNamespace(sleep=let_go))
        transact(opened, INSERT, job="b", n=2)
    assert len(waits) == 1
    assert locks(opened) == [("a", 1), ("b", 2)]
    opened.close()


def test_between_statements_the_file_is_free_for_others(made: DuckDB) -> None:
    opened = made.open()
    assert locks(opened) == [("a", 1)]
    staging = opened.staging(a_run(), 1)
    staging.load(Lines(b"b\n"))
    with holder(made.path):
        assert staged(staging) == ["b"]
    publish(staging, PUBLISH)
    with holder(made.path):
        staging.close()
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


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    opened = DuckDB(tmp_path / "missing").open()
    with pytest.raises(ConfigError, match="missing"):
        opened.rows(LOCKS)
    opened.close()


def test_a_file_that_is_not_a_database_is_named(tmp_path: Path) -> None:
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
def test_reading_deletes_no_expired_rows(expired: DuckDB, create_tables: bool) -> None:
    for _ in range(2):
        reader = expired.open(create_tables=create_tables)
        assert rejected(reader) == ["new", "old"]
        staging = reader.staging(a_run(), 1)
        staging.load(Lines(b"a\n"))
        staging.materialise(KEEP)
        staging.close()
        reader.close()


@pytest.mark.parametrize("is_failing", [False, True], ids=["succeeds", "fails"])
def test_the_first_transaction_that_succeeds_deletes_expired_rows(expired: DuckDB, is_failing: bool) -> None:
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


def test_the_staged_data_of_a_killed_process_and_nothing_else_is_removed_by_the_next_process(
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


def test_the_folder_of_a_process_that_died_before_it_named_it_is_removed_an_hour_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    old, fresh = folder / ".mixpanel_data_staging_old", folder / ".mixpanel_data_staging_fresh"
    old.mkdir(parents=True)
    fresh.mkdir()
    os.utime(old, (0, 0))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    DuckDB(tmp_path).open().close()
    assert set(folder.iterdir()) == {fresh}


def test_a_file_that_was_removed_is_made_again_by_the_same_warehouse(tmp_path: Path) -> None:
    """The new file often gets the inode of the old, so it cannot be told by that."""
    opened = DuckDB(tmp_path)
    warehouse = opened.open()
    for run in ("first", "second"):
        transact(warehouse, INSERT, job=run, n=1)
        assert [row["job"] for row in warehouse.rows(all_rows_of("job_locks"))] == [run]
        opened.path.unlink()
    warehouse.close()


def test_ctrl_c_during_a_statement_raises_keyboard_interrupt(tmp_path: Path) -> None:
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


def test_work_that_does_not_fit_into_the_memory_limit_names_the_limit_and_its_variable(tmp_path: Path) -> None:
    """One text is in memory as a whole, here more than 60 MB of it."""
    large = Statement(
        "large",
        "SELECT LENGTH(STRING_AGG(CAST(n AS STRING), ' ')) AS characters FROM UNNEST(GENERATE_ARRAY(1, 8000000)) AS n",
    )
    path = tmp_path / "small.duckdb"
    warehouse = DuckDBWarehouse(path, dataset="d", events_table="e", create_tables=True, memory_limit="64MB")
    with pytest.raises(
        WarehouseRefusedError, match=r"61\.0 MiB used.* Raise DUCKDB_MEMORY_LIMIT, or give the job less"
    ):
        warehouse.rows(large)
    assert warehouse.rows(LOCKS) == []
    warehouse.close()


def test_a_full_disk_is_an_error_of_its_own_when_lines_are_staged(tmp_path: Path) -> None:
    warehouse = DuckDB(tmp_path).open()
    staging = warehouse.staging(a_run(), 1)
    with pytest.raises(WarehouseUnavailableError, match="No space left on device"):
        staging.load(Lines(b"a\n", error=OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(OSError, match="another"):
        staging.load(Lines(b"a\n", error=OSError(errno.EIO, "another")))
    staging.close()
    warehouse.close()
