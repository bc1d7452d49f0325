"""The meaning of PostgreSQL's errors: a SQLSTATE, or the text of a refused connection, becomes one error class."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mixpanel_data.base.errors import AuthenticationError, ConfigError, MixpanelDataError, QueryError, UnavailableError

if TYPE_CHECKING:
    from psycopg import Error

_REASON_CHARACTERS = 300

# SQLSTATEs by their classes (PostgreSQL's manual, appendix A). A state in none of these is about a row.
# What may pass: a broken connection, a deadlock or a serialisation failure, scarce resources, an operator's doing, a
# fault of the system, a lock that was not free, and a server that takes no writes because it has become a standby.
_TRANSIENT = re.compile(r"08|40|53|57|58|55P03|55006|25006")
_UNAUTHENTICATED = re.compile(r"28|42501")
_MISCONFIGURED = re.compile(r"0A|3D|3F|42|55000")
_OTHER = re.compile(r"0B|24|25|26|2B|2D|34|3B|55|72|F0|HV|XX")
# libpq gives no SQLSTATE for a refused connection, only a text.
_REFUSED_CREDENTIAL = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|role .+ does not exist|user not found"
    r"|not permitted to log in|permission denied for database"
)
_NO_DATABASE = re.compile(r"database .+ does not exist|database .+ is not currently accepting")


def error_of(error: "Error", table: str, secrets: Iterable[str]) -> MixpanelDataError:
    """Return the error of ours that an error of psycopg's means: UnavailableError where the fault may pass."""
    state, text = error.sqlstate, text_of(error, secrets)
    message = f"PostgreSQL: {text}"
    if state is None and _NO_DATABASE.search(text):
        return ConfigError(f"{message}. Check the database in POSTGRES_URL.")
    if state is None and _REFUSED_CREDENTIAL.search(text):
        return AuthenticationError(f"{message}. Check user, password and database in POSTGRES_URL.")
    if state is None or _TRANSIENT.match(state):
        return UnavailableError(message)
    if _UNAUTHENTICATED.match(state):
        return AuthenticationError(f"{message}. The role of POSTGRES_URL needs SELECT, INSERT and UPDATE on {table}.")
    if _MISCONFIGURED.match(state):
        return ConfigError(f"{message} ({state}). Check the table {table}, its triggers, and sync.postgres.")
    return QueryError(f"{message} ({state}), while writing to {table}.")


def is_about_a_row(error: "Error") -> bool:
    """True if the error is about one row's values, so that the other rows of the batch can be written without it."""
    state = error.sqlstate
    rest = (_TRANSIENT, _UNAUTHENTICATED, _MISCONFIGURED, _OTHER)
    return state is not None and not any(kind.match(state) for kind in rest)


def text_of(error: "Error", secrets: Iterable[str]) -> str:
    """Return PostgreSQL's message on one line, without secrets, and without the details, which quote the row."""
    text = error.diag.message_primary or str(error)
    for secret in secrets:
        text = text.replace(secret, "***")
    return " ".join(text.split())[:_REASON_CHARACTERS]
