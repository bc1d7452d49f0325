"""`POST /engage`: updates of profiles, a JSON array of them or one."""

from __future__ import annotations

import json
from typing import Any

from mixpanel_data_standins.mixpanel.answers import Answer, RefusalError, Request
from mixpanel_data_standins.mixpanel.faults import Fault, Partial, Status
from mixpanel_data_standins.mixpanel.pieces import Fresh
from mixpanel_data_standins.mixpanel.profiles import fault_of
from mixpanel_data_standins.mixpanel.project import Project

MOST_UPDATES = 2000
UPDATE_BYTES = 1_000_000


def answer(project: Project, request: Request) -> Answer:
    """Answer a call, with the next fault of the profiles' queue; RefusalError if it is not to be answered 200.

    As with the real one, an answer 200 does not say that the token is known: updates with another's go nowhere."""
    fault = project.profile_faults.take()
    if isinstance(fault, Status):
        retry_after = (("Retry-After", fault.retry_after),) if fault.retry_after is not None else ()
        raise RefusalError(fault.status, fault.body, retry_after, whole=True)
    limit = project.behaviour.body_bytes
    if len(request.body) > limit:
        raise _refusal(413, f"request exceeds max limit of {limit} bytes")
    updates = _updates(request.body)
    if not updates or len(updates) > MOST_UPDATES:
        return _told(request, f"{len(updates)} updates, 1 to {MOST_UPDATES} are allowed", fault)
    failed = [wrong for index, update in enumerate(updates) if (wrong := _wrong(index, update, fault))]
    if failed and not isinstance(fault, Partial):
        return _told(request, f"{failed[0]['field']}, {failed[0]['message']}", fault)
    _apply(project, updates, {record["index"] for record in failed})
    if failed:
        raise _partial(failed, is_untold=isinstance(fault, Partial) and fault.untold)
    return _told(request, None, fault)


def _apply(project: Project, updates: list[Any], but: set[int]) -> None:
    for index, update in enumerate(updates):
        if index not in but and update["$token"] == project.access.token:
            project.profiles.apply(update, project.now())


def _updates(body: bytes) -> list[Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _refusal(400, f"data, not valid JSON: {error}") from error
    return document if isinstance(document, list) else [document]


def _wrong(index: int, update: Any, fault: Fault | None) -> dict[str, Any] | None:
    found = fault_of(update)
    if found is None and len(json.dumps(update, ensure_ascii=False).encode()) > UPDATE_BYTES:
        found = "", f"an update may have {UPDATE_BYTES} bytes"
    if found is None and isinstance(fault, Partial) and update["$distinct_id"] in fault.distinct_ids:
        found = "$distinct_id", "this id is refused"
    return None if found is None else {"index": index, "field": found[0], "message": found[1]}


def _told(request: Request, error: str | None, fault: Fault | None) -> Answer:
    """The answer 200 with what was wrong, in words if asked for them, else as 1 or 0."""
    status = 1 if error is None else 0
    is_verbose = request.parameters.get("verbose") == "1"
    body = json.dumps({"status": status, "error": error}) if is_verbose else str(status)
    return Answer(200, iter([Fresh(body.encode())]), "application/json" if is_verbose else "text/plain", fault=fault)


def _refusal(status: int, error: str) -> RefusalError:
    return RefusalError(status, json.dumps({"status": 0, "error": error}), whole=True)


def _partial(failed: list[dict[str, Any]], *, is_untold: bool) -> RefusalError:
    records = [record["message"] for record in failed] if is_untold else failed
    body = {"status": 0, "error": "some data points in the request failed validation", "failed_records": records}
    return RefusalError(400, json.dumps(body), whole=True)
