"""The HTTP face of every job: read the request, call the job, write the answer."""

import json
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

import flask
from pydantic import BaseModel, ValidationError

from mixpanel_data import logs
from mixpanel_data.configuration import complaints
from mixpanel_data.connect import Connections, environment
from mixpanel_data.errors import MixpanelDataError, RequestError, listed
from mixpanel_data.settings import Settings
from mixpanel_data.types import Deadline, Window

log = logging.getLogger(__name__)


def answer(request: flask.Request, shape: type[BaseModel], run: Callable[..., Any]) -> flask.Response:
    """Answer a request with what the job says, or with the error and its status.

    GET with query parameters and POST with a JSON object mean the same.
    """
    logs.to_stdout()
    job: str = shape.job  # type: ignore[attr-defined]
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:12]}"
    started = time.monotonic()
    with logs.trace(request.headers.get("X-Cloud-Trace-Context"), environment().get("GCP_PROJECT_ID")):
        try:
            body, status = {"status": "ok", **_run(request, shape, run, run_id)}, 200
        except MixpanelDataError as error:
            body, status = _failure(error, str(error)), error.http_status
        except Exception as error:
            body, status = _failure(error, "An unexpected error; the log has it under this run_id."), 500
            log.exception("unexpected error", extra={"job": job, "run_id": run_id})
        seconds = round(time.monotonic() - started, 3)
        answered = {"status": body.pop("status"), "job": job, "run_id": run_id, "seconds": seconds, **body}
        level = logging.INFO if status == 200 else logging.ERROR
        log.log(level, "%s: run finished", job, extra={"event": "run_finished", **answered})
    return flask.Response(json.dumps(answered, ensure_ascii=False) + "\n", status, mimetype="application/json")


def _run(request: flask.Request, shape: type[BaseModel], run: Callable[..., Any], run_id: str) -> dict[str, Any]:
    if request.path != "/":
        raise RequestError(f"There is nothing at {request.path}; call / alone.")
    asked = _asked(shape, _parameters(request))
    settings = Settings.from_env(environment())
    with Connections(settings, run_id, Deadline.after(settings.call_deadline_seconds)) as connections:
        told: dict[str, Any] = _plain(connections.call(run, asked))
        return told


def _parameters(request: flask.Request) -> Mapping[str, Any]:
    if request.method == "GET":
        return {name: values[0] if len(values) == 1 else values for name, values in request.args.lists()}
    if request.method != "POST":
        raise RequestError(f"{request.method} is not known here. Use GET with query parameters, or POST with JSON.")
    if request.args:
        raise RequestError(f"A POST takes its parameters as JSON, not in the URL: {listed(list(request.args))}.")
    try:
        parameters = json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise RequestError(f"The body is not valid JSON: {error}.") from error
    if not isinstance(parameters, dict):
        raise RequestError("The body is not a JSON object.")
    return parameters


def _asked(shape: type[BaseModel], parameters: Mapping[str, Any]) -> BaseModel:
    try:
        return shape.model_validate({name: value for name, value in parameters.items() if value is not None})
    except ValidationError as error:
        raise RequestError(f"{complaints(error)}.") from error


def _failure(error: Exception, message: str) -> dict[str, Any]:
    return {"status": "error", "error": {"type": type(error).__name__, "message": message}}


def _plain(value: Any) -> Any:
    """A result as JSON says it: windows by `from` and `to`, times as ISO 8601 in UTC."""
    if isinstance(value, Window):
        return {"from": _plain(value.start), "to": _plain(value.end)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
