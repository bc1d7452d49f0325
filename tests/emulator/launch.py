"""Starts `local-bigquery` with those of its differences from BigQuery healed that matter here.

Runs inside the environment of requirements.txt and takes the arguments of `local-bigquery`. Each cure wraps
functions of version 0.4.0; if one of them is gone, the start fails and says which cure to revise.
"""

from __future__ import annotations

import ast
import contextvars
import functools
import os
import sys
import threading
import weakref
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import duckdb
from duckdb_extensions import import_extension
from local_bigquery import cli
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import load, merge, query
from local_bigquery.sql.rules import json, tables
from sqlglot import exp

EXTENSIONS = ("ducklake", "icu", "spatial")
WHILE_STDIN_IS_OPEN = "--while-stdin-is-open"

# BigQuery takes 100 MB a row. The buffer holds several rows, so DuckDB's own choice (16 rows) would cost gigabytes.
MAX_LINE_BYTES = 20_000_000
READ_BUFFER_BYTES = 64_000_000

Wrapper = Callable[..., Any]


def wrap(module: Any, name: str, wrapper: Wrapper) -> None:
    """Let `wrapper(original, *arguments)` stand in for `module.name`; exits if there is no such function."""
    original = getattr(module, name, None)
    if not callable(original):
        version = metadata.version("local-bigquery")
        sys.exit(
            f"local-bigquery {version} has no function {module.__name__}.{name}, which {wrapper.__name__} in "
            f"{__file__} wraps. Install the version of requirements.txt, or revise that cure."
        )
    setattr(module, name, functools.wraps(original)(functools.partial(wrapper, original)))


def heal_gzipped_load(original: Wrapper, cur: Any, files: str, *arguments: Any) -> str:
    """BigQuery recognises a gzipped upload by its bytes; the emulator hands DuckDB a file name that does not tell."""
    reader = original(cur, files, *arguments)
    if reader.startswith(("read_csv(", "read_json(")) and all(map(_is_gzip, ast.literal_eval(files))):
        return f"{reader[:-1]}, compression = 'gzip')"
    return reader


def _is_gzip(path: str) -> bool:
    file = Path(path)
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def heal_unquoted_load(original: Wrapper, config: Any, fields: Any) -> dict[str, Any]:
    """With an empty quote character BigQuery takes a line as it is; DuckDB's escape stays on, and lines end at 2 MB."""
    options = original(config, fields) | {"max_line_size": MAX_LINE_BYTES, "buffer_size": READ_BUFFER_BYTES}
    return options | {"escape": "''"} if config.quote == "" else options


def heal_safe_in_merge(original: Wrapper, *arguments: Any) -> str:
    """BigQuery takes SAFE functions in a MERGE; the emulator writes them back with its own prefix, which is no SQL."""
    return original(*arguments).replace("SAFE.bq.main.", "SAFE.")


_merge_filters: contextvars.ContextVar[tuple[exp.Expression, ...]] = contextvars.ContextVar(
    "_merge_filters", default=()
)


def heal_partition_filter_in_merge(original: Wrapper, cur: Any, tree: exp.Merge, context: Any) -> Any:
    """BigQuery takes a filter on the target's partition column from MERGE's ON; the emulator looks at WHEREs only.

    As in BigQuery, a condition counts that stands by itself and compares one column with constants.
    """
    on = tree.args["on"].unnest()
    conditions = on.flatten() if isinstance(on, exp.And) else [on]
    token = _merge_filters.set(tuple(c for c in conditions if len(_columns(c, context)) == 1))
    try:
        return original(cur, tree, context)
    finally:
        _merge_filters.reset(token)


def _columns(condition: exp.Expression, context: Any) -> set[str]:
    columns = {column.sql().lower() for column in condition.find_all(exp.Column)}
    return columns - set(context.variables)


