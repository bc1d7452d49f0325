"""A dataset of an earlier version gets what was declared since, and loses nothing."""

import contextlib
import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mixpanel_data.base.errors import TableNotFoundError, UnavailableError, WarehouseRefusedError
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES
from support.collected_tables import tables_of
from support.collector_world import CollectorWorld as World
from support.engines import DuckDB, bigquery_at
from support.stored_rows import all_rows_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

# As version 0.1.0 made them on 28 November 2026, with a run that was under way and an event.
BEFORE = """
CREATE SCHEMA mixpanel_data;
USE mixpanel_data;
CREATE TABLE job_runs (
  run_id VARCHAR NOT NULL, part BIGINT NOT NULL, job VARCHAR NOT NULL, status VARCHAR NOT NULL,
  started_at TIMESTAMPTZ NOT NULL, finished_at TIMESTAMPTZ, window_from TIMESTAMPTZ, window_to TIMESTAMPTZ,
  arrivals_up_to BIGINT, read_until TIMESTAMPTZ, figures JSON USING COMPRESSION zstd, error VARCHAR
);
CREATE TABLE job_locks (job VARCHAR NOT NULL, n BIGINT NOT NULL);
CREATE TABLE job_leases (job VARCHAR NOT NULL, holder VARCHAR, held_until TIMESTAMPTZ);
CREATE TABLE mixpanel_events (
  event_timestamp TIMESTAMPTZ NOT NULL, inserted_at TIMESTAMPTZ NOT NULL, event_name VARCHAR NOT NULL,
  properties JSON NOT NULL USING COMPRESSION zstd, distinct_id VARCHAR,
  event_id VARCHAR NOT NULL USING COMPRESSION uncompressed, mp_processing_time_ms BIGINT, read_at TIMESTAMPTZ,
  contents_fingerprint BIGINT
);
CREATE TABLE rejected_events (
  line_id VARCHAR NOT NULL, first_rejected_at TIMESTAMPTZ NOT NULL, run_id VARCHAR NOT NULL, reason VARCHAR NOT NULL,
  line VARCHAR NOT NULL
);
INSERT INTO job_runs (run_id, part, job, status, started_at, window_from, window_to, figures) VALUES
  ('r1', 0, 'collector', 'ok', '2026-03-01 12:00:00+00', '2026-02-01', '2026-03-01', '{"request":"all","calls":3}'),
  ('r1', 1, 'collector', 'ok', '2026-03-01 12:00:00+00', '2026-02-01', '2026-03-01', '{"calls":3}'),
  ('r2', 0, 'detector', 'running', '2026-03-01 12:00:00+00', NULL, NULL, '{}');
INSERT INTO job_locks VALUES ('collector', 7), ('detector', 2);
INSERT INTO job_leases VALUES ('detector', NULL, NULL);
"""
LOCKS = Statement("all locks", "SELECT job, n FROM job_locks ORDER BY job")
HOLDERS = Statement("the holders", "SELECT job, holder, held_until FROM job_locks ORDER BY job")
HELD = Statement("a holder", "UPDATE job_locks SET holder = 'r3' WHERE job = 'detector'")
RUNS = Statement(
    "all runs", "SELECT run_id, part, figures, request, watermark, calls FROM job_runs ORDER BY run_id, part"
)


@pytest.fixture
def before(tmp_path: Path) -> DuckDB:
    """A file that the version before has made."""
    engine = DuckDB(tmp_path)
    with duckdb.connect(str(engine.path)) as console:
        console.execute(BEFORE)
    return engine


def test_columns_that_were_declared_since_are_added_and_no_row_is_lost(before: DuckDB) -> None:
    for _ in range(2):
        with contextlib.closing(before.open()) as warehouse:
            assert warehouse.rows(LOCKS) == [{"job": "collector", "n": 7}, {"job": "detector", "n": 2}]
            added = {"request": None, "watermark": None, "calls": None}
            assert warehouse.rows(RUNS) == [
                {"run_id": "r1", "part": 0, "figures": {"request": "all", "calls": 3}, **added},
                {"run_id": "r1", "part": 1, "figures": {"calls": 3}, **added},
                {"run_id": "r2", "part": 0, "figures": {}, **added},
            ]
            for table in TABLES.values():
                assert {column.name for column in table.columns} <= warehouse.columns(table.name).keys()
    with contextlib.closing(before.open()) as warehouse:
        warehouse.transact("run-held-1", [HELD])
        assert [row["holder"] for row in warehouse.rows(HOLDERS)] == [None, "r3"]


