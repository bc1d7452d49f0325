"""Errors on stderr: one JSON object for programs, a line for people."""

import contextlib
import errno
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

import typer

from mixpanel_data.base.errors import MixpanelDataError, RateLimitError, RequestError, UnavailableError
from mixpanel_data.base.failures import failure
from mixpanel_data.base.visible_text import visible_json, visible_lines
from mixpanel_data.cli.base.interrupts import INTERRUPTED
from mixpanel_data.cli.base.output import Format, format_of_environment
from mixpanel_data.cli.base.usage import UsageError, usage

_INTERRUPTED = "Interrupted. Run the command again; what it had finished is kept."
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# The option as it may stand among the arguments: `-f csv`, `-fcsv`, `-qf csv`, `--format csv`, `--format=csv`.
_FORMAT_OPTION = re.compile(r"--format(?:=(?P<long>.*))?|-[qv]*f(?P<short>.*)")


class RunFailedError(Exception):
    """A job's run ended with an error, which is the cause of this one."""

    def __init__(self, job: str, run_id: str) -> None:
        super().__init__(f"{job} {run_id} failed")
        self.run = {"job": job, "run_id": run_id}


@contextlib.contextmanager
def naming_run(job: str, run_id: str) -> Iterator[None]:
    """Tell the run to whoever reports an error of the block."""
    try:
        yield
    except Exception as error:
        raise RunFailedError(job, run_id) from error


@dataclass(frozen=True, slots=True)
class Failure:
    """What there is to say about an error. `retry_at` is in UTC, and `run` names the job and the run that it ended."""

    type: str
    message: str
    exit_code: int
    is_retryable: bool = False
    retry_at: datetime | None = None
    run: Mapping[str, str] = field(default_factory=dict)


def report(error: Exception, arguments: Sequence[str]) -> int:
    """Write an error that ended the command line of these arguments, and return the exit code."""
    told = failure_of(error)
    text = _json(told) if _is_for_programs(arguments) else f"error: {visible_lines(told.message)}"
    _write(text)
    return told.exit_code


def _write(text: str) -> None:
    # A closed or a full stderr changes nothing about the exit code.
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def report_interrupt(arguments: Sequence[str]) -> None:
    """Tell a program of an interrupt; a person has read it when it came."""
    if _is_for_programs(arguments):
        _write(_json(Failure("KeyboardInterrupt", _INTERRUPTED, INTERRUPTED)))


def failure_of(error: Exception) -> Failure:
    """What there is to say about any error."""
    if isinstance(error, RunFailedError) and isinstance(error.__cause__, Exception):
        cause = failure_of(error.__cause__)
        return Failure(cause.type, cause.message, cause.exit_code, cause.is_retryable, cause.retry_at, error.run)
    if isinstance(error, UsageError):
        return Failure(RequestError.__name__, usage(error), RequestError.exit_code)
    if isinstance(error, typer.Abort):
        return Failure("Abort", "The question was not answered, and nothing was done.", 1)
    name = type(error).__name__
    if isinstance(error, MixpanelDataError):
        is_retryable = isinstance(error, UnavailableError)
        return Failure(name, str(error), error.exit_code, is_retryable, _retry_at(error))
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        return Failure(name, "The disk is full. Make room, and run the command again.", 1)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return Failure(name, f"{where}{error.strerror}. Check the path and its permissions.", 1)
    if isinstance(error, MemoryError):
        return Failure(name, "The memory is used up. Ask for less at a time: fewer days, or fewer rows.", 1)
    return Failure(name, f"{name}: {error} (unexpected error; run with -v for the traceback)", 1)


def _retry_at(error: MixpanelDataError) -> datetime | None:
    if isinstance(error, RateLimitError) and error.retry_at is not None:
        return error.retry_at.astimezone(UTC)
    if isinstance(error, UnavailableError) and error.retry_after_seconds is not None:
        return datetime.now(UTC) + timedelta(seconds=error.retry_after_seconds)
    return None


def _json(told: Failure) -> str:
    # A second later at most: whoever reads whole seconds must not come too early.
    retry_at = told.retry_at and (told.retry_at + timedelta(microseconds=999_999)).replace(microsecond=0)
    answer = failure(
        told.type,
        told.message,
        exit_code=told.exit_code,
        retryable=told.is_retryable,
        retry_at=retry_at and retry_at.isoformat().replace("+00:00", "Z"),
    )
    return visible_json(json.dumps({"status": answer["status"], **told.run, **answer}, ensure_ascii=False))


def _is_for_programs(arguments: Sequence[str]) -> bool:
    return not sys.stderr.isatty() and _format_of(arguments) in (Format.JSON, Format.JSONL)


def _format_of(arguments: Sequence[str]) -> Format:
    """The format that the arguments ask for, even if they are wrong otherwise; else that of MP_FORMAT, else json."""
    asked = [name for name in _formats_in(arguments) if name in set(Format)]
    if asked:
        return Format(asked[-1])
    try:
        return format_of_environment()
    except MixpanelDataError:
        return Format.JSON


def _formats_in(arguments: Sequence[str]) -> Iterator[str]:
    for argument, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        if found := _FORMAT_OPTION.fullmatch(argument):
            yield (found["long"] or found["short"] or following).lower()
