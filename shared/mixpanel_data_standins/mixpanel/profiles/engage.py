"""`POST /engage`: one update of a profile, or a JSON array of updates."""

from __future__ import annotations

import json
from typing import Any

from mixpanel_data_standins.mixpanel.answers import Answer, RefusalError, Request, refusal_of
from mixpanel_data_standins.mixpanel.events.pieces import Fresh
from mixpanel_data_standins.mixpanel.faults import Fault, Partial, Status
from mixpanel_data_standins.mixpanel.profiles.profiles import problem_of
from mixpanel_data_standins.mixpanel.project import Project

MOST_UPDATES = 2000
UPDATE_BYTES = 1_000_000


def answer(project: Project, request: Request) -> Answer:
    """Answer a call, with the next fault of the profiles' queue. RefusalError where the answer is not 200.

    An unknown token is not an error: like Mixpanel, the stand-in answers 200 and drops the update."""
    fault = project.profile_faults.take()
    if isinstance(fault, Status):
        raise refusal_of(fault)
    limit = project.behaviour.body_bytes
    if len(request.body) > limit:
        raise _refusal(413, f"request exceeds max limit of {limit} bytes")
    updates = _updates(request.body)
    if not updates or len(updates) > MOST_UPDATES:
        return _answer(request, f"{len(updates)} updates, 1 to {MOST_UPDATES} are allowed", fault)
    failed = [record for index, update in enumerate(updates) if (record := _failed_record(index, update, fault))]
    if failed and not isinstance(fault, Partial):
        return _answer(request, f"{failed[0]['field']}, {failed[0]['message']}", fault)
    _apply(project, updates, {record["index"] for record in failed})
    if failed:
        raise _partial(failed, without_positions=isinstance(fault, Partial) and fault.without_positions)
    return _answer(request, None, fault)


def _apply(project: Project, updates: list[Any], skipped: set[int]) -> None:
    for index, update in enumerate(updates):
        if index not in skipped and update["$token"] == project.access.token:
            project.profiles.apply(update, project.now())


def _updates(body: bytes) -> list[Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _refusal(400, f"data, not valid JSON: {error}") from error
    return document if isinstance(document, list) else [document]


def _failed_record(index: int, update: Any, fault: Fault | None) -> dict[str, Any] | None:
    found = problem_of(update)
    if found is None and len(json.dumps(update, ensure_ascii=False).encode()) > UPDATE_BYTES:
        found = "", f"an update can have at most {UPDATE_BYTES} bytes"
    if found is None and isinstance(fault, Partial) and update["$distinct_id"] in fault.distinct_ids:
        found = "$distinct_id", "this id is refused"
    return None if found is None else {"index": index, "field": found[0], "message": found[1]}


def _answer(request: Request, error: str | None, fault: Fault | None) -> Answer:
    """The answer 200 with the error; without `verbose=1` only 1 (no error) or 0."""
    status = 1 if error is None else 0
    is_verbose = request.parameters.get("verbose") == "1"
    body = json.dumps({"status": status, "error": error}) if is_verbose else str(status)
    return Answer(200, iter([Fresh(body.encode())]), "application/json" if is_verbose else "text/plain", fault=fault)


def _refusal(status: int, error: str) -> RefusalError:
    return RefusalError(status, json.dumps({"status": 0, "error": error}), whole=True)


def _partial(failed: list[dict[str, Any]], *, without_positions: bool) -> RefusalError:
    records = [record["message"] for record in failed] if without_positions else failed
    body = {"status": 0, "error": "some data points in the request failed validation", "failed_records": records}
    return RefusalError(400, json.dumps(body), whole=True)