def heal_partition_check(original: Wrapper, tree: exp.Expression, table: exp.Table, is_target: bool) -> None:
    """The other half of heal_partition_filter_in_merge: shows the check of each part of a MERGE the ON's filters."""
    reads_source_only = isinstance(tree, exp.Create) and tree.this.name == merge.SOURCE
    if (filters := _merge_filters.get()) and not is_target and not reads_source_only:
        tree = exp.Tuple(expressions=[tree.copy(), exp.Where(this=exp.and_(*filters))])
    original(tree, table, is_target)


_in_transaction: weakref.WeakSet[Any] = weakref.WeakSet()


def heal_lost_transaction(original: Wrapper, cur: Any, tree: exp.Expression, *arguments: Any) -> Any:
    """Of two transactions that update one table, BigQuery aborts one and says so, and a handler may ROLLBACK.

    DuckLake finds out at COMMIT, words it otherwise and leaves no transaction to roll back. This also notes which
    cursors are in a transaction, for heal_merge_in_transaction, since DuckDB cannot be asked.
    """
    try:
        done = original(cur, tree, *arguments)
    except duckdb.Error as error:
        if not isinstance(tree, exp.Commit) or cur not in _in_transaction:
            raise
        cur.execute("BEGIN")
        message = f"Transaction is aborted due to concurrent update against a table: {error}"
        raise BigQueryError("invalidQuery", message) from error
    if isinstance(tree, exp.Transaction):
        _in_transaction.add(cur)
    elif isinstance(tree, exp.Commit | exp.Rollback):
        _in_transaction.discard(cur)
    return done


def heal_merge_in_transaction(original: Wrapper, cur: Any, tree: exp.Merge, context: Any) -> Any:
    """BigQuery takes a MERGE in a transaction; the emulator's begins one of its own, which aborts the outer one."""
    return original(_WithinTransaction(cur) if cur in _in_transaction else cur, tree, context)


class _WithinTransaction:
    """A cursor that refuses BEGIN as DuckDB does within a transaction, but without asking DuckDB."""

    def __init__(self, cur: Any) -> None:
        self._cur = cur

    def execute(self, sql: str, *arguments: Any) -> Any:
        if sql == "BEGIN":
            raise duckdb.TransactionException("cannot start a transaction within a transaction")
        return self._cur.execute(sql, *arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cur, name)


def heal_json_assignment(original: Wrapper, node: exp.Expression) -> Any:
    """BigQuery sets a JSON column to any JSON; the emulator takes UPDATE's = for a comparison, which JSON has not."""
    equals = node.parent
    is_assignment = isinstance(equals, exp.EQ) and isinstance(equals.parent, exp.Update)
    return None if is_assignment and equals.arg_key == "expressions" else original(node)


CURES = (
    (load, "_reader", heal_gzipped_load),
    (load, "_csv", heal_unquoted_load),
    (merge, "_sql", heal_safe_in_merge),
    (merge, "run", heal_partition_filter_in_merge),
    (tables, "_check", heal_partition_check),
    (query, "_run", heal_lost_transaction),
    (merge, "run", heal_merge_in_transaction),
    (json, "kind", heal_json_assignment),
)


def _end_with_stdin() -> None:
    """Leave when the other end of stdin is gone: whoever started this cannot stop it any more."""
    sys.stdin.buffer.read()
    os._exit(1)


def install_extensions() -> None:
    """Take DuckDB's extensions from the wheels beside it, which needs no network; a no-op from the second time on."""
    # DuckDB keeps them below HOME; the environment's own folder leaves the developer's home as it was.
    os.environ["HOME"] = sys.prefix
    for name in EXTENSIONS:
        import_extension(name)


def main() -> None:
    """Heal, then serve."""
    install_extensions()
    for module, name, cure in CURES:
        wrap(module, name, cure)
    if WHILE_STDIN_IS_OPEN in sys.argv:
        sys.argv.remove(WHILE_STDIN_IS_OPEN)
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    cli.main()


if __name__ == "__main__":
    main()
