"""`POST /import?strict=1`: a JSON array of `$merge` events; the stand-in takes no others."""

from __future__ import annotations

import json
from typing import Any

from mixpanel_data_standins.mixpanel.answers import Answer, RefusalError, Request, reason_of, refusal_of
from mixpanel_data_standins.mixpanel.events.pieces import Fresh
from mixpanel_data_standins.mixpanel.faults import Fault, RefusedMerges, Status
from mixpanel_data_standins.mixpanel.imports.merges import problem_of
from mixpanel_data_standins.mixpanel.project import Project

MOST_EVENTS = 2000
SIMPLIFIED = "identity events are not allowed when project is using simplified identity management"


def answer(project: Project, request: Request) -> Answer:
    """Answer a call, with the next fault of the imports' queue. RefusalError where the answer is not 200."""
    fault = project.import_faults.take()
    project.access.check(request)
    if isinstance(fault, Status):
        raise refusal_of(fault)
    limit = project.behaviour.body_bytes
    if len(request.body) > limit:
        raise _refusal(413, f"request exceeds max limit of {limit} bytes")
    events = _events(request.body)
    if len(events) > MOST_EVENTS:
        raise _refusal(413, f"{len(events)} events, at most {MOST_EVENTS} are allowed")
    failed = [record for index, event in enumerate(events) if (record := _failed_record(project, index, event, fault))]
    refused = {record["index"] for record in failed}
    for index, event in enumerate(events):
        if index not in refused:
            project.merges.add(event["properties"])
    stored = len(events) - len(failed)
    if failed:
        raise _partial(failed, stored, fault.records if isinstance(fault, RefusedMerges) else "docs")
    body = {"code": 200, "num_records_imported": stored, "status": "OK"}
    return Answer(200, iter([Fresh(json.dumps(body).encode())]), "application/json", fault=fault)


def _events(body: bytes) -> list[Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _refusal(400, f"request body is not valid JSON: {error}") from error
    if not isinstance(document, list):
        raise _refusal(400, "request body must be an array")
    return document


def _failed_record(project: Project, index: int, event: Any, fault: Fault | None) -> dict[str, Any] | None:
    found = problem_of(event, project.access.token, project.now())
    if found is None and project.behaviour.identity == "simplified":
        found = "event", SIMPLIFIED
    properties = event.get("properties") if isinstance(event, dict) else None
    given = properties if isinstance(properties, dict) else {}
    if found is None and isinstance(fault, RefusedMerges) and fault.ids & set(given["$distinct_ids"]):
        found = "properties.$distinct_ids", "this merge is refused"
    if found is None:
        return None
    return {"index": index, "$insert_id": given.get("$insert_id"), "field": found[0], "message": found[1]}


def _refusal(status: int, error: str) -> RefusalError:
    return RefusalError(status, json.dumps({"code": status, "error": error, "status": reason_of(status)}), whole=True)


def _partial(failed: list[dict[str, Any]], stored: int, form: str) -> RefusalError:
    records: list[Any] = failed
    if form == "spec":
        records = [
            {"insert_id": record["$insert_id"], "field": record["field"], "message": record["message"]}
            for record in failed
        ]
    elif form == "text":
        records = [record["message"] for record in failed]
    body = {
        "code": 400,
        "error": "some data points in the request failed validation",
        "num_records_imported": stored,
        "status": "Bad Request",
        "failed_records": records,
    }
    return RefusalError(400, json.dumps(body), whole=True)
