"""A value that is written out in SQL is exactly that value, by Google's own executor and by DuckDB."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings

from detect.hostile import HOSTILE, TEXTS
from mixpanel_data.warehouse.literals import duckdb_literals, google_literals, written_out
from mixpanel_data.warehouse.statements import Statement
from sql import zetasql_engine

_VALUES: list[tuple[str, Any]] = [
    ("INT64", 0),
    ("INT64", -5),
    ("INT64", 2**63 - 1),
    ("FLOAT64", 0.1),
    ("FLOAT64", -1e300),
    ("FLOAT64", 5e-324),
    ("NUMERIC", Decimal("-0.000000001")),
    ("NUMERIC", Decimal("12345678901234567890.5")),
    ("BOOL", True),
    ("BOOL", False),
    ("TIMESTAMP", datetime(2026, 3, 10, 3, 12, tzinfo=UTC)),
    ("TIMESTAMP", datetime(2026, 3, 10, 3, 12, 0, 1, tzinfo=UTC)),
    ("TIMESTAMP", datetime(2026, 3, 10, 1, 0, tzinfo=timezone(timedelta(hours=5.5)))),
    ("TIMESTAMP", datetime(1, 1, 1, tzinfo=UTC)),
    ("DATE", date(2026, 3, 10)),
    ("DATE", date(1, 1, 1)),
    ("STRING", ""),
    ("ARRAY<STRING>", []),
    ("ARRAY<STRING>", ["a'b", "", "\n@`"]),
    ("ARRAY<INT64>", [1, -1]),
    ("ARRAY<DATE>", [date(2026, 3, 10)]),
]
_SELECT = "SELECT @x AS x"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        made.execute("SET TimeZone = 'UTC'")
        yield made


def _literal(kind: str, value: Any, *, is_google: bool) -> str:
    literals = google_literals if is_google else duckdb_literals
    return literals(Statement("x", _SELECT, {"x": kind}), {"x": value})["x"]


def _by_google(kind: str, value: Any) -> Any:
    sql = written_out(_SELECT, {"x": _literal(kind, value, is_google=True)})
    return zetasql_engine.execute(sql, {}, {}, {}, {})[0]["x"]


def _by_duckdb(connection: duckdb.DuckDBPyConnection, kind: str, value: Any) -> Any:
    row = connection.execute(written_out(_SELECT, {"x": _literal(kind, value, is_google=False)})).fetchone()
    assert row is not None
    return row[0]


@settings(max_examples=30)
@given(TEXTS.filter(lambda text: "\ud800" not in text))
@example("".join(HOSTILE[:21]).replace("\ud800", ""))
def test_a_text_is_exactly_the_text_and_holds_nothing_that_a_message_changes(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    for is_google in (True, False):
        assert not set("`@\n") & set(_literal("STRING", text, is_google=is_google))
    assert _by_google("STRING", text) == text
    if "\x00" not in text:
        assert _by_duckdb(connection, "STRING", text) == text


@pytest.mark.parametrize(("kind", "value"), _VALUES, ids=str)
def test_a_value_is_exactly_the_value(connection: duckdb.DuckDBPyConnection, kind: str, value: Any) -> None:
    assert _by_google(kind, value) == value
    assert _by_duckdb(connection, kind, value) == value


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")], ids=str)
def test_a_number_that_is_not_finite_is_written_out_too(connection: duckdb.DuckDBPyConnection, value: float) -> None:
    assert str(_by_google("FLOAT64", value)) == str(_by_duckdb(connection, "FLOAT64", value)) == str(value)


@pytest.mark.parametrize("literals", [google_literals, duckdb_literals])
def test_half_a_surrogate_pair_is_refused(literals: Any) -> None:
    with pytest.raises(ValueError, match="not valid Unicode"):
        literals(Statement("x", _SELECT, {"x": "STRING"}), {"x": "\ud800"})


def test_a_name_within_a_string_stays_as_it_is() -> None:
    text = "SELECT '@x $x' AS a, \"@x\" AS b, @x AS c\n\n \nFROM t"
    assert written_out(text, {"x": "1"}) == "SELECT '@x $x' AS a, \"@x\" AS b, 1 AS c\nFROM t"


def test_a_negative_number_makes_no_comment() -> None:
    sql = written_out("SELECT 1 -@x AS x", google_literals(Statement("x", "@x", {"x": "INT64"}), {"x": -5}))
    assert zetasql_engine.execute(sql, {}, {}, {}, {}) == [{"x": 6}]
