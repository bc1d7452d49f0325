"""The way of commands into the library: the same function that HTTP calls for a job, or a session for reading."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mixpanel_data import calls
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.configuration.variables import DUCKDB_MEMORY_LIMIT
from mixpanel_data.wiring.environment import environment
from mixpanel_data.wiring.session import Call, Session

_MOST_MEGABYTES = 4000


def run_job(
    request_type: type[calls.RequestT],
    run: Callable[[calls.RequestT, Session, Call], Any],
    parameters: Mapping[str, Any],
) -> dict[str, Any]:
    """Run a job and return its answer. Here CALL_DEADLINE_SECONDS bounds the call only if it is set."""
    env, run_id, started = _environment(), calls.new_run_id(), time.monotonic()
    has_deadline = bool(env.get("CALL_DEADLINE_SECONDS", "").strip())
    result = calls.result(request_type, run, parameters, env, run_id, has_deadline=has_deadline)
    return calls.answer(request_type.job, run_id, started, calls.plain(result))


@contextmanager
def existing_tables() -> Iterator[Session]:
    """A session over tables that are there already: it makes none.

    Whatever asks for a missing table or DuckDB file gets TableNotFoundError.
    """
    settings = replace(Settings.from_env(_environment()), create_tables=False)
    with Session(settings) as session:
        yield session


def new_call(seconds: float | None = None) -> Call:
    """A call outside any job; without `seconds` it has no deadline."""
    return Call(calls.new_run_id(), Deadline() if seconds is None else Deadline.after(seconds))


def _environment() -> Mapping[str, str]:
    """The environment, in which DuckDB may use half of the machine's memory unless a limit is set."""
    env = environment()
    if DUCKDB_MEMORY_LIMIT.text(env):
        return env
    megabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2_000_000
    return {**env, DUCKDB_MEMORY_LIMIT.name: f"{min(megabytes, _MOST_MEGABYTES)}MB"}
