"""GoogleSQL translated for DuckDB: by sqlglot, and by rewrites where sqlglot's result is wrong, missing or slow.

Each rewrite below names the GoogleSQL that it replaces; `MACROS` are functions that DuckDB does not have. The tests in
tests/sql compare the rows of every statement with those of Google's own reference executor.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import ParseError, SqlglotError

from mixpanel_data.warehouse.unnesting import spread

Rewrite = Callable[[exp.Expr], exp.Expr]

MACROS: tuple[str, ...] = (
    # DATE and TIMESTAMP_TRUNC of an instant, in UTC. DuckDB's own go through its time zone calendar, and take ten
    # times as long.
    "CREATE OR REPLACE MACRO utc_wall_clock(instant) AS make_timestamp(epoch_us(instant))",
    "CREATE OR REPLACE MACRO utc_date(instant) AS CAST(utc_wall_clock(instant) AS DATE)",
    "CREATE OR REPLACE MACRO utc_trunc(unit, instant) AS"
    " make_timestamptz(epoch_us(date_trunc(unit, utc_wall_clock(instant))))",
    # A member by its name, whatever characters the name has: as a JSON pointer (RFC 6901).
    "CREATE OR REPLACE MACRO json_pointer(name) AS '/' || replace(replace(name, '~', '~0'), '/', '~1')",
    "CREATE OR REPLACE MACRO json_member(value, name) AS json_extract(value, json_pointer(name))",
    # JSON_KEYS(value, 1): GoogleSQL returns a name that starts with a quote as a JSON string.
    "CREATE OR REPLACE MACRO json_names(value) AS list_transform(json_keys(value),"
    " lambda name: CASE WHEN name[1] = '\"' THEN to_json(name)::VARCHAR ELSE name END)",
    # The text of a JSON value starts with one of " - 0 to 9 [ f n t {, in this order of characters, so that comparisons
    # tell its type within nanoseconds. (DuckDB also parses nan and inf, which are not JSON; their type is undefined.)
    # JSON_VALUE: the text of a scalar, NULL for null, objects and arrays. A slice (value[2:-2]) takes five times as
    # long as substring. Between these bounds DuckDB spells a double as GoogleSQL does, with the fewest digits.
    """CREATE OR REPLACE MACRO json_scalar(value) AS CASE
      WHEN value < '#' THEN CASE
        WHEN contains(value, '\\') THEN json_extract_string(value, '$') ELSE substring(value, 2, length(value) - 2) END
      WHEN value < ':' THEN CASE
        WHEN length(value) < 18 AND NOT contains(value, '.') AND NOT contains(value, 'e') THEN value
        WHEN value = '0.0' THEN value
        WHEN abs(TRY_CAST(value AS DOUBLE)) >= 1e-4 AND abs(TRY_CAST(value AS DOUBLE)) < 1e15
          THEN TRY_CAST(value AS DOUBLE)::VARCHAR
        ELSE canonical_json(value) END
      WHEN value IN ('true', 'false') THEN value END""",
    # JSON_TYPE.
    """CREATE OR REPLACE MACRO json_kind(value) AS CASE
      WHEN value < '#' THEN 'string'
      WHEN value < ':' THEN 'number'
      WHEN value < '\\' THEN 'array'
      WHEN value >= '{' THEN 'object'
      WHEN value = 'null' THEN 'null'
      WHEN value IS NOT NULL THEN 'boolean' END""",
    # CHAR_LENGTH(JSON_VALUE(value, '$')): a string without an escape does not have to be copied.
    """CREATE OR REPLACE MACRO json_length(value) AS CASE
      WHEN value < '#' AND NOT contains(value, '\\') THEN length(value) - 2 ELSE length(json_scalar(value)) END""",
    # LAX_FLOAT64.
    """CREATE OR REPLACE MACRO json_number(value) AS CASE
      WHEN value < '#' THEN TRY_CAST(json_scalar(value) AS DOUBLE)
      WHEN value < ':' THEN TRY_CAST(value AS DOUBLE) END""",
    # TO_JSON_STRING: a value with only one spelling stays as it is; the others go through Python.
    """CREATE OR REPLACE MACRO json_string(value) AS CASE
      WHEN regexp_full_match(value::VARCHAR, '"[^\\\\]*"|-?[0-9]{1,15}([.][0-9]{1,4})?|true|false|null')
      THEN value::VARCHAR
      ELSE canonical_json(value::VARCHAR) END""",
)


_DIGITS_OF_64_BITS = 20


def canonical_json(text: str) -> str:
    """GoogleSQL's TO_JSON_STRING(PARSE_JSON(text)): members sorted by key, the first of a repeated key, no white space.

    Integers beyond 64 bits become doubles, as with wide_number_mode 'round'. Text that is nested more deeply than
    Python can parse is returned unchanged; BigQuery refuses more than 500 levels.
    """
    try:
        document = decoded(text, object_pairs_hook=_first_of_each, parse_int=_integer)
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except RecursionError:
        return text


def canonical_digest(text: str) -> str:
    """GoogleSQL's TO_HEX(SHA256(TO_JSON_STRING(PARSE_JSON(text)))).

    One function, because DuckDB would otherwise hold the sorted texts of a whole batch of rows, of up to 1 MB each.
    """
    return hashlib.sha256(canonical_json(text).encode(errors="surrogatepass")).hexdigest()


FUNCTIONS: tuple[Callable[[str], str], ...] = (canonical_json, canonical_digest)
"""Functions that DuckDB calls by their names; each takes a text and returns a text."""


_OWN_FUNCTIONS = frozenset(
    [re.findall(r"MACRO (\w+)", macro)[0] for macro in MACROS] + [function.__name__ for function in FUNCTIONS]
)

_NOT_FINITE = re.compile(r'"(?:[^"\\]|\\.)*"|(-?nan)|(inf(?:inity)?)', re.IGNORECASE)


def decoded(text: str, **how: Any) -> Any:
    """The text as `json.loads` decodes it, with what DuckDB also takes for JSON: nan, inf and infinity, in any case.

    Raises json.JSONDecodeError for other text that is not JSON, RecursionError if it is nested too deeply.
    """
    try:
        return json.loads(text, **how)
    except json.JSONDecodeError:
        return json.loads(_NOT_FINITE.sub(_as_python_has_it, text), **how)


def _as_python_has_it(found: re.Match[str]) -> str:
    return "NaN" if found[1] else "Infinity" if found[2] else found[0]


def _first_of_each(members: list[tuple[str, object]]) -> dict[str, object]:
    return dict(reversed(members))


def _integer(digits: str) -> int | float:
    if len(digits) > _DIGITS_OF_64_BITS:
        return float(digits)
    number = int(digits)
    return number if -(2**63) <= number < 2**64 else float(digits)


_TYPES = {
    "STRING": "VARCHAR",
    "INT64": "BIGINT",
    "FLOAT64": "DOUBLE",
    "BOOL": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMPTZ",
    "DATE": "DATE",
    "JSON": "JSON",
    "NUMERIC": "DECIMAL(38, 9)",
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


class TranslationError(ValueError):
    """The text is not GoogleSQL, as far as sqlglot can parse it."""


def to_duckdb(sql: str, parameters: Mapping[str, str]) -> str:
    """The DuckDB text of one GoogleSQL statement; `parameters` are the GoogleSQL types of its `@names`.

    Raises TranslationError.
    """
    return _translated(sql, tuple(sorted(parameters.items())))


def to_plain_duckdb(sql: str) -> str:
    """The DuckDB text of a GoogleSQL statement for a console, on several lines, with `$name` for each `@name`.

    Raises ValueError for one that needs a function that only connections of ours have.
    """
    tree = _rewritten(_tree(sql), _parameter)
    own = {call.name for call in tree.find_all(exp.Anonymous)} & _OWN_FUNCTIONS
    if own:
        raise ValueError(f"DuckDB itself has no function {', '.join(sorted(own))}: the statement cannot be pasted")
    return tree.sql(dialect="duckdb", comments=False, pretty=True)


@lru_cache(maxsize=1024)
def _translated(sql: str, parameters: tuple[tuple[str, str], ...]) -> str:
    types = dict(parameters)
    return _rewritten(_tree(sql), lambda node: _typed_parameter(node, types)).sql(dialect="duckdb", comments=False)


def _tree(sql: str) -> exp.Expr:
    try:
        parsed = parse_one(sql, read="bigquery")
    except ParseError as error:
        places = [f"{found['description']}, line {found['line']}, column {found['col']}" for found in error.errors]
        raise TranslationError(f"Syntax error: {'; '.join(places) or error}") from error
    except SqlglotError as error:
        raise TranslationError(f"Syntax error: {error}") from error
    return reduce(_rewritten, _REWRITES, _gathered(_fused(spread(parsed))))


def _parameter(node: exp.Expr) -> exp.Expr:
    return exp.Placeholder(this=node.name) if isinstance(node, exp.Parameter) else node


def _rewritten(tree: exp.Expr, rewrite: Rewrite) -> exp.Expr:
    """The tree with every node rewritten, inner nodes first; sqlglot's `transform` skips the nodes of a replacement."""
    for node in reversed(list(tree.walk())):
        written = rewrite(node)
        if node is tree:
            tree = written
        elif written is not node:
            node.replace(written)
    return tree


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _fused(tree: exp.Expr) -> exp.Expr:
    """JSON_VALUE and JSON_QUERY over a column that is SAFE.PARSE_JSON(text): one extraction of all their paths.

    Single extractions would parse the text once each. The column becomes the list of the values, NULL if the text is
    not JSON.
    """
    for parse in list(tree.find_all(exp.SafeFunc)):
        if not isinstance(parse.this, exp.ParseJSON) or not isinstance(parse.parent, exp.Alias):
            continue
        document, text = parse.parent.alias, parse.this.this
        uses = [use for use in _extractions(tree) if use.this.name == document]
        paths = list(dict.fromkeys(use.expression.sql(dialect="duckdb") for use in uses))
        listed = ", ".join(paths)
        parse.replace(parse_one(f"TRY(json_extract({text.sql()}, [{listed}]))", read="duckdb"))
        for use in uses:
            found = exp.Bracket(
                this=use.this.copy(),
                expressions=[exp.Literal.number(paths.index(use.expression.sql(dialect="duckdb")))],
                offset=0,
            )
            if isinstance(use, exp.JSONExtractScalar):
                use.replace(_call("json_scalar", exp.cast(found, "varchar")))
            elif isinstance(use.parent, exp.JSONType):
                use.parent.replace(_call("json_kind", exp.cast(found, "varchar")))
            else:
                use.replace(found)
    return tree


