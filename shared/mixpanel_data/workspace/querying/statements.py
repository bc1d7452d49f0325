"""Checks the statements of a query before they run, and refuses those that do anything but read."""

from collections.abc import Mapping

import duckdb

from mixpanel_data.base.errors import QueryError
from mixpanel_data.workspace.storage.errors import sql_errors

# A PIVOT without a list of values is MULTI.
_READING = frozenset({"SELECT", "MULTI", "EXPLAIN", "PRAGMA", "CALL"})
_TABLES = "Remove tables with `mp drop` or Workspace.drop()"
_CHANGES = "Change tables through Workspace.connection"
_INSTEAD: Mapping[str, str] = {
    "DROP": _TABLES,
    "DELETE": _CHANGES,
    "INSERT": _CHANGES,
    "UPDATE": _CHANGES,
    "CREATE": "Make tables through Workspace.connection, or write the query as a WITH clause",
    "ALTER": _CHANGES,
    "COPY": "Save rows with `mp sql --format csv` or `mp export`",
    "EXPORT": "Save tables with `mp export`",
    "ATTACH": "Open another file with --db or Workspace.open()",
    "DETACH": "Open another file with --db or Workspace.open()",
    "SET": "The settings of a query are fixed; change them on Workspace.connection",
    "VARIABLE_SET": "Write the value into the query, or use Workspace.connection",
    "LOAD": "Load extensions on Workspace.connection",
}
_OTHERWISE = "Use Workspace.connection"


def check_reads_only(query: str) -> None:
    """Raise QueryError for an empty or malformed query, and for one that does anything but read."""
    _check_text(query)
    with sql_errors():
        statements = duckdb.extract_statements(query)
    if not statements:
        raise QueryError("The query is empty. Write a SELECT statement.")
    for statement in statements:
        kind = statement.type.name
        if kind not in _READING:
            raise QueryError(f"A query only reads, and {kind} does something else. {_INSTEAD.get(kind, _OTHERWISE)}.")


def _check_text(query: str) -> None:
    try:
        query.encode()
    except UnicodeEncodeError as error:
        raise QueryError(
            f"The query has an invalid character at position {error.start + 1}: half a UTF-16 pair, or a byte that is "
            "not UTF-8. Correct it."
        ) from error
