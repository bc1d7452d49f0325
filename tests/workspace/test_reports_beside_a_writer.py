"""A report while another program publishes: every figure in it is of before a transaction, or of after it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from mixpanel_data.warehouse.duckdb import DuckDBWarehouse
from mixpanel_data.workspace.workspace import Workspace
from support.engines import DATASET, EVENTS_TABLE

# One purchase more for each of two users on each of two days; nothing in between is ever committed. It asks for the
# file again at once, so that it finds every gap that a report leaves.
PUBLISHING = """
import sys
import duckdb

path, table = sys.argv[1:]
connection = duckdb.connect(":memory:")
number = 0
while number < 10_000:
    try:
        connection.execute(f"ATTACH '{path}' AS file (TYPE duckdb)")
    except duckdb.IOException:
        continue
    number += 1
    connection.begin()
    for user in ("ann", "bob"):
        for day in ("2024-03-01", "2024-03-02"):
            connection.execute(
                f"INSERT INTO file.{table}"
                " (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id)"
                " VALUES ($time, $time, 'Purchase', '{}', $user, $id)",
                {"time": f"{day} 12:00:00+00", "user": user, "id": f"{user} {day} {number}"},
            )
    connection.commit()
    connection.execute("DETACH file")
    print(number, flush=True)
"""
ASKED = {
    "events": "Purchase",
    "from_date": "2024-03-02",
    "to_date": "2024-03-02",
    "timezone": "UTC",
    "compare": "previous",
    "segments": [{"ids": ["ann"]}, {"ids": ["bob"]}],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A DuckDB file with the tables of the warehouse, which are empty."""
    path = tmp_path / "events.duckdb"
    warehouse = DuckDBWarehouse(path, dataset=DATASET, events_table=EVENTS_TABLE, create_tables=True)
    warehouse.tables()
    warehouse.close()
    return path


@pytest.fixture
def published(file: Path) -> Iterator[Iterator[int]]:
    """A program that publishes all the time: the numbers of its transactions, the first of which has happened."""
    program = [sys.executable, "-c", PUBLISHING, str(file), f"{DATASET}.{EVENTS_TABLE}"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        numbers = map(int, process.stdout)
        assert next(numbers) == 1
        yield numbers
        process.kill()


@pytest.mark.sequences
def test_all_parts_of_a_report_are_of_one_moment_and_nobody_waits_forever(file: Path, published: Iterator[int]) -> None:
    moments: list[int] = []
    workspace = Workspace.open(file)
    while len(set(moments)) < 4:
        answer = workspace.report.segmentation(**ASKED)
        figures = [row["value"] for row in answer.rows]
        assert figures == [figures[0]] * 4
        moments.append(figures[0])
        # The writer goes on: what it commits next is more than the report has seen.
        assert any(number > figures[0] for number in published)
    assert moments == sorted(moments)


def test_a_report_writes_nothing_into_the_file(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"DROP TABLE {DATASET}.job_runs")
        connection.execute(
            f"INSERT INTO {DATASET}.{EVENTS_TABLE} (event_timestamp, inserted_at, event_name, properties, distinct_id,"
            " event_id) VALUES ('2024-03-02 12:00+00', '2024-03-02 12:00+00', 'Purchase', '{}', 'ann', '1')"
        )
    before = file.read_bytes()
    answer = Workspace.open(file).report.segmentation(**ASKED)
    assert [row["value"] for row in answer.rows] == [1, 0, 0, 0]
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]
