"""`/api/app/me`, and the annotations of the project; neither costs a query."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mixpanel_data_standins.mixpanel.answers import Answer, RefusalError, Request, refusal_of
from mixpanel_data_standins.mixpanel.events.pieces import Fresh
from mixpanel_data_standins.mixpanel.faults import Status
from mixpanel_data_standins.mixpanel.hosts import QUERY_HOSTS
from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters, parameters_of
from mixpanel_data_standins.mixpanel.querying.state.saved import Annotation

ME = "/api/app/me"
_ANNOTATIONS = re.compile(r"/api/app/projects/([^/]*)/annotations/?")
ORGANIZATION = 1


def is_for(path: str) -> bool:
    """Whether a request with this path is answered here."""
    return path.rstrip("/") == ME or _ANNOTATIONS.fullmatch(path) is not None


def answer(project: Project, request: Request) -> Answer:
    """Answer a call, with the next of `app_faults`. RefusalError where the answer is not 200 or 201."""
    fault = project.queries.app_faults.take()
    try:
        status, results = _results(project, request, fault if isinstance(fault, Status) else None)
    except RefusalError as error:
        if error.whole:
            raise
        body = json.dumps({"status": "error", "error": error.text})
        raise RefusalError(error.status, body, error.headers, whole=True) from error
    body = json.dumps({"status": "ok", "results": results})
    return Answer(status, iter([Fresh(body.encode())]), "application/json", fault=fault)


def _results(project: Project, request: Request, fault: Status | None) -> tuple[int, object]:
    path = _ANNOTATIONS.fullmatch(request.path)
    _check(project, request, path[1] if path else project.access.project_id)
    if fault is not None:
        raise refusal_of(fault)
    if path is None:
        return 200, _me(project)
    if request.method == "GET":
        return 200, _annotations(project, parameters_of(request))
    return 201, _added(project, parameters_of(request))


def _check(project: Project, request: Request, project_id: str) -> None:
    """Refuse credentials other than the service account's; the project stands in the path, or follows from them."""
    account = replace(project.access, secrets_accepted=False)
    account.check(replace(request, parameters={**request.parameters, "project_id": project_id}))


def _me(project: Project) -> dict[str, object]:
    access = project.access
    return {
        "user_id": 1,
        "user_email": access.username,
        "organizations": {str(ORGANIZATION): {"id": ORGANIZATION, "name": "Stand-in"}},
        "projects": {
            access.project_id: {
                "name": "Stand-in project",
                "organization_id": ORGANIZATION,
                "timezone": project.behaviour.timezone,
                "has_workspaces": True,
                "domain": QUERY_HOSTS[access.region],
                "type": "PROJECT",
            }
        },
        "workspaces": {},
    }


def _annotations(project: Project, given: Parameters) -> list[dict[str, object]]:
    first = given.day("fromDate") if given.text("fromDate") else None
    last = given.day("toDate") if given.text("toDate") else None
    return [
        _shown(one)
        for one in sorted(project.queries.annotations, key=lambda one: (one.at, one.annotation_id))
        if (first is None or first <= one.at.date()) and (last is None or one.at.date() <= last)
    ]


def _added(project: Project, given: Parameters) -> dict[str, object]:
    try:
        at = datetime.strptime(given.required("date"), "%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise RefusalError(400, "date must be YYYY-MM-DD HH:MM:SS") from None
    annotations = project.queries.annotations
    number = max((one.annotation_id for one in annotations), default=0) + 1
    annotations.append(Annotation(number, at, given.required("description")))
    return _shown(annotations[-1])


def _shown(one: Annotation) -> dict[str, object]:
    user: Mapping[str, Any] = {"id": 1, "first_name": "Stand", "last_name": "In"}
    tags = [{"id": number, "name": name} for number, name in enumerate(one.tags, 1)]
    return {
        "id": one.annotation_id,
        "date": f"{one.at:%Y-%m-%d %H:%M:%S}",
        "description": one.description,
        "user": user,
        "tags": tags,
    }
