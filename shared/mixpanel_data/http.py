"""The HTTP face of every job: read the request, call the job, write the answer."""

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flask
from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter, Map, Rule

from mixpanel_data import calls
from mixpanel_data.base import logs
from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.environment import environment
from mixpanel_data.base.errors import MixpanelDataError, RequestError, listed
from mixpanel_data.base.failures import failure
from mixpanel_data.base.parameters import JobRequest, JobResult
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.base import no_key_twice
from mixpanel_data.wiring.session import Call, Session

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class View:
    """A read-only path of a function, answered to GET alone.

    `path` is a Werkzeug rule such as `/events/<path:name>`, where `path` captures any text, also none, or one that
    begins with a slash. What it captures joins the query parameters in `request_type`. `read` answers with a dataclass,
    such as `base.parameters.Page`. An answer carries an ETag, and a client that sends it back as If-None-Match gets 304
    while nothing has changed.
    """

    path: str
    request_type: type[JobRequest]
    read: Callable[[Any, Session, Call], object]


class _AnyText(BaseConverter):
    """The rest of a path, whatever it holds: Werkzeug's own `path` takes no leading slash, no line break and no end."""

    part_isolating = False
    regex = "(?s:.*)"
    weight = 200


@dataclass(frozen=True, slots=True)
class _Target:
    """The target of a request: the job itself, or one of its views, with the parameters given."""

    request_type: type[JobRequest]
    run: Callable[[Any, Session, Call], object]
    parameters: Mapping[str, Any]
    is_view: bool


def answer(
    request: flask.Request,
    request_type: type[JobRequest],
    run: Callable[[Any, Session, Call], object],
    views: Sequence[View] = (),
) -> flask.Response:
    """Answer a request with the job's result, or with the error and its status.

    `/` runs the job: GET with query parameters and POST with a JSON object mean the same. `views` are further paths.
    """
    logs.to_stdout()
    run_id, started = calls.new_run_id(), time.monotonic()
    target, result, status, bill = None, None, 200, calls.Bill()
    with logs.trace(request.headers.get("X-Cloud-Trace-Context"), os.environ.get("GCP_PROJECT_ID")):
        try:
            target = _target(request, request_type, run, views)
            result = calls.result(target.request_type, target.run, target.parameters, environment(), run_id, bill=bill)
            content = calls.plain(result)
        except RequestError as error:
            # It repeats what the caller gave, which goes to the answer and to the log.
            content, status = _failure(error, Redactor().text(str(error))), error.http_status
        except MixpanelDataError as error:
            content, status = _failure(error, str(error)), error.http_status
        except Exception as error:
            content, status = _failure(error, "An unexpected error; find it in the log by this run_id."), 500
            log.exception("unexpected error", extra={"run_id": run_id})
        document = calls.answer(request_type.job, run_id, started, content)
        if target is None or not target.is_view:
            billed = {"bytes_billed": bill.bytes_billed}
            _log_run({**_redacted(document), **billed}, status, _lag(result, document["seconds"]))
    response = flask.Response(json.dumps(document, ensure_ascii=False) + "\n", status, mimetype="application/json")
    return _conditional(response, content, request) if target and target.is_view and status == 200 else response


def _target(
    request: flask.Request,
    request_type: type[JobRequest],
    run: Callable[[Any, Session, Call], object],
    views: Sequence[View],
) -> _Target:
    if request.path == "/":
        return _Target(request_type, run, _parameters(request), is_view=False)
    rules = [Rule(view.path, endpoint=str(number)) for number, view in enumerate(views)]
    try:
        paths_of_views = Map(rules, merge_slashes=False, converters={"path": _AnyText})
        number, captured = paths_of_views.bind("").match(request.path)
    except NotFound as error:
        paths = listed([view.path for view in views])
        known = f"call / or one of {paths}" if views else "call / alone"
        raise RequestError(f"There is nothing at {request.path}; {known}.") from error
    if request.method != "GET":
        raise RequestError(f"{request.path} is read-only: use GET, not {request.method}.")
    view = views[int(number)]
    return _Target(view.request_type, view.read, {**_query(request), **captured}, is_view=True)


def _parameters(request: flask.Request) -> Mapping[str, Any]:
    if request.method == "GET":
        return _query(request)
    if request.method != "POST":
        raise RequestError(f"{request.method} is not supported. Use GET with query parameters, or POST with JSON.")
    if request.args:
        raise RequestError(
            f"A POST takes its parameters in the JSON body, not in the URL: {listed(list(request.args))}."
        )
    return _body(request)


def _query(request: flask.Request) -> dict[str, Any]:
    return {name: values[0] if len(values) == 1 else values for name, values in request.args.lists()}


def _body(request: flask.Request) -> Mapping[str, Any]:
    try:
        parameters = json.loads(request.get_data() or b"{}", object_pairs_hook=no_key_twice)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"The body is not valid JSON: {error}.") from error
    if not isinstance(parameters, dict):
        raise RequestError("The body is not a JSON object.")
    return parameters


def _conditional(response: flask.Response, content: Mapping[str, Any], request: flask.Request) -> flask.Response:
    """The answer with an ETag, or 304 if the client has that content already.

    The tag is weak: run id and seconds differ with every call, and are not part of it.
    """
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    response.set_etag(hashlib.sha256(text.encode(errors="replace")).hexdigest(), weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


def _log_run(document: Mapping[str, Any], status: int, lag: float | None) -> None:
    """The one line of every run; `infra/` counts runs and measures lag by it."""
    level = logging.INFO if status == 200 else logging.ERROR
    log.log(level, "%s: run finished", document["job"], extra={"event": "run_finished", "lag": lag, **document})


def _redacted(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as the log may keep it: names of events and ids come from anybody, and can hold personal data."""
    # Only lists, errors and problems hold names, and the configuration can lie in a bucket: mostly, nothing is read.
    named = {
        name: value
        for name, value in document.items()
        if value and (name in ("error", "problems") or isinstance(value, list))
    }
    hide = _redactor() if named else Redactor()
    return {**document, **{name: _hidden(value, hide) for name, value in named.items()}}


def _redactor() -> Redactor:
    from mixpanel_data.configuration.settings import Settings
    from mixpanel_data.wiring.redaction import redactor

    try:
        return redactor(Settings.from_env(environment()))
    except MixpanelDataError:
        return Redactor()


def _hidden(value: Any, hide: Redactor) -> Any:
    """JSON with its texts redacted, at any depth."""
    if isinstance(value, str):
        return hide.text(value)
    if isinstance(value, Mapping):
        return {hide.text(name): _hidden(each, hide) for name, each in value.items()}
    return [_hidden(each, hide) for each in value] if isinstance(value, list) else value


def _lag(result: object, seconds: float) -> float | None:
    """Seconds between now and the event time up to which the run has read; at least as long as the run took.

    A run reads no event that arrives after it started.
    """
    if not isinstance(result, JobResult) or result.read_until is None:
        return None
    return max(seconds, round((utc_now() - result.read_until).total_seconds(), 3))


def _failure(error: Exception, message: str) -> dict[str, Any]:
    return failure(type(error).__name__, message)