def _gathered(tree: exp.Expr) -> exp.Expr:
    """json[@name], several times in one SELECT: one extraction of all names, so that a text is parsed once.

    The same expression replaces each use; DuckDB evaluates it once per row.
    """
    for select in list(tree.find_all(exp.Select)):
        uses = [use for each in select.expressions for use in each.find_all(exp.Bracket) if _is_member(use)]
        for column in {use.this.sql() for use in uses}:
            of_column = [use for use in uses if use.this.sql() == column]
            names = list({use.expressions[0].sql(): use.expressions[0] for use in of_column}.values())
            pointers = exp.Array(expressions=[_call("json_pointer", name.copy()) for name in names])
            for use in of_column:
                found = _call("json_extract", use.this.copy(), pointers.copy())
                place = exp.Literal.number(names.index(use.expressions[0]))
                use.replace(exp.Bracket(this=found, expressions=[place], offset=0))
    return tree


def _is_member(node: exp.Bracket) -> bool:
    return isinstance(node.this, exp.Column) and isinstance(node.expressions[0], exp.Parameter)


def _extractions(tree: exp.Expr) -> list[exp.JSONExtract | exp.JSONExtractScalar]:
    return list(tree.find_all(exp.JSONExtract, exp.JSONExtractScalar))


def _json(node: exp.Expr) -> exp.Expr:
    """JSON_VALUE(text, path) and its CHAR_LENGTH, JSON_TYPE(json), LAX_FLOAT64(json), TO_JSON(value),
    TO_JSON_STRING(json), JSON_KEYS(json, 1) and json[key]."""
    if isinstance(node, exp.JSONExtractScalar):
        if isinstance(node.this, exp.Column) and node.expression.sql(dialect="duckdb") == "'$'":
            return _call("json_scalar", exp.cast(node.this, "varchar"))
        path = exp.Literal.string(node.expression.sql(dialect="duckdb").strip("'"))
        found = exp.Try(this=_call("json_extract", node.this, path))
        return _call("json_scalar", exp.cast(found, "varchar"))
    if isinstance(node, exp.JSONType):
        return _call("json_kind", exp.cast(node.this, "varchar"))
    if isinstance(node, exp.Length) and isinstance(node.this, exp.Anonymous) and node.this.name == "json_scalar":
        return _call("json_length", *node.this.expressions)
    if isinstance(node, exp.LaxFloat64):
        return _call("json_number", exp.cast(node.this, "varchar"))
    if isinstance(node, exp.JSONFormat) and node.args.get("to_json"):
        return _call("to_json", node.this)
    if isinstance(node, exp.JSONFormat):
        return _call("json_string", _call("to_json", node.this))
    if isinstance(node, exp.JSONKeysAtDepth):
        return _call("json_names", node.this)
    if isinstance(node, exp.Bracket) and isinstance(node.expressions[0], exp.Column | exp.Parameter):
        return _call("json_member", node.this, node.expressions[0])
    return node


