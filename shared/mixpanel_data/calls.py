"""A call of a job, as both faces make it: parameters in, the answer out, as plain values."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import RequestError
from mixpanel_data.base.parameters import JobRequest
from mixpanel_data.base.window import Window
from mixpanel_data.configuration.base import complaints
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.connect import Connections


def new_run_id() -> str:
    """A run's id: when it began, and something by chance."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:12]}"


def result(
    shape: type[JobRequest],
    run: Callable[..., Any],
    parameters: Mapping[str, Any],
    env: Mapping[str, str],
    run_id: str,
    *,
    has_deadline: bool = True,
) -> Any:
    """The job's result for these parameters.

    `shape` is the job's request, `run` the job, `has_deadline` whether CALL_DEADLINE_SECONDS bounds it. Raises
    RequestError naming each parameter that is wrong, ConfigError, and what the job raises.
    """
    request, settings = _request(shape, parameters), Settings.from_env(env)
    deadline = Deadline.after(settings.call_deadline_seconds) if has_deadline else Deadline()
    with Connections(settings, run_id, deadline) as connections:
        return connections.call(run, request)


def answer(shape: type[JobRequest], run_id: str, started: float, told: Mapping[str, Any]) -> dict[str, Any]:
    """The answer's frame around what there is to tell; `started` is the call's begin on the monotonic clock."""
    frame = {"job": shape.job, "run_id": run_id, "seconds": round(time.monotonic() - started, 3)}
    return {"status": told.get("status", "ok"), **frame, **{name: told[name] for name in told if name != "status"}}


def plain(value: Any) -> Any:
    """A result as JSON says it: windows by `from` and `to`, times as ISO 8601 in UTC, decimals as numbers.

    Raises TypeError for what JSON cannot say.
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
    raise TypeError(f"a result holds {type(value).__name__}, which JSON cannot say")


def _request(shape: type[JobRequest], parameters: Mapping[str, Any]) -> JobRequest:
    try:
        return shape.model_validate(parameters)
    except ValidationError as error:
        raise RequestError(f"{complaints(error)}.") from error
