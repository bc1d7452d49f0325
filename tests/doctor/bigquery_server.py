"""A server that answers as BigQuery's REST API does, as far as `mp doctor` asks it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.json_server import json_server

PROJECT, DATASET = "my-project", "mixpanel_data"
OF_DATASET = f"/bigquery/v2/projects/{PROJECT}/datasets/{DATASET}"
OF_JOBS = f"/bigquery/v2/projects/{PROJECT}/jobs"
OF_RIGHTS = f"{OF_DATASET}/tables/mixpanel_events:testIamPermissions"


@dataclass
class BigQueryServer:
    """The answers by path; a test puts another in the place of one. `asked` has the methods and paths of requests."""

    url: str = ""
    answers: dict[str, tuple[int, Mapping[str, Any]]] = field(
        default_factory=lambda: {
            OF_DATASET: (200, {"datasetReference": {"projectId": PROJECT, "datasetId": DATASET}, "location": "US"}),
            OF_JOBS: (200, {"jobReference": {"projectId": PROJECT, "jobId": "j"}, "status": {"state": "DONE"}}),
            OF_RIGHTS: (200, {"permissions": ["bigquery.tables.getData", "bigquery.tables.updateData"]}),
            f"{OF_DATASET}/tables": (200, {"tables": []}),
        }
    )
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def refuse(self, path: str, status: int, reason: str, message: str) -> None:
        """Answer a path with an error of Google's."""
        self.answers[path] = (status, {"error": {"message": message, "errors": [{"reason": reason}]}})


@contextmanager
def bigquery_server() -> Iterator[BigQueryServer]:
    """The server on a port of its own."""
    served = BigQueryServer()

    def respond(method: str, target: str, body: bytes) -> tuple[int, Mapping[str, Any]]:
        path = target.partition("?")[0]
        served.asked.append((method, path, json.loads(body or b"null")))
        return served.answers.get(path, (404, {"error": {"message": f"Not found: Table {path}"}}))

    with json_server(respond) as served.url:
        yield served
