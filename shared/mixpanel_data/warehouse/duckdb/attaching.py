"""Attaching a DuckDB file that another program may hold: with patience, and with a word on who holds it."""

import logging
import re
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import WarehouseBusyError
from mixpanel_data.base.visible_text import visible

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.05
# A run holds the file for moments, which are not worth a word; after a second somebody wonders.
_QUIET_SECONDS = 1.0
_HOLDER = re.compile(r"lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_ANYBODY = "Another warehouse or workspace of this program, or another program,"


def attach(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    path: Path,
    patience_seconds: float,
    error_of: Callable[[duckdb.Error], Exception],
) -> None:
    """Execute an ATTACH of the path, its one parameter, and wait for as long as another program holds the file.

    After a second it logs who holds it. Raises WarehouseBusyError after `patience_seconds`, and what `error_of` makes
    of any other error.
    """
    patience, quiet = Deadline.after(patience_seconds), Deadline.after(_QUIET_SECONDS)
    has_told = False
    while True:
        try:
            connection.execute(statement, [str(path)])
            return
        except duckdb.Error as error:
            if not _is_locked(error):
                raise error_of(error) from error
            if patience.left(_POLL_SECONDS) <= 0:
                raise WarehouseBusyError(
                    f"{holder(str(error))} holds {path}. Close the file there, or run this again later."
                ) from error
            if not has_told and quiet.left(_POLL_SECONDS) <= 0:
                seconds = patience.left(patience_seconds)
                log.warning(
                    "%s holds %s; waiting for it, for %.0f s at most",
                    holder(str(error)),
                    path,
                    seconds,
                    extra={"wait_seconds": round(seconds, 1)},
                )
                has_told = True
        time.sleep(_POLL_SECONDS)


def holder(message: str) -> str:
    """The program that holds a file and its PID, by DuckDB's message: its arguments can be secret and are not shown."""
    found = _HOLDER.search(message)
    return f"{visible(found['program'])} (PID {found['pid']})" if found else _ANYBODY


def _is_locked(error: duckdb.Error) -> bool:
    """Whether another process holds the file, or another warehouse of this process has attached it."""
    text = str(error)
    return "Could not set lock" in text or "already attached" in text or "file handle conflict" in text
