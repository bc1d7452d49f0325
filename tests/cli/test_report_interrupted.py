"""Ctrl-C ends a report at once wherever it arrives, and leaves nothing behind."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from mixpanel_data.warehouse.duckdb import DuckDBWarehouse
from support.engines import DATASET, EVENTS_TABLE

pytestmark = pytest.mark.sequences

# Where the signal comes: as soon as this function is called, in a process that reports.
PLACES = {
    "when the file is attached": "mixpanel_data.warehouse.duckdb.file:File._attach",
    "when a statement is translated": "mixpanel_data.warehouse.duckdb.warehouse:to_duckdb",
    "when a statement is bound": "mixpanel_data.warehouse.duckdb.streams:DuckDBRows.__init__",
    "when a statement runs": "mixpanel_data.warehouse.duckdb.streams:DuckDBRows._rows",
    "when the file is detached": "mixpanel_data.warehouse.duckdb.file:File._detach_if_unused",
    "when the answer is drawn": "mixpanel_data.reports.answers.showing:drawn",
    "when the page takes its place": "pathlib:Path.replace",
    "when the page is made": "mixpanel_data.reports.answers.showing:page_of",
}
REPORTING = """
import functools, importlib, os, signal, sys
from mixpanel_data.cli import main

module, _, path = sys.argv.pop(1).partition(":")
*owners, name = path.split(".")
owner = functools.reduce(getattr, owners, importlib.import_module(module))
original = getattr(owner, name)

def interrupted(*arguments, **options):
    setattr(owner, name, original)
    os.kill(os.getpid(), signal.SIGINT)
    return original(*arguments, **options)

setattr(owner, name, interrupted)
sys.exit(main(sys.argv[1:]))
"""
# As DuckDB within one piece of a statement, but for a minute.
UNSTOPPABLE = """
import os, signal, sys, threading
from mixpanel_data.cli import app, main
from mixpanel_data.cli.base import interrupts
from mixpanel_data.warehouse.duckdb.folders import TemporaryFolder

def command(arguments, **options):
    with interrupts.ended_soon():
        (TemporaryFolder().path / "spilled").write_bytes(b"rows")
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            threading.Event().wait(60)

app.app = command
sys.exit(main([]))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A DuckDB file with one event."""
    path = tmp_path / "events.duckdb"
    warehouse = DuckDBWarehouse(path, dataset=DATASET, events_table=EVENTS_TABLE, create_tables=True)
    warehouse.tables()
    warehouse.close()
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"INSERT INTO {DATASET}.{EVENTS_TABLE} (event_timestamp, inserted_at, event_name, properties, distinct_id,"
            " event_id) VALUES ('2024-03-02 12:00+00', '2024-03-02 12:00+00', 'Purchase', '{}', 'ann', '1')"
        )
    return path


def run(program: str, *arguments: str, folder: Path, warehouse: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program whose temporary folders are in this one."""
    temporary = folder / "temporary"
    temporary.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "TMPDIR": str(temporary),
        "WAREHOUSE": warehouse,
        "HOME": str(folder / "home"),
    }
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("place", PLACES)
def test_ctrl_c_ends_a_report_with_130_and_leaves_the_file_as_it_was(tmp_path: Path, file: Path, place: str) -> None:
    days = ("--from", "2024-03-01", "--to", "2024-03-02")
    asked = ("report", "segmentation", "--event", "Purchase", *days, "--html", "page.html", "--format", "table")
    before = file.read_bytes()
    ended = run(REPORTING, PLACES[place], *asked, folder=tmp_path, warehouse=f"duckdb:///{file}")
    assert ended.returncode == 130, ended.stderr
    assert "Traceback" not in ended.stderr
    assert file.read_bytes() == before
    assert list((tmp_path / "temporary").iterdir()) == []
    left = {path.name for path in tmp_path.iterdir()} - {"temporary", "home"}
    assert left - {"page.html"} == {file.name}
    assert ("page.html" in left) == (place == "when the answer is drawn")


def test_ctrl_c_ends_what_cannot_be_stopped(tmp_path: Path) -> None:
    ended = run(UNSTOPPABLE, folder=tmp_path)
    assert (ended.returncode, ended.stdout) == (130, "")
    assert list((tmp_path / "temporary").iterdir()) == []
