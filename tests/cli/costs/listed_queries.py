"""A server that answers as BigQuery's REST API does, as far as `mp cost` asks it, with what a test says was billed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from support.json_server import json_server

PROJECT, DATASET = "my-project", "mixpanel_data"
_OF_PROJECT = f"/bigquery/v2/projects/{PROJECT}"
_OF_DATASET = f"{_OF_PROJECT}/datasets/{DATASET}"
VIEW = "INFORMATION_SCHEMA.JOBS"

_Columns = Mapping[str, str]
_BILLED: _Columns = {
    **dict.fromkeys(("job", "step"), "STRING"),
    **dict.fromkeys(("query_count", "bytes_billed", "reserved_bytes"), "INTEGER"),
    "first_at": "TIMESTAMP",
}
_SPAN: _Columns = {"first_minute": "TIMESTAMP", "last_minute": "TIMESTAMP"}
_VOLUME: _Columns = dict.fromkeys(("events", "names_of_days", "days"), "INTEGER")
_ARRIVALS: _Columns = dict.fromkeys(("arrived", "late", "updated", "days", "late_days"), "INTEGER")
_USERS: _Columns = dict.fromkeys(("users_of_days", "days", "users"), "INTEGER")


@dataclass
class ListedQueries:
    """What the server knows; a test changes it. `asked` has the texts of the queries, `parameters` those of the last.

    `billed` are the rows of the view, summed by job and step. `refusal` answers the query of the view with an error.
    """

    url: str = ""
    location: str = "US"
    billed: list[Sequence[Any]] = field(default_factory=list)
    refusal: tuple[int, str] | None = None
    measured: dict[str, tuple[_Columns, Sequence[Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    configurations: list[Mapping[str, Any]] = field(default_factory=list)

    def measures(self, first: datetime, last: datetime, events: int) -> None:
        """Let the tables have so many events between two minutes, of 100 names a day, and no more."""
        self.measured = {
            "MIN(minute)": (_SPAN, (first, last)),
            "names_of_days": (_VOLUME, (events, 2800, 28)),
            "late_days": (_ARRIVALS, (0, 0, 0, 0, 0)),
            "users_of_days": (_USERS, (0, 0, 0)),
        }

    def respond(self, method: str, target: str, body: bytes) -> tuple[int, Mapping[str, Any]]:
        path = target.partition("?")[0]
        if path == _OF_DATASET:
            reference = {"projectId": PROJECT, "datasetId": DATASET}
            return 200, {"datasetReference": reference, "location": self.location}
        if method == "POST" and path == f"{_OF_PROJECT}/jobs":
            return self._start(json.loads(body))
        if path.startswith(f"{_OF_PROJECT}/queries/"):
            return self._rows(int(path.rpartition("q")[2]))
        return 404, {"error": {"message": f"Not found: {path}"}}

    def _start(self, job: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        text = job["configuration"]["query"]["query"]
        self.asked.append(text)
        self.configurations.append(job["configuration"])
        if self.refusal is not None and VIEW in text:
            status, message = self.refusal
            return status, {"error": {"message": message, "errors": [{"reason": "accessDenied"}]}}
        reference = {"projectId": PROJECT, "jobId": f"q{len(self.asked) - 1}", "location": self.location}
        statistics = {"query": {"statementType": "SELECT", "totalBytesBilled": "10485760"}}
        return 200, {
            "jobReference": reference,
            "configuration": job["configuration"],
            "status": {"state": "DONE"},
            "statistics": statistics,
        }

    def _rows(self, number: int) -> tuple[int, Mapping[str, Any]]:
        columns, rows = self._answer(self.asked[number])
        return 200, {
            "jobReference": {"projectId": PROJECT, "jobId": f"q{number}", "location": self.location},
            "jobComplete": True,
            "totalRows": str(len(rows)),
            "schema": {"fields": [{"name": name, "type": kind} for name, kind in columns.items()]},
            "rows": [{"f": [{"v": _cell(value)} for value in row]} for row in rows],
        }

    def _answer(self, text: str) -> tuple[_Columns, Sequence[Sequence[Any]]]:
        if VIEW in text:
            return _BILLED, self.billed
        return next((columns, [row]) for mark, (columns, row) in self.measured.items() if mark in text)


def _cell(value: Any) -> str | None:
    if isinstance(value, datetime):
        return str(round(value.timestamp() * 1_000_000))
    return None if value is None else str(value)


@contextmanager
def listed_queries() -> Iterator[ListedQueries]:
    """The server on a port of its own."""
    served = ListedQueries()
    with json_server(served.respond) as served.url:
        yield served
