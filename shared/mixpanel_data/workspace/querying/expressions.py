"""SQL expressions that spell a value as Python's `texts` would, so that DuckDB itself can write it."""

_AS_THEY_ARE = frozenset({"BOOLEAN", "VARCHAR", "JSON", "DATE", "TIME", "UUID"})
INTEGERS = frozenset(
    f"{sign}{size}" for sign in ("", "U") for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
)
"""DuckDB's names of its integer types."""


def cell_expression(value: str, kind: str) -> str | None:
    """The expression that spells a value, itself an expression, as a cell of CSV; None for a type without a simple one.

    `kind` is DuckDB's name of the type. NaN and infinity become NULL, and times ISO 8601, those with a zone in UTC.
    """
    if kind in _AS_THEY_ARE or kind in INTEGERS or kind.startswith("DECIMAL("):
        return value
    if kind in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isfinite({value}) THEN {value} END"
    if kind == "TIMESTAMP":
        return f"replace({value}::VARCHAR, ' ', 'T')"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"replace(({value} AT TIME ZONE 'UTC')::VARCHAR, ' ', 'T') || 'Z'"
    return None
