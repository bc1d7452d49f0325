"""One call of a job, the same over HTTP and from the command line: parameters in, a plain answer out."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import RequestError
from mixpanel_data.base.parameters import JobRequest
from mixpanel_data.base.window import Window
from mixpanel_data.configuration.base import complaints
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.session import Call, Session

RequestT = TypeVar("RequestT", bound=JobRequest)
ResultT = TypeVar("ResultT")


@dataclass(slots=True)
class Bill:
    """What BigQuery billed for a call, which may have ended with an error."""

    bytes_billed: int = 0


def new_run_id() -> str:
    """A new run's id: the time of its start, UTC, and a random part."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:12]}"


def result(
    request_type: type[RequestT],
    run: Callable[[RequestT, Session, Call], ResultT],
    parameters: Mapping[str, Any],
    env: Mapping[str, str],
    run_id: str,
    *,
    has_deadline: bool = True,
    every_event_by_default: bool = False,
    bill: Bill | None = None,
) -> ResultT:
    """Check the parameters, run the job in a session of its own, and return its result.

    `run` is a job's function from `wiring`. With `has_deadline`, CALL_DEADLINE_SECONDS bounds the call; with
    `every_event_by_default`, a missing events configuration enables every event. Raises RequestError naming each wrong
    parameter, ConfigError, and what the job raises; `bill` is filled in either way.
    """
    request = checked(request_type, parameters)
    settings = replace(Settings.from_env(env), every_event_by_default=every_event_by_default)
    deadline = Deadline.after(settings.call_deadline_seconds) if has_deadline else Deadline()
    with Session(settings) as session:
        try:
            return run(request, session, Call(run_id, deadline))
        finally:
            if bill is not None:
                bill.bytes_billed = session.bytes_billed


def checked(request_type: type[RequestT], parameters: Mapping[str, Any]) -> RequestT:
    """The request of these parameters. Raises RequestError naming each wrong one."""
    try:
        return request_type.model_validate(parameters)
    except ValidationError as error:
        raise RequestError(f"{complaints(error, request_type)}.") from error


def answer(job: str, run_id: str, started: float, content: Mapping[str, Any]) -> dict[str, Any]:
    """The content in the frame of every answer; `started` is the call's start on the monotonic clock, in seconds."""
    frame = {"job": job, "run_id": run_id, "seconds": round(time.monotonic() - started, 3)}
    rest = {name: value for name, value in content.items() if name != "status"}
    return {"status": content.get("status", "ok"), **frame, **rest}


def plain(value: Any) -> Any:
    """A result as JSON values: a window as `from` and `to`, times as ISO 8601 in UTC, decimals as numbers.

    Raises TypeError for a value that JSON has no form for.
    """
    if isinstance(value, Window):
        return {"from": plain(value.start), "to": plain(value.end)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"a result contains a {type(value).__name__}, which JSON has no form for")
