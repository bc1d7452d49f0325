"""GoogleSQL translated for DuckDB: by sqlglot, and by `rewrites` where sqlglot's result is wrong, missing or slow.

Each rewrite names the GoogleSQL that it replaces; `MACROS` are functions that DuckDB does not have. What DuckDB would
answer otherwise is refused. The tests in tests/sql compare the rows of every statement, and of every function that is
rewritten, with those of Google's own reference executor.
"""

import re
from collections.abc import Mapping
from functools import lru_cache, reduce

from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.errors import ParseError, SqlglotError, UnsupportedError

from mixpanel_data.warehouse.rewrites import clocks, documents, hashing, lists, numbers
from mixpanel_data.warehouse.rewrites.documents import decoded
from mixpanel_data.warehouse.rewrites.hashing import fingerprint
from mixpanel_data.warehouse.rewrites.tree import Rewrite, TranslationError, rewritten
from mixpanel_data.warehouse.rewrites.unnesting import spread

__all__ = [
    "FUNCTIONS",
    "MACROS",
    "TranslationError",
    "decoded",
    "duckdb_type",
    "fingerprint",
    "google_type",
    "to_duckdb",
    "to_plain_duckdb",
]

MACROS: tuple[str, ...] = (
    *documents.MACROS,
    *hashing.MACROS,
    *clocks.MACROS,
    *numbers.MACROS,
    *lists.MACROS,
)

FUNCTIONS = documents.FUNCTIONS

_REWRITES: tuple[Rewrite, ...] = (
    hashing.hashing,
    documents.documents,
    clocks.clocks,
    numbers.numbers,
    lists.aggregates,
    lists.lists,
    lists.searches,
)

_OWN_FUNCTIONS = frozenset(
    [re.findall(r"MACRO (\w+)", macro)[0] for macro in MACROS] + [function.__name__ for function in FUNCTIONS]
)


_TYPES = {
    "STRING": "VARCHAR",
    "INT64": "BIGINT",
    "FLOAT64": "DOUBLE",
    "BOOL": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMPTZ",
    "DATE": "DATE",
    "JSON": "JSON",
    "NUMERIC": numbers.NUMERIC,
}

_GOOGLE_TYPES = {
    **{duckdb_name.replace(" ", ""): google for google, duckdb_name in _TYPES.items()},
    "TIMESTAMPWITHTIMEZONE": "TIMESTAMP",
    # Types of tables and expressions that are not ours. A sum of INT64 is a HUGEINT to DuckDB.
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER", "HUGEINT"), "INT64"),
    "FLOAT": "FLOAT64",
    "TIMESTAMP": "DATETIME",
    "BLOB": "BYTES",
}


def duckdb_type(google_type: str) -> str:
    """DuckDB's name of a GoogleSQL type or array type. Raises KeyError for a type that no declared table has."""
    if google_type.startswith("ARRAY<"):
        return duckdb_type(google_type.removeprefix("ARRAY<").removesuffix(">")) + "[]"
    return _TYPES[google_type]


def google_type(duckdb_name: str) -> str:
    """GoogleSQL's name of a DuckDB type; DuckDB's own name for a type that GoogleSQL does not have."""
    if duckdb_name.endswith("[]"):
        return f"ARRAY<{google_type(duckdb_name.removesuffix('[]'))}>"
    return _GOOGLE_TYPES.get(duckdb_name.replace(" ", ""), duckdb_name)


def to_duckdb(sql: str, parameters: Mapping[str, str]) -> str:
    """The DuckDB text of one GoogleSQL statement; `parameters` are the GoogleSQL types of its `@names`.

    Raises TranslationError for a text that is not GoogleSQL, and for what DuckDB would answer otherwise.
    """
    return _translated(sql, tuple(sorted(parameters.items())))


def to_plain_duckdb(sql: str) -> str:
    """The DuckDB text of a GoogleSQL statement for a console, on several lines, with `$name` for each `@name`.

    Raises ValueError for one that needs a function that only connections of ours have.
    """
    tree = rewritten(_tree(sql), _parameter)
    own = {call.name for call in tree.find_all(exp.Anonymous)} & _OWN_FUNCTIONS
    if own:
        raise ValueError(f"DuckDB itself has no function {', '.join(sorted(own))}: the statement cannot be pasted")
    return _text(tree, is_pretty=True)


@lru_cache(maxsize=1024)
def _translated(sql: str, parameters: tuple[tuple[str, str], ...]) -> str:
    types = dict(parameters)
    return _text(rewritten(_tree(sql), lambda node: _typed_parameter(node, types)), is_pretty=False)


def _text(tree: exp.Expr, *, is_pretty: bool) -> str:
    try:
        return tree.sql(dialect="duckdb", comments=False, pretty=is_pretty, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise TranslationError(str(error)) from error


def _tree(sql: str) -> exp.Expr:
    try:
        parsed = parse_one(sql, read="bigquery")
    except ParseError as error:
        places = [f"{found['description']}, line {found['line']}, column {found['col']}" for found in error.errors]
        raise TranslationError(f"Syntax error: {'; '.join(places) or error}") from error
    except SqlglotError as error:
        raise TranslationError(f"Syntax error: {error}") from error
    return reduce(rewritten, _REWRITES, documents.gathered(documents.fused(spread(parsed))))


def _parameter(node: exp.Expr) -> exp.Expr:
    return exp.Placeholder(this=node.name) if isinstance(node, exp.Parameter) else node


def _typed_parameter(node: exp.Expr, types: Mapping[str, str]) -> exp.Expr:
    """A parameter with its declared type: DuckDB cannot infer the type of an empty list."""
    if isinstance(node, exp.Parameter):
        return exp.Cast(
            this=exp.Placeholder(this=node.name), to=exp.DataType.build(duckdb_type(types[node.name]), dialect="duckdb")
        )
    return node