def _time(node: exp.Expr) -> exp.Expr:
    """TIMESTAMP_MICROS, TIMESTAMP_MILLIS, DATETIME(timestamp, zone); DATE and TIMESTAMP_TRUNC without a zone."""
    if isinstance(node, exp.UnixToTime):
        to_micros = 10 ** (6 - int(node.args["scale"].name))
        return _call(
            "make_timestamptz", exp.Mul(this=exp.Paren(this=node.this), expression=exp.Literal.number(to_micros))
        )
    if isinstance(node, exp.Datetime):
        return _call("timezone", node.expression, node.this)
    if isinstance(node, exp.Date):
        return _call("utc_date", node.this)
    if isinstance(node, exp.TimestampTrunc):
        return _call("utc_trunc", exp.Literal.string(node.text("unit")), node.this)
    return node


def _hashing(node: exp.Expr) -> exp.Expr:
    """TO_HEX(SHA256(text)), of TO_JSON_STRING(json) too, FARM_FINGERPRINT(text), GENERATE_UUID().

    The fingerprint is DuckDB's own hash, so that it compares only with fingerprints of the same engine. It is taken of
    the JSON as written: sorting the members would cost more than everything else, and rows whose fingerprints differ
    are compared in full anyway. A UUID stays a UUID, because a row id does not have to be text.
    """
    if isinstance(node, exp.LowerHex) and isinstance(node.this, exp.SHA2Digest):
        text = node.this.this
        if isinstance(text, exp.JSONFormat):
            return _call("canonical_digest", exp.cast(text.this, "varchar"))
        return _call("sha256", text)
    if isinstance(node, exp.FarmFingerprint):
        text = node.expressions[0]
        value = text.this if isinstance(text, exp.JSONFormat) else text
        return exp.cast(exp.BitwiseRightShift(this=_call("hash", value), expression=exp.Literal.number(1)), "bigint")
    if isinstance(node, exp.Uuid):
        return _call("uuid")
    return node


