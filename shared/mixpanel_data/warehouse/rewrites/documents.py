"""JSON on DuckDB: members and texts of documents as GoogleSQL has them."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp, parse_one

from mixpanel_data.warehouse.rewrites.tree import call

MACROS: tuple[str, ...] = (
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
      WHEN value IS NULL THEN 'null'
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


def fused(tree: exp.Expr) -> exp.Expr:
    """JSON_VALUE and JSON_QUERY over a column that is SAFE.PARSE_JSON(text): one extraction of all their paths.

    Single extractions would parse the text once each. The column becomes the list of the values, NULL if the text is
    not JSON. A column that is used in other ways alone stays a document.
    """
    for parse in list(tree.find_all(exp.SafeFunc)):
        if not isinstance(parse.this, exp.ParseJSON) or not isinstance(parse.parent, exp.Alias):
            continue
        document, text = parse.parent.alias, parse.this.this
        uses = [use for use in _extractions(tree) if use.this.name == document]
        if not uses:
            parse.replace(exp.TryCast(this=text.copy(), to=exp.DataType.build("json")))
            continue
        paths = list(dict.fromkeys(use.expression.sql(dialect="duckdb") for use in uses))
        listed = ", ".join(paths)
        parse.replace(parse_one(f"TRY(json_extract({text.sql()}, [{listed}]))", read="duckdb"))
        for use in uses:
            place = exp.Literal.number(paths.index(use.expression.sql(dialect="duckdb")) + 1)
            found = call("list_extract", use.this.copy(), place)
            if isinstance(use, exp.JSONExtractScalar):
                use.replace(call("json_scalar", exp.cast(found, "varchar")))
            elif isinstance(use.parent, exp.JSONType):
                use.parent.replace(call("json_kind", exp.cast(found, "varchar")))
            else:
                use.replace(found)
    return tree


def gathered(tree: exp.Expr) -> exp.Expr:
    """json[@name], several times in one SELECT: one extraction of all names, so that a text is parsed once.

    The same expression replaces each use; DuckDB evaluates it once per row.
    """
    for select in list(tree.find_all(exp.Select)):
        uses = [use for each in select.expressions for use in each.find_all(exp.Bracket) if _is_named_member(use)]
        for column in {use.this.sql() for use in uses}:
            of_column = [use for use in uses if use.this.sql() == column]
            if len(of_column) == 1:
                continue
            names = list({use.expressions[0].sql(): use.expressions[0] for use in of_column}.values())
            pointers = exp.Array(expressions=[call("json_pointer", name.copy()) for name in names])
            for use in of_column:
                found = call("json_extract", use.this.copy(), pointers.copy())
                place = exp.Literal.number(names.index(use.expressions[0]))
                use.replace(exp.Bracket(this=found, expressions=[place], offset=0))
    return tree


def _is_named_member(node: exp.Bracket) -> bool:
    return isinstance(node.this, exp.Column) and isinstance(node.expressions[0], exp.Parameter)


def _extractions(tree: exp.Expr) -> list[exp.JSONExtract | exp.JSONExtractScalar]:
    return list(tree.find_all(exp.JSONExtract, exp.JSONExtractScalar))


def documents(node: exp.Expr) -> exp.Expr:
    """JSON_VALUE(text, path) and its CHAR_LENGTH, JSON_TYPE(json), LAX_FLOAT64(json), TO_JSON(value),
    TO_JSON_STRING(json), JSON_KEYS(json, 1) and json[key]."""
    if isinstance(node, exp.JSONExtractScalar):
        if _is_scalar_at_hand(node):
            return call("json_scalar", exp.cast(node.this, "varchar"))
        path = exp.Literal.string(node.expression.sql(dialect="duckdb").strip("'"))
        found = exp.Try(this=call("json_extract", node.this, path))
        return call("json_scalar", exp.cast(found, "varchar"))
    if isinstance(node, exp.JSONType):
        return call("json_kind", exp.cast(node.this, "varchar"))
    if isinstance(node, exp.Length) and isinstance(node.this, exp.Anonymous) and node.this.name == "json_scalar":
        return call("json_length", *node.this.expressions)
    if isinstance(node, exp.LaxFloat64):
        return call("json_number", exp.cast(node.this, "varchar"))
    if isinstance(node, exp.JSONFormat) and node.args.get("to_json"):
        return call("to_json", node.this)
    if isinstance(node, exp.JSONFormat):
        return call("json_string", call("to_json", node.this))
    if isinstance(node, exp.JSONKeysAtDepth):
        return call("json_names", node.this)
    if _is_member(node):
        return call("json_member", node.this, node.expressions[0])
    return node


def _is_member(node: exp.Expr) -> bool:
    """json[name]. A place in an array is in OFFSET, ORDINAL or one of their SAFE forms."""
    return (
        isinstance(node, exp.Bracket)
        and node.args.get("offset") is None
        and isinstance(node.expressions[0], exp.Column | exp.Parameter)
    )


def _is_scalar_at_hand(node: exp.JSONExtractScalar) -> bool:
    """JSON_VALUE(json, '$') of a column, or of a member that is JSON already."""
    is_member = (isinstance(node.this, exp.Anonymous) and node.this.name == "json_member") or _is_extracted(node.this)
    return (isinstance(node.this, exp.Column) or is_member) and node.expression.sql(dialect="duckdb") == "'$'"


def _is_extracted(node: exp.Expr) -> bool:
    """Whether `gathered` has put this in the place of json[@name]."""
    return isinstance(node, exp.Bracket) and isinstance(node.this, exp.Anonymous) and node.this.name == "json_extract"
