"""Aggregates over numbers that give the same in every order of the rows."""

# The sum of 10^13 of them is a NUMERIC.
_MOST = "1e15"


def total_of(number: str) -> str:
    """The sum of FLOAT64 numbers, 0 of none.

    A sum of doubles depends on their order. This is the exact sum of their decimals of nine places, and apart from it
    that of the tiny rests: below 10^15, no order of the rows changes it.
    """
    decimal, rest = parts_of_number(number)
    return f"(COALESCE(CAST(SUM({decimal}) AS FLOAT64), 0) + COALESCE(SUM({rest}), 0))"


def parts_of_number(number: str) -> tuple[str, str]:
    """What a FLOAT64 number adds to the exact part of a total, a NUMERIC, and to the rest of it, a FLOAT64."""
    is_small, fraction = f"ABS({number}) < {_MOST}", f"({number} - TRUNC({number}))"
    # In two steps: a double of many digits is no exact NUMERIC on DuckDB, whole numbers and fractions are.
    decimal = f"CAST(CAST(TRUNC({number}) AS INT64) AS NUMERIC) + CAST({fraction} AS NUMERIC)"
    rest = f"{fraction} - CAST(CAST({fraction} AS NUMERIC) AS FLOAT64)"
    return f"IF({is_small}, {decimal}, 0)", f"IF({is_small}, {rest}, {number})"


def mean_of(number: str) -> str:
    """The mean of FLOAT64 numbers, NULL of none; no order of the rows changes it."""
    return f"{total_of(number)} / NULLIF(COUNT({number}), 0)"