def _exact(node: exp.Expr) -> exp.Expr:
    """NUMERIC, number literals with a point, COUNTIF.

    NUMERIC has 9 decimal places, where sqlglot leaves DuckDB's default of 3. A literal with a point is a FLOAT64, where
    DuckDB reads a DECIMAL unless there is an exponent. COUNTIF of no rows is 0, where sqlglot's SUM is NULL.
    """
    if isinstance(node, exp.Literal) and node.is_number and "." in node.name and "e" not in node.name.lower():
        return exp.Literal.number(f"{node.name}e0")
    if isinstance(node, exp.DataType) and node.this == exp.DataType.Type.DECIMAL and not node.expressions:
        return exp.DataType.build(_TYPES["NUMERIC"], dialect="duckdb")
    if isinstance(node, exp.CountIf):
        return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=node.this))
    return node


def _least(node: exp.Expr) -> exp.Expr:
    """ARRAY_AGG(x ORDER BY x LIMIT n): the least n values, which DuckDB keeps no more of than that."""
    limit = node.this if isinstance(node, exp.ArrayAgg) else None
    order = limit.this if isinstance(limit, exp.Limit) else None
    if limit is None or not isinstance(order, exp.Order) or order.expressions[0].this != order.this:
        return node
    return _call("min", order.this, limit.expression)


def _typed_parameter(node: exp.Expr, types: Mapping[str, str]) -> exp.Expr:
    """A parameter with its declared type: DuckDB cannot infer the type of an empty list."""
    if isinstance(node, exp.Parameter):
        return exp.Cast(
            this=exp.Placeholder(this=node.name), to=exp.DataType.build(duckdb_type(types[node.name]), dialect="duckdb")
        )
    return node


_REWRITES: tuple[Rewrite, ...] = (_hashing, _json, _time, _exact, _least)
