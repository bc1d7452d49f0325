"""Structured logs: one JSON object a line, in the fields that Google Cloud Logging knows.

https://cloud.google.com/logging/docs/structured-logging
"""

import contextlib
import json
import logging
import re
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_trace: ContextVar[str | None] = ContextVar("trace", default=None)
_is_silent: ContextVar[bool] = ContextVar("is_silent", default=False)


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: severity, message, time, trace, and the fields of `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        message = record.getMessage()
        if record.exc_info:
            # Error Reporting groups errors by the traceback in the message.
            message = f"{message}\n{self.formatException(record.exc_info)}"
        entry = {
            "severity": record.levelname,
            "message": message,
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "logger": record.name,
        }
        if trace := _trace.get():
            entry["logging.googleapis.com/trace"] = trace
        entry |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        return json.dumps(entry, default=str, ensure_ascii=False)


def to_stdout() -> None:
    """Write our log lines, INFO and above, to standard output as JSON; a second call changes nothing."""
    logger = logging.getLogger("mixpanel_data")
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(JsonFormatter())
        handler.addFilter(lambda _: not _is_silent.get())
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False


@contextlib.contextmanager
def trace(header: str | None, gcp_project_id: str | None) -> Iterator[None]:
    """Add the request's trace to its log lines, from `X-Cloud-Trace-Context: TRACE/SPAN;o=1`."""
    trace_id = re.split("[/;]", header or "", maxsplit=1)[0]
    known = f"projects/{gcp_project_id}/traces/{trace_id}" if trace_id and gcp_project_id else None
    token = _trace.set(known)
    try:
        yield
    finally:
        _trace.reset(token)


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Write none of this call's log lines to standard output while the block runs."""
    token = _is_silent.set(True)
    try:
        yield
    finally:
        _is_silent.reset(token)
