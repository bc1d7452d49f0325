"""Starts `local-bigquery` with those of its differences from BigQuery healed that matter here.

Runs inside the environment of requirements.txt and takes the arguments of `local-bigquery`. Each cure wraps
functions of version 0.4.0, or replaces one of its SQL macros in functions.sql; if one of them is gone, the start
fails and says which cure to revise. What begins with `hasten_` heals no difference, only the emulator's slowness.
"""

from __future__ import annotations

import ast
import contextvars
import functools
import json
import math
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from importlib import metadata
from json.encoder import encode_basestring as quoted
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from duckdb_extensions import import_extension
from local_bigquery import cli
from local_bigquery.catalog import tables as catalog
from local_bigquery.engine import database
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import load, merge, query, store
from local_bigquery.models import Job
from local_bigquery.sql import dialect, native, translate
from local_bigquery.sql.rules import json as json_rules
from local_bigquery.sql.rules import tables, typing
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
    """BigQuery takes SAFE functions in a MERGE; the emulator writes them back with its own prefix, which is not SQL."""
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


class _Cursor:
    """A stand-in for a cursor that does as it does, but for what its subclasses do."""

    def __init__(self, cur: Any) -> None:
        self._cur = cur

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cur, name)


class _WithinTransaction(_Cursor):
    """A cursor that refuses BEGIN as DuckDB does within a transaction, but without asking DuckDB."""

    def execute(self, sql: str, *arguments: Any) -> Any:
        if sql == "BEGIN":
            raise duckdb.TransactionException("cannot start a transaction within a transaction")
        return self._cur.execute(sql, *arguments)


def heal_json_assignment(original: Wrapper, node: exp.Expression) -> Any:
    """BigQuery sets a JSON column to any JSON; the emulator takes UPDATE's = for a comparison, which JSON has not."""
    equals = node.parent
    is_assignment = isinstance(equals, exp.EQ) and isinstance(equals.parent, exp.Update)
    return None if is_assignment and equals.arg_key == "expressions" else original(node)


def heal_json_subscript(node: exp.Expression, context: Any) -> exp.Expression:
    """BigQuery takes the string in `json[...]` as a key; the emulator hands it on as a path (see _json_member).

    Where the emulator does not know the type, a string in brackets tells that it is JSON.
    """
    if not isinstance(node, exp.Bracket):
        return node
    is_json = node.meta.get("json") or any(typing.kind(index) in typing.TEXT for index in node.expressions)
    return dialect.macro("_json_member", node.this, *node.expressions) if is_json else node


def heal_integer_division(node: exp.Expression, context: Any) -> exp.Expression:
    """BigQuery's DIV divides its whole arguments; the emulator makes `a - b // c` of DIV(a - b, c)."""
    if isinstance(node, exp.IntDiv):
        for side in ("this", "expression"):
            if isinstance(node.args[side], exp.Binary):
                node.set(side, exp.Paren(this=node.args[side]))
    return node


def json_printed(text: str) -> str:
    """A JSON value as BigQuery prints it: members sorted by key, the first of each key, numbers in its spelling."""
    try:
        return _printed(_DECODER.decode(text))
    except ValueError:
        return text


def json_key_paths(text: str, depth: int) -> list[str]:
    """JSON_KEYS: sorted, quoted as in a JSON path where need be, and without what lies in arrays."""
    return sorted(set(_key_paths(_DECODER.decode(text), depth, "")))


def json_is_strict(text: str) -> bool:
    """Whether JSON that DuckDB reads is JSON by the letter, which BigQuery demands."""
    try:
        _DECODER.decode(text)
    except ValueError:
        return False
    return True


# The Python functions that functions.sql needs. Not whole columns by Arrow: DuckDB 1.5.5 frees the strings too early.
FUNCTIONS = {
    "_json_printed": (json_printed, ["VARCHAR"], "VARCHAR"),
    "_json_key_paths": (json_key_paths, ["VARCHAR", "BIGINT"], "VARCHAR[]"),
    "_json_is_strict": (json_is_strict, ["VARCHAR"], "BOOLEAN"),
}


def _integer(text: str) -> int | float:
    """BigQuery keeps INT64 and UINT64 and rounds what is wider to FLOAT64."""
    number = int(text)
    return number if -(2**63) <= number < 2**64 else _number(text)


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def _no_json(text: str) -> None:
    raise ValueError(text)