def test_a_job_goes_on_in_a_file_of_the_version_before(before: DuckDB) -> None:
    lines = [b'{"event":"a","properties":{"time":1772366400,"distinct_id":"ann","$insert_id":"1"}}']
    with World(before, lines) as world:
        assert world.collect("2026-03-01", "2026-03-02").inserted == 1
    with contextlib.closing(before.open()) as warehouse:
        assert len(tables_of(warehouse).mixpanel_events) == 1
        assert {row["run_id"] for row in warehouse.rows(all_rows_of("job_runs"))} > {"r1", "r2"}


def test_where_tables_are_not_ours_to_change_a_missing_column_is_named(before: DuckDB) -> None:
    with contextlib.closing(before.open(create_tables=False)) as warehouse:
        assert len(warehouse.rows(LOCKS)) == 2
        missing = r"job_locks has no column 'holder', 'held_until' yet.*CREATE_TABLES=true"
        for use in (
            lambda: warehouse.rows(HOLDERS),
            lambda: warehouse.stream(HOLDERS).__enter__(),
        ):
            with pytest.raises(TableNotFoundError, match=missing):
                use()
        with pytest.raises(TableNotFoundError, match="job_locks has no column 'holder' yet"):
            warehouse.transact("run-held-1", [HELD])
        with pytest.raises(WarehouseRefusedError, match="no_such_column"):
            warehouse.rows(Statement("wrong", "SELECT no_such_column FROM job_locks"))
        assert set(warehouse.columns("job_locks")) == {"job", "n"}


# BigQuery, by a double that keeps tables


