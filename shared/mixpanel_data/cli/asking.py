"""A job asked by a command, and what a command looks at by itself."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mixpanel_data import calls
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import TableNotFoundError
from mixpanel_data.base.parameters import JobRequest
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.connect import Connections, environment


def answering(shape: type[JobRequest], run: Callable[..., Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The job's answer; a call has no deadline here unless one is set."""
    env, run_id, started = environment(), calls.new_run_id(), time.monotonic()
    has_deadline = bool(env.get("CALL_DEADLINE_SECONDS", "").strip())
    result = calls.result(shape, run, parameters, env, run_id, has_deadline=has_deadline)
    return calls.answer(shape, run_id, started, calls.plain(result))


@contextmanager
def connected() -> Iterator[Connections]:
    """What the settings lead to. Raises TableNotFoundError where the warehouse is a file that is not there yet."""
    settings = Settings.from_env(environment())
    path = settings.duckdb_path
    # Looking into a DuckDB file that is not there would make it.
    if path is not None and not path.exists():
        raise TableNotFoundError(f"There is nothing in {path} yet: `mp collect` makes its tables.")
    with Connections(settings, calls.new_run_id(), Deadline()) as connections:
        yield connections
