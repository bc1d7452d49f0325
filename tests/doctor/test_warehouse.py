"""The rows of a DuckDB file, with each thing wrong in turn: it stays as it is, byte for byte."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from cli.shell import Mp
from doctor.diagnosis import checks_of, failed, text_of
from support.engines import DATASET, DuckDB

# DuckDB's: the blocks follow three headers.
HEADERS, BLOCK = 3 * 4096, 262_144
HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
READ = (
    "import fcntl, sys; file = open(sys.argv[1]); fcntl.lockf(file, fcntl.LOCK_SH); print('held', flush=True); "
    "sys.stdin.read()"
)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_file_with_tables_is_all_right_and_stays_as_it_is(mp: Mp, dataset: DuckDB) -> None:
    before = bytes_of(dataset.path.parent)
    checks = checks_of(mp)
    assert failed(checks) == []
    assert [checks[f"warehouse {name}"]["verdict"] for name in ("file", "disk", "tables", "project")] == ["ok"] * 4
    assert bytes_of(dataset.path.parent) == before


def test_a_file_that_is_not_there_is_not_made(mp: Mp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = checks_of(mp)
    assert (failed(checks), checks["warehouse file"]["verdict"]) == ([], "skipped")
    assert "mp collect" in text_of(checks, "warehouse file")
    monkeypatch.setenv("CREATE_TABLES", "false")
    assert failed(checks_of(mp)) == ["warehouse file"]
    monkeypatch.setenv("WAREHOUSE", "duckdb:///no/folder.duckdb")
    assert failed(checks_of(mp)) == ["warehouse file"]
    assert list(tmp_path.iterdir()) == []


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[:8192] = b"x" * 8192
    path.write_bytes(content)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:HEADERS])


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (damaged, ["no DuckDB file, or a damaged one", "Put a copy of it back", "WAREHOUSE"]),
        (cut_off, ["no DuckDB file, or a damaged one", "Put a copy of it back"]),
        (a_folder, ["Is a directory"]),
    ],
)
def test_a_file_that_cannot_be_opened_is_told(
    mp: Mp, dataset: DuckDB, spoil: Callable[[Path], None], words: list[str]
) -> None:
    spoil(dataset.path)
    checks = checks_of(mp)
    assert failed(checks) == ["warehouse file"]
    assert [word for word in words if word not in text_of(checks, "warehouse file")] == []
    assert {checks[name]["verdict"] for name in ("warehouse tables", "warehouse project", "jobs all")} == {"skipped"}


def test_a_file_that_is_damaged_within_says_what_to_do(mp: Mp, dataset: DuckDB) -> None:
    with duckdb.connect(str(dataset.path)) as connection:
        # What is compressed to nothing has no block.
        lock = "repeat(md5(range::VARCHAR), 9), range, '77', 'old'"
        columns = "(job, n, project_id, events_table)"
        connection.execute(f"INSERT INTO {DATASET}.job_locks {columns} SELECT {lock} FROM range(9000); CHECKPOINT")
        found = connection.execute(f"SELECT DISTINCT block_id FROM pragma_storage_info('{DATASET}.job_locks')")
        blocks = [block for (block,) in found.fetchall() if block >= 0]
    with dataset.path.open("r+b") as file:
        for block in blocks:
            file.seek(HEADERS + block * BLOCK + BLOCK // 2)
            file.write(b"damaged")
    checks = checks_of(mp)
    assert failed(checks) == ["warehouse project"]
    assert "damaged or was cut off. Put a copy of it back" in text_of(checks, "warehouse project")


@contextlib.contextmanager
def holder(program: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the file, by a program which says so and waits for the end of stdin."""
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.communicate("")


def test_a_program_that_only_reads_the_file_is_named(mp: Mp, dataset: DuckDB) -> None:
    # A lock for reading, as DuckDB's, without its second to start.
    with holder(READ, dataset.path) as reader:
        checks = checks_of(mp)
    assert (failed(checks), checks["warehouse file"]["verdict"]) == ([], "warning")
    assert f"(PID {reader.pid}) holds it" in text_of(checks, "warehouse file")
    assert checks["warehouse tables"]["verdict"] == "ok"


@pytest.mark.sequences
def test_a_program_that_holds_the_file_is_named(mp: Mp, dataset: DuckDB) -> None:
    with holder(HOLD, dataset.path) as held:
        checks = checks_of(mp)
    assert failed(checks) == ["warehouse file"]
    assert str(held.pid) in text_of(checks, "warehouse file")


def test_tables_of_an_earlier_version_are_told_where_no_run_completes_them(
    mp: Mp, dataset: DuckDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect(str(dataset.path)) as connection:
        connection.execute(f"DROP TABLE {DATASET}.segments; ALTER TABLE {DATASET}.alerts DROP COLUMN changed_at")
    for creates, failures in (("true", []), ("false", ["warehouse tables"])):
        monkeypatch.setenv("CREATE_TABLES", creates)
        checks = checks_of(mp)
        assert failed(checks) == failures
        assert "missing: 'segments'; without the column: 'alerts.changed_at'" in text_of(checks, "warehouse tables")


def test_tables_of_another_project_are_told(mp: Mp, dataset: DuckDB) -> None:
    with duckdb.connect(str(dataset.path)) as connection:
        connection.execute(
            f"INSERT INTO {DATASET}.job_locks (job, n, project_id, events_table) VALUES ('collector', 1, '77', 'old')"
        )
    checks = checks_of(mp)
    assert failed(checks) == ["warehouse project"]
    text = text_of(checks, "warehouse project")
    assert "has that of Mixpanel project 77 and events table old" in text
    assert ("another file in WAREHOUSE" in text, "BIGQUERY_DATASET" in text) == (True, False)
