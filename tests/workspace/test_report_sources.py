"""What a report reads with: how much memory, and what it says of a file that it cannot read."""

from pathlib import Path

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError, TableNotFoundError, WarehouseBusyError
from mixpanel_data.base.memory import half_of_memory
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.warehouse.duckdb import DuckDBWarehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.workspace.reporting.choosing import source_of
from mixpanel_data.workspace.storage.file import WorkspaceFile
from mixpanel_data.workspace.storage.place import Place
from support.engines import DATASET, EVENTS_TABLE

LIMIT = Statement("the limit", "SELECT current_setting('memory_limit') AS used")


def megabytes(limit: str) -> float:
    """A limit as DuckDB tells it, in units of 1,000,000 bytes."""
    number, unit = limit.split()
    return float(number) * {"MiB": 1024**2, "GiB": 1024**3}[unit] / 1_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A DuckDB file with the tables of the warehouse and a fetched table without events."""
    path = tmp_path / "events.duckdb"
    warehouse = DuckDBWarehouse(path, dataset=DATASET, events_table=EVENTS_TABLE, create_tables=True)
    warehouse.create_table(
        "events",
        {
            "event_name": "STRING",
            "event_time": "TIMESTAMP",
            "distinct_id": "STRING",
            "insert_id": "STRING",
            "properties": "JSON",
        },
    )
    warehouse.close()
    return path


def limit_of(path: Path, given: str) -> float:
    settings = Settings.from_env({"WAREHOUSE": f"duckdb:///{path}", "DUCKDB_MEMORY_LIMIT": given})
    with source_of(WorkspaceFile(Place(path, "a test")), settings, None) as source:
        (row,) = source.warehouse.rows(LIMIT)
        return megabytes(row["used"])


def test_a_report_uses_half_of_the_machine_s_memory_or_what_is_set(path: Path) -> None:
    half = float(half_of_memory().removesuffix("MB"))
    assert limit_of(path, "") == pytest.approx(half, rel=0.05)
    assert limit_of(path, "64MB") == pytest.approx(64, rel=0.01)


def test_while_a_report_reads_the_file_is_its_own(path: Path) -> None:
    settings = Settings.from_env({"WAREHOUSE": f"duckdb:///{path}"})
    other = DuckDBWarehouse(path, dataset=DATASET, events_table=EVENTS_TABLE, create_tables=False)
    with source_of(WorkspaceFile(Place(path, "a test")), settings, None), pytest.raises(WarehouseBusyError):
        other.within(Deadline.after(0.1)).tables()
    assert "events" in other.tables()
    other.close()


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("missing", TableNotFoundError, "does not exist"),
        ("text", ConfigError, "is no DuckDB file, or a damaged one"),
        ("empty", ConfigError, "is no DuckDB file, or a damaged one"),
        ("folder", ConfigError, "Is a directory"),
        ("in a file", TableNotFoundError, "does not exist"),
    ],
)
def test_what_is_no_duckdb_file_is_named_and_left_as_it_is(
    tmp_path: Path, kind: str, error: type[Exception], message: str
) -> None:
    path = tmp_path / "events.duckdb"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_text("text" if kind == "text" else "")
    asked = path / "inner.duckdb" if kind == "in a file" else path
    before = [(each.name, each.is_file() and each.read_bytes()) for each in tmp_path.iterdir()]
    settings = Settings.from_env({"WAREHOUSE": f"duckdb:///{asked}"})
    with (
        pytest.raises(error, match=message) as raised,
        source_of(WorkspaceFile(Place(asked, "a test")), settings, None),
    ):
        pass
    assert str(asked) in str(raised.value)
    assert [(each.name, each.is_file() and each.read_bytes()) for each in tmp_path.iterdir()] == before
