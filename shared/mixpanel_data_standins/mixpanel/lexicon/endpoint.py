"""`GET` and `POST /api/app/projects/ID/schemas`: the Lexicon's entries, which a service account reads and stores."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

from mixpanel_data_standins.mixpanel.answers import Answer, RefusalError, Request, refusal_of
from mixpanel_data_standins.mixpanel.events.pieces import Fresh
from mixpanel_data_standins.mixpanel.faults import Fault, Status
from mixpanel_data_standins.mixpanel.lexicon.schemas import names_in, problem_of
from mixpanel_data_standins.mixpanel.project import Project

PREFIX, SUFFIX = "/api/app/projects/", "/schemas"


def is_for(path: str) -> bool:
    """Whether a request with this path is one of the Lexicon's."""
    return path.startswith(PREFIX) and path.endswith(SUFFIX)


def answer(project: Project, request: Request) -> Answer:
    """Answer a call, with the next fault of the Lexicon's queue. RefusalError where the answer is not 200.

    A fault of the connection hits a request whose entries are stored, as it does where the answer is lost.
    """
    fault = project.lexicon_faults.take()
    _check(project, request)
    if isinstance(fault, Status):
        raise refusal_of(fault)
    if request.method == "GET":
        _keep_to_limits(project, 0)
        return _answer(project.lexicon.entries, fault)
    limit = project.behaviour.body_bytes
    if len(request.body) > limit:
        raise _refusal(413, f"request exceeds max limit of {limit} bytes")
    document = _document(request.body)
    entries = _entries(document)
    _keep_to_limits(project, names_in(entries))
    added, deleted = project.lexicon.store(entries, truncate=document.get("truncate") is True)
    return _answer({"added": added, "deleted": deleted}, fault)


def _check(project: Project, request: Request) -> None:
    """Refuse credentials other than the service account's. The project stands in the path."""
    project_id = request.path.removeprefix(PREFIX).removesuffix(SUFFIX)
    account = replace(project.access, secrets_accepted=False)
    account.check(replace(request, parameters={**request.parameters, "project_id": project_id}))


def _keep_to_limits(project: Project, names: int) -> None:
    seconds = project.lexicon.wait(names, project.now())
    if seconds:
        text = json.dumps({"status": "error", "error": "Rate limit exceeded for schemas"})
        raise RefusalError(429, text, (("Retry-After", str(math.ceil(seconds))),), whole=True)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _refusal(400, f"request body is not valid JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("entries"), list):
        raise _refusal(400, "entries must be an array")
    return document


def _entries(document: dict[str, Any]) -> list[Any]:
    for entry in document["entries"]:
        if problem := problem_of(entry):
            raise _refusal(400, problem)
    return list(document["entries"])


def _answer(results: object, fault: Fault | None) -> Answer:
    body = json.dumps({"status": "ok", "results": results})
    return Answer(200, iter([Fresh(body.encode())]), "application/json", fault=fault)


def _refusal(status: int, error: str) -> RefusalError:
    return RefusalError(status, json.dumps({"status": "error", "error": error}), whole=True)
