"""Numbers and casts on DuckDB."""

from sqlglot import exp

from mixpanel_data.warehouse.rewrites.tree import call

NUMERIC = "DECIMAL(38, 9)"

_INTEGER = r"'\s*[-+]?[0-9]+\s*'"
_HEXADECIMAL = r"'\s*[-+]?0[xX][0-9a-fA-F]+\s*'"


def _casts(name: str, duckdb: str, of_text: str, of_double: str = "value") -> tuple[str, str]:
    """The macros of a CAST and of a SAFE_CAST, by the type of the value."""

    def macro(prefix: str, cast: str, bad: str) -> str:
        bodies = {
            "VARCHAR": of_text.format(cast=cast, bad=bad),
            "DOUBLE": f"{cast}({of_double} AS {duckdb})",
            **dict.fromkeys(("BIGINT", "HUGEINT", "BOOLEAN", NUMERIC), f"{cast}(value AS {duckdb})"),
        }
        overloads = ", ".join(f"(value {kind}) AS {body}" for kind, body in bodies.items())
        return f"CREATE OR REPLACE MACRO {prefix}{name}{overloads}"

    error = f"CASE WHEN value IS NOT NULL THEN error('Bad {name} value: ' || value) END"
    return macro("to_", "CAST", error), macro("try_", "TRY_CAST", "NULL")


MACROS: tuple[str, ...] = (
    "CREATE OR REPLACE MACRO hexadecimal(value) AS CAST(regexp_replace(value, '[-+\\s]', '', 'g') AS BIGINT)"
    " * CASE WHEN contains(value, '-') THEN -1 ELSE 1 END",
    # GoogleSQL reads fewer texts as numbers than DuckDB ('1.5' and '1e3' are no integers, '1_0' and 't' are nothing),
    # and rounds halves away from zero.
    *_casts(
        "int64",
        "BIGINT",
        "CASE WHEN regexp_full_match(value, " + _INTEGER + ") THEN {cast}(value AS BIGINT)"
        " WHEN regexp_full_match(value, " + _HEXADECIMAL + ") THEN hexadecimal(value) ELSE {bad} END",
        "round(value)",
    ),
    *_casts(
        "float64",
        "DOUBLE",
        "CASE WHEN contains(value, '_') OR contains(value, '+-') THEN {bad}"
        " WHEN regexp_full_match(value, " + _HEXADECIMAL + ") THEN CAST(hexadecimal(value) AS DOUBLE)"
        " ELSE {cast}(value AS DOUBLE) END",
    ),
    *_casts(
        "bool",
        "BOOLEAN",
        "CASE lower(value) WHEN 'true' THEN true WHEN 'false' THEN false ELSE {bad} END",
    ),
    *_casts(
        "numeric",
        NUMERIC,
        f"CASE WHEN contains(value, '_') THEN {{bad}} ELSE {{cast}}(value AS {NUMERIC}) END",
    ),
    # DIV(a, b), of whole numbers: of others DuckDB's // does not cut off the places. As HUGEINT it takes four times as
    # long.
    "CREATE OR REPLACE MACRO quotient(dividend BIGINT, divisor BIGINT) AS dividend // divisor",
    # a / b: DuckDB's own is infinite where GoogleSQL raises.
    "CREATE OR REPLACE MACRO ratio(dividend, divisor) AS"
    " CASE WHEN divisor = 0 THEN error('division by zero') ELSE dividend / divisor END",
)

_CAST_TO = {
    exp.DataType.Type.BIGINT: "int64",
    exp.DataType.Type.DOUBLE: "float64",
    exp.DataType.Type.BOOLEAN: "bool",
    exp.DataType.Type.DECIMAL: "numeric",
}


def numbers(node: exp.Expr) -> exp.Expr:
    """NUMERIC, number literals with a point, DIV, division, CAST and SAFE_CAST.

    NUMERIC has 9 decimal places, where sqlglot leaves DuckDB's default of 3. A literal with a point is a FLOAT64, where
    DuckDB reads a DECIMAL unless there is an exponent.
    """
    if isinstance(node, exp.Literal) and node.is_number and "." in node.name and "e" not in node.name.lower():
        return exp.Literal.number(f"{node.name}e0")
    if isinstance(node, exp.DataType) and node.this == exp.DataType.Type.DECIMAL and not node.expressions:
        return exp.DataType.build(NUMERIC, dialect="duckdb")
    if isinstance(node, exp.IntDiv):
        return call("quotient", node.this, node.expression)
    if isinstance(node, exp.Div) and not _is_never_zero(node.expression):
        return call("ratio", node.this, node.expression)
    return _cast(node)


def _is_never_zero(divisor: exp.Expr) -> bool:
    return isinstance(divisor, exp.Nullif) or (isinstance(divisor, exp.Literal) and float(divisor.name) != 0)


def _cast(node: exp.Expr) -> exp.Expr:
    kind = _CAST_TO.get(node.to.this) if isinstance(node, exp.Cast) else None
    if kind is None or isinstance(node.this, exp.Null | exp.Parameter):
        return node
    if node.find(exp.AggFunc, exp.Window):
        # DuckDB cannot choose among the forms of a macro for an aggregate. This one takes numbers only.
        return exp.cast(call("round", node.this, exp.Literal.number(0)), "bigint") if kind == "int64" else node
    return call(f"{'try' if isinstance(node, exp.TryCast) else 'to'}_{kind}", node.this)
