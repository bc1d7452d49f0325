"""The way of commands into the library: the same function that HTTP calls for a job, or a session for reading."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mixpanel_data.cli.base.account import chosen
from mixpanel_data.cli.base.failures import naming_run

if TYPE_CHECKING:
    from mixpanel_data.calls import RequestT
    from mixpanel_data.wiring.session import Call, Session


def run_job(
    request_type: "type[RequestT]",
    run: "Callable[[RequestT, Session, Call], Any]",
    parameters: Mapping[str, Any],
    *,
    calls_mixpanel: bool = False,
) -> dict[str, Any]:
    """Run a job and return its answer. Here CALL_DEADLINE_SECONDS bounds the call only if it is set.

    With `calls_mixpanel` the job gets the credentials of the account to use. Raises what `job_environment` raises, and
    RunFailedError for what ends the run.
    """
    from mixpanel_data import calls

    env, run_id, started = _environment(calls_mixpanel, makes_folder=True), calls.new_run_id(), time.monotonic()
    has_deadline = bool(env.get("CALL_DEADLINE_SECONDS", "").strip())
    with naming_run(request_type.job, run_id):
        result = calls.result(
            request_type, run, parameters, env, run_id, has_deadline=has_deadline, every_event_by_default=True
        )
        return calls.answer(request_type.job, run_id, started, calls.plain(result))


@contextmanager
def existing_tables(*, calls_mixpanel: bool = False) -> "Iterator[Session]":
    """A session over tables that are there already: it makes none.

    Whatever asks for a missing table or DuckDB file gets TableNotFoundError. With `calls_mixpanel` the session has the
    credentials of the account to use; raises what `job_environment` raises.
    """
    from dataclasses import replace

    from mixpanel_data.configuration.settings import Settings
    from mixpanel_data.wiring.session import Session

    settings = Settings.from_env(_environment(calls_mixpanel, makes_folder=False))
    with Session(replace(settings, create_tables=False, every_event_by_default=True)) as session:
        yield session


@contextmanager
def settings_alone() -> "Iterator[Session]":
    """A session for what needs settings and no warehouse: none has to be chosen. Raises ConfigError."""
    from dataclasses import replace

    from mixpanel_data.base.environment import environment
    from mixpanel_data.configuration.settings import Settings
    from mixpanel_data.wiring.session import Session

    with Session(replace(Settings.from_env(environment()), every_event_by_default=True)) as session:
        yield session


def new_call(seconds: float | None = None) -> "Call":
    """A call outside any job; without `seconds` it has no deadline."""
    from mixpanel_data import calls
    from mixpanel_data.base.deadline import Deadline
    from mixpanel_data.wiring.session import Call

    return Call(calls.new_run_id(), Deadline() if seconds is None else Deadline.after(seconds))


def _environment(calls_mixpanel: bool, *, makes_folder: bool) -> Mapping[str, str]:
    """The environment with a warehouse, in which DuckDB may use half of the machine's memory unless a limit is set."""
    from mixpanel_data.base.environment import environment
    from mixpanel_data.base.memory import half_of_memory
    from mixpanel_data.configuration.environment.variables import DUCKDB_MEMORY_LIMIT
    from mixpanel_data.wiring.accounts import job_environment
    from mixpanel_data.wiring.own_file import with_own_file

    env, choice = environment(), chosen()
    # A command that needs no credentials runs without any, but an account that does not exist is a mistake.
    if calls_mixpanel or choice.account is not None:
        env = job_environment(choice, env)
    env = with_own_file(choice, env, makes_folder=makes_folder)
    if DUCKDB_MEMORY_LIMIT.text(env):
        return env
    return {**env, DUCKDB_MEMORY_LIMIT.name: half_of_memory()}
