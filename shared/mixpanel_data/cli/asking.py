"""A job, asked by a command."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from mixpanel_data import calls
from mixpanel_data.connect import environment
from mixpanel_data.types import JobRequest


def answering(shape: type[JobRequest], run: Callable[..., Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The job's answer; a call has no deadline here unless one is set."""
    env, run_id, started = environment(), calls.new_run_id(), time.monotonic()
    has_deadline = bool(env.get("CALL_DEADLINE_SECONDS", "").strip())
    told = calls.result(shape, run, parameters, env, run_id, has_deadline=has_deadline)
    return calls.answer(shape, run_id, started, told)