def _first_of_each(members: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(members))


_DECODER = json.JSONDecoder(
    object_pairs_hook=_first_of_each, parse_int=_integer, parse_float=_number, parse_constant=_no_json
)
_WORDS = {None: "null", True: "true", False: "false"}


def _printed(value: Any) -> str:
    match value:
        case str():
            return quoted(value)
        case dict():
            return "{" + ",".join([f"{quoted(key)}:{_printed(item)}" for key, item in sorted(value.items())]) + "}"
        case list():
            return "[" + ",".join([_printed(item) for item in value]) + "]"
        case float():
            return _printed_number(value)
        case bool() | None:
            return _WORDS[value]
    return str(value)


def _printed_number(number: float) -> str:
    """Python's spelling, but that BigQuery's exponents begin at 1e15 and not at 1e16."""
    text = repr(number)
    if not 1e15 <= abs(number) < 1e16:
        return text
    sign, digits = text[: -len("1000000000000000.0")], text.removeprefix("-").removesuffix(".0")
    return f"{sign}{digits[0]}.{digits[1:]}".rstrip("0").rstrip(".") + "e+15"


def _key_paths(value: Any, depth: int, path: str) -> Iterator[str]:
    if depth == 0 or not isinstance(value, dict):
        return
    for key, item in value.items():
        name = quoted(key) if "." in key or quoted(key) != f'"{key}"' else key
        inner = f"{path}.{name}" if path else name
        yield inner
        yield from _key_paths(item, depth - 1, inner)


# What DuckDB lists of the tables of all projects, as DuckLake keeps it for one.
DUCKLAKE_LISTS = {
    "duckdb_schemas()": """(
        SELECT {project} AS database_name, schema_name
        FROM {ducklake}.ducklake_schema WHERE end_snapshot IS NULL)""",
    "duckdb_tables()": """(
        SELECT {project} AS database_name, schema_name, table_name, coalesce(record_count, 0) AS estimated_size
        FROM {ducklake}.ducklake_table AS t
        JOIN {ducklake}.ducklake_schema AS s USING (schema_id)
        LEFT JOIN {ducklake}.ducklake_table_stats USING (table_id)
        WHERE t.end_snapshot IS NULL AND s.end_snapshot IS NULL)""",
    "duckdb_views()": """(
        SELECT {project} AS database_name, schema_name, view_name, false AS internal
        FROM {ducklake}.ducklake_view AS v
        JOIN {ducklake}.ducklake_schema AS s USING (schema_id)
        WHERE v.end_snapshot IS NULL AND s.end_snapshot IS NULL)""",
    "duckdb_columns()": """(
        SELECT {project} AS database_name, schema_name, table_name, column_name, nulls_allowed AS is_nullable
        FROM {ducklake}.ducklake_column AS c
        JOIN {ducklake}.ducklake_table AS t USING (table_id)
        JOIN {ducklake}.ducklake_schema AS s USING (schema_id)
        WHERE c.end_snapshot IS NULL AND t.end_snapshot IS NULL AND s.end_snapshot IS NULL
          AND c.parent_column IS NULL)""",
}
_looked_up: contextvars.ContextVar[dict[Any, Any] | None] = contextvars.ContextVar("_looked_up", default=None)