@dataclass
class Tables:
    """The datasets and tables of a project, as the REST API gives them."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    changed_by_others: int = 0
    is_read_only: bool = False
    _versions: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def answer(self, method: str, path: str, body: dict[str, Any], etag: str | None) -> tuple[int, dict[str, Any]]:
        self.requests.append(f"{method} {path.removeprefix('/bigquery/v2/projects/local/')}")
        dataset, is_of_tables, name = path.removeprefix("/bigquery/v2/projects/local/datasets/").partition("/tables")
        name = name.removeprefix("/")
        if method == "GET" and not is_of_tables:
            return 200, {"datasetReference": {"projectId": "local", "datasetId": dataset}}
        if method == "GET" and not name:
            listed = [{key: one[key] for key in ("tableReference", "labels")} for one in self.tables.values()]
            return 200, {"tables": listed}
        if method == "POST" and is_of_tables:
            name = body["tableReference"]["tableId"]
            return 200, self._keep(name, body)
        if method == "GET":
            return (
                (200, self.tables[name]) if name in self.tables else (404, {"error": {"message": "Not found: Table"}})
            )
        if method == "PATCH":
            if self.is_read_only:
                return 403, {"error": {"message": "Access Denied: bigquery.tables.update"}}
            if self.changed_by_others:
                self.changed_by_others -= 1
                self._keep(name, {})
            if etag != self.tables[name]["etag"]:
                return 412, {"error": {"message": "Precondition check failed."}}
            return 200, self._keep(name, body)
        return 400, {"error": {"message": "Unrecognized name: holder", "errors": [{"reason": "invalidQuery"}]}}

    def _keep(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        kept = {**self.tables.get(name, {"labels": {}}), **body, "etag": f"v{next(self._versions)}"}
        self.tables[name] = kept
        return kept

    def columns(self, name: str) -> dict[str, str]:
        return {column["name"]: column.get("mode", "NULLABLE") for column in self.tables[name]["schema"]["fields"]}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    tables: Tables

    def do_GET(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        status, answer = self.tables.answer(self.command, self.path.partition("?")[0], body, self.headers["If-Match"])
        sent = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_POST = do_PATCH = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Project:
    """A project that answers at an address."""

    url: str
    tables: Tables

    def used(self, *, create_tables: bool = True) -> list[str]:
        """The requests of a warehouse that looks at a table."""
        self.tables.requests.clear()
        with contextlib.closing(bigquery_at(self.url, create_tables=create_tables)) as warehouse:
            warehouse.columns("job_locks")
            warehouse.columns("job_locks")
        return self.tables.requests


@pytest.fixture
def project() -> Iterator[Project]:
    tables = Tables()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"tables": tables})) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Project(f"http://127.0.0.1:{server.server_address[1]}", tables)
        server.shutdown()
        thread.join()


_NEW_OF_LOCKS = (
    "holder",
    "held_until",
    "project_id",
    "events_table",
    "zone",
    "mixed_until",
    "newest_seq",
    "newest_seq_at",
)


def of_before(project: Project) -> None:
    """The tables as the version before has left them: without columns of today, and without labels."""
    project.used()
    for table in project.tables.tables.values():
        table["labels"] = {}
    for name, columns in {"job_locks": [*_NEW_OF_LOCKS], "job_runs": ["calls"]}.items():
        schema = project.tables.tables[name]["schema"]
        schema["fields"] = [each for each in schema["fields"] if each["name"] not in columns]
        schema["fields"].append({"name": "of_a_user", "type": "STRING"})


def test_every_table_is_made_once(project: Project) -> None:
    project.used()
    assert project.tables.tables.keys() == TABLES.keys()
    assert project.tables.columns("job_locks")["job"] == "REQUIRED"


def test_where_nothing_is_to_do_one_list_tells_it(project: Project) -> None:
    project.used()
    listed = ["GET datasets/mixpanel_data", "GET datasets/mixpanel_data_staging", "GET datasets/mixpanel_data/tables"]
    look = "GET datasets/mixpanel_data/tables/job_locks"
    assert project.used() == [*listed, look, look]
    assert project.used(create_tables=False) == [look, look]


def test_a_table_of_the_version_before_is_completed_and_then_known(project: Project) -> None:
    of_before(project)
    changes = [request for request in project.used() if request.startswith("PATCH")]
    assert len(changes) == len(TABLES)
    assert project.tables.columns("job_locks") == {
        "job": "REQUIRED",
        "n": "REQUIRED",
        "of_a_user": "NULLABLE",
        **dict.fromkeys(_NEW_OF_LOCKS, "NULLABLE"),
    }
    assert "calls" in project.tables.columns("job_runs")
    assert [request for request in project.used() if not request.startswith("GET")] == []


def test_a_table_that_another_run_changes_meanwhile_is_read_again(project: Project) -> None:
    of_before(project)
    project.tables.changed_by_others = 2
    project.used()
    assert "holder" in project.tables.columns("job_locks")


def test_a_table_that_others_change_all_the_time_is_an_error(project: Project) -> None:
    of_before(project)
    project.tables.changed_by_others = 99
    with pytest.raises(UnavailableError, match="Preparing the tables"):
        project.used()


def test_an_account_that_only_reads_reads_a_table_of_the_version_before(project: Project) -> None:
    of_before(project)
    project.tables.is_read_only = True
    project.used()
    assert set(project.tables.columns("job_locks")) == {"job", "n", "of_a_user"}
    warehouse = bigquery_at(project.url, create_tables=True)
    with contextlib.closing(warehouse), pytest.raises(TableNotFoundError, match="job_locks has no column 'holder'"):
        warehouse.rows(HOLDERS)


def test_where_terraform_owns_the_tables_a_missing_column_is_named(project: Project) -> None:
    of_before(project)
    with contextlib.closing(bigquery_at(project.url)) as warehouse:
        with pytest.raises(TableNotFoundError, match=r"job_locks has no column 'holder'.*terraform -chdir=infra apply"):
            warehouse.rows(HOLDERS)
        with pytest.raises(TableNotFoundError, match=r"job_locks has no column 'holder'.*terraform -chdir=infra apply"):
            warehouse.transact("run-held-1", [HELD])
        with pytest.raises(WarehouseRefusedError, match="Unrecognized name"):
            warehouse.rows(LOCKS)
