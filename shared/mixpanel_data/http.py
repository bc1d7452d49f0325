"""The HTTP face of every job: read the request, call the job, write the answer."""

import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import flask

from mixpanel_data import calls
from mixpanel_data.base import logs
from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.errors import MixpanelDataError, RequestError, listed
from mixpanel_data.base.parameters import JobRequest, JobResult
from mixpanel_data.configuration.base import no_key_twice
from mixpanel_data.wiring.connect import environment

log = logging.getLogger(__name__)


def answer(request: flask.Request, shape: type[JobRequest], run: Callable[..., Any]) -> flask.Response:
    """Answer a request with what the job says, or with the error and its status.

    GET with query parameters and POST with a JSON object mean the same.
    """
    logs.to_stdout()
    run_id, started = calls.new_run_id(), time.monotonic()
    result: Any = None
    with logs.trace(request.headers.get("X-Cloud-Trace-Context"), os.environ.get("GCP_PROJECT_ID")):
        try:
            result = calls.result(shape, run, _parameters(request), environment(), run_id)
            told, status = calls.plain(result), 200
        except MixpanelDataError as error:
            told, status = _failure(error, str(error)), error.http_status
        except Exception as error:
            told, status = _failure(error, "An unexpected error; the log has it under this run_id."), 500
            log.exception("unexpected error", extra={"run_id": run_id})
        answered = calls.answer(shape, run_id, started, told)
        level = logging.INFO if status == 200 else logging.ERROR
        ended = {"event": "run_finished", "lag": _lag(result, answered["seconds"]), **answered}
        log.log(level, "%s: run finished", answered["job"], extra=ended)
    return flask.Response(json.dumps(answered, ensure_ascii=False) + "\n", status, mimetype="application/json")


def _parameters(request: flask.Request) -> Mapping[str, Any]:
    if request.path != "/":
        raise RequestError(f"There is nothing at {request.path}; call / alone.")
    if request.method == "GET":
        return {name: values[0] if len(values) == 1 else values for name, values in request.args.lists()}
    if request.method != "POST":
        raise RequestError(f"{request.method} is not known here. Use GET with query parameters, or POST with JSON.")
    if request.args:
        raise RequestError(f"A POST takes its parameters as JSON, not in the URL: {listed(list(request.args))}.")
    return _body(request)


def _body(request: flask.Request) -> Mapping[str, Any]:
    try:
        parameters = json.loads(request.get_data() or b"{}", object_pairs_hook=no_key_twice)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"The body is not valid JSON: {error}.") from error
    if not isinstance(parameters, dict):
        raise RequestError("The body is not a JSON object.")
    return parameters


def _lag(result: Any, seconds: float) -> float | None:
    """Seconds from the event time up to which a run has read to now; nothing is read of what came after it began."""
    if not isinstance(result, JobResult) or result.read_until is None:
        return None
    return max(seconds, round((utc_now() - result.read_until).total_seconds(), 3))


def _failure(error: Exception, message: str) -> dict[str, Any]:
    return {"status": "error", "error": {"type": type(error).__name__, "message": message}}