def hasten_catalog(original: Wrapper, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Ask DuckLake's own tables what exists: DuckDB's lists take 10 to 30 ms, and more with each query's result.

    While one statement is translated, each question is asked once; a query's result has no required columns.
    """
    lists = [name for name in DUCKLAKE_LISTS if name in sql]
    if lists and "NOT is_nullable" in sql and catalog.RESULTS in (parameters or ()):
        return []
    if not lists or not parameters or parameters[0] not in database._attached:
        return original(sql, parameters)
    looked_up, question = _looked_up.get(), (sql, *parameters)
    if looked_up is not None and question in looked_up:
        return looked_up[question]
    for name in lists:
        sql = sql.replace(name, _ducklake_list(name, parameters[0]))
    found = original(sql, parameters)
    if looked_up is not None:
        looked_up[question] = found
    return found


def _ducklake_list(name: str, project: str) -> str:
    ducklake = database.quote(f"__ducklake_metadata_{project}")
    return DUCKLAKE_LISTS[name].format(project=exp.Literal.string(project).sql("duckdb"), ducklake=ducklake)


def hasten_translation(original: Wrapper, *arguments: Any) -> Any:
    """Half of hasten_catalog: a statement need not see what others commit while it is translated."""
    token = _looked_up.set({})
    try:
        return original(*arguments)
    finally:
        _looked_up.reset(token)


def hasten_results(original: Wrapper, project: str, dataset: str, table: str | None = None) -> list[tuple[Any, ...]]:
    """Look for a query's result where it must be, not through all tables."""
    if dataset != catalog.RESULTS or table is None:
        return original(project, dataset, table)
    try:
        [(rows,)] = database.fetch(f"SELECT count(*) FROM {database.quote(project, dataset, table)}")
    except duckdb.CatalogException:
        return []
    return [(table, "TABLE", rows)]


TEMPORARY_TABLES = "SELECT table_name FROM duckdb_tables() WHERE temporary"


def hasten_temporary_tables(original: Wrapper, cur: Any, *arguments: Any, session: Any = None, **options: Any) -> Any:
    """Do not list all tables for the temporary ones of a cursor that is new, as it is outside of a session."""
    return original(cur if session else _New(cur), *arguments, session=session, **options)


class _New(_Cursor):
    """A cursor that knows that it has no temporary tables yet."""

    def sql(self, sql: str, *arguments: Any, **options: Any) -> Any:
        none = "SELECT '' AS table_name WHERE false"
        return self._cur.sql(none if sql == TEMPORARY_TABLES else sql, *arguments, **options)


_unfinished: dict[tuple[str, str], str] = {}


def hasten_job(original: Wrapper, job: Any) -> Any:
    """Keep a job in memory while it runs, and store it at its end only, for that takes 8 ms."""
    key = job.jobReference.projectId, job.jobReference.jobId
    if job.status.state != "DONE":
        _unfinished[key] = json.dumps(job.dump())
        return job
    stored = original(job)
    _unfinished.pop(key, None)
    return stored


def hasten_job_look_up(original: Wrapper, *key: str) -> Any:
    """Half of hasten_job: who asks for a job finds it wherever it is."""
    unfinished = _unfinished.get(key)
    return Job.model_validate_json(unfinished) if unfinished else original(*key)


def hasten_job_list(store_job: Wrapper, original: Wrapper, *arguments: Any) -> Any:
    """Half of hasten_job: who lists the jobs finds all."""
    for unfinished in [*_unfinished.values()]:
        store_job(Job.model_validate_json(unfinished))
    return original(*arguments)


CURES = (
    (load, "_reader", heal_gzipped_load),
    (load, "_csv", heal_unquoted_load),
    (merge, "_sql", heal_safe_in_merge),
    (merge, "run", heal_partition_filter_in_merge),
    (tables, "_check", heal_partition_check),
    (query, "_run", heal_lost_transaction),
    (merge, "run", heal_merge_in_transaction),
    (json_rules, "kind", heal_json_assignment),
    (database, "fetch", hasten_catalog),
    (database, "objects", hasten_results),
    (query, "translate", hasten_translation),
    (query, "execute", hasten_temporary_tables),
    (store, "save", hasten_job),
    (store, "load", hasten_job_look_up),
    (store, "list_", functools.partial(hasten_job_list, store.save)),
)
RULES = (heal_json_subscript, heal_integer_division)


def hasten_values() -> None:
    """Tell DuckDB at once that there is no pandas.

    It asks twice for each value that it hands to a Python function and for each parameter, and Python would search the
    disk each time: 0.1 ms. Arrow asks once, and does so here, for it would not understand the answer.
    """
    pa.array([None])
    sys.modules["pandas"] = None  # type: ignore[assignment]


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
    hasten_values()
    for module, name, cure in CURES:
        wrap(module, name, cure)
    translate.NODE_RULES[:0] = RULES
    native.FUNCTIONS.update(FUNCTIONS)
    dialect.FUNCTIONS.append(Path(__file__).with_name("functions.sql"))
    if WHILE_STDIN_IS_OPEN in sys.argv:
        sys.argv.remove(WHILE_STDIN_IS_OPEN)
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    cli.main()


if __name__ == "__main__":
    main()
