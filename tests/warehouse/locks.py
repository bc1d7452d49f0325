"""Statements on job_locks, the smallest of the tables, and lines that become rows of it."""

import gzip
import uuid
from collections.abc import Iterator
from typing import Any

from mixpanel_data.base.errors import QueryError, TableNotFoundError
from mixpanel_data.warehouse.base import Staging, Warehouse
from mixpanel_data.warehouse.statements import Statement

LOCKS = Statement("all locks", "SELECT job, n FROM job_locks ORDER BY job, n")
INSERT = Statement("a lock", "INSERT INTO job_locks (job, n) SELECT @job, @n", {"job": "STRING", "n": "INT64"})
INSERT_OTHER = Statement(
    "another lock", "INSERT INTO job_locks (job, n) SELECT @who, @n", {"who": "STRING", "n": "INT64"}
)
FAIL = Statement("what fails", "INSERT INTO job_locks (job, n) SELECT 'dead', CAST(ERROR('dead') AS INT64)")
KEEP = Statement("what is kept", "SELECT line FROM staged_lines", creates="kept")
KEPT = Statement("the lines that are kept", "SELECT line FROM kept")
PUBLISH = Statement("what is published", "INSERT INTO job_locks (job, n) SELECT line, 1 FROM kept")
GUARD = Statement(
    "the guard",
    "UPDATE job_locks SET n = n + 1, holder = IF(COALESCE(holder, '') = @lease, holder, ERROR('taken over'))"
    " WHERE job = @job",
    {"lease": "STRING", "job": "STRING"},
)


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


def transact(warehouse: Warehouse, *statements: Statement, **parameters: Any) -> None:
    warehouse.transact(f"{a_run()}-test-1", statements, **parameters)


def publish(staging: Staging, *statements: Statement) -> None:
    staging.transact(f"{a_run()}-publish-1", statements)


def locks(warehouse: Warehouse) -> list[tuple[str, int]]:
    return [(row["job"], row["n"]) for row in warehouse.rows(LOCKS)]


def staged(staging: Staging) -> list[str]:
    """The lines that are staged, in order of the alphabet; none if there is no such relation."""
    try:
        staging.materialise(KEEP)
    except (TableNotFoundError, QueryError):
        return []
    return sorted(row["line"] for row in staging.rows(KEPT))
