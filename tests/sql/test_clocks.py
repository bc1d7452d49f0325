"""Instants, days and time zones on DuckDB are those of Google's own executor, also where clocks change."""

import pytest

from sql.telling_rows import RARE_CHANGES, RARE_ZONES, ZONES, around, both, instants

ZONED = [
    "DATE(t, @zone)",
    "DATE_TRUNC(DATE(t, @zone), WEEK(MONDAY))",
    "DATE_DIFF(DATE(t, @zone), DATE(u, @zone), WEEK(MONDAY))",
    "TIMESTAMP(DATETIME(t, @zone))",
    "TIMESTAMP(DATETIME(t, @zone), @zone)",
    "TIMESTAMP(DATETIME(t), @zone)",
    "TIMESTAMP(DATE(t), @zone)",
    "TIMESTAMP(DATETIME_ADD(DATETIME(t, @zone), INTERVAL 1 DAY), @zone)",
    "TIMESTAMP(DATETIME_TRUNC(DATETIME(t, @zone), HOUR), @zone)",
    *(f"TIMESTAMP_TRUNC(t, {unit}, @zone)" for unit in ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK(MONDAY)", "ISOWEEK")),
    *(f"TIMESTAMP_TRUNC(t, {unit}, @zone)" for unit in ("MONTH", "QUARTER", "YEAR")),
    *(
        f"EXTRACT({part} FROM t AT TIME ZONE @zone)"
        for part in ("YEAR", "ISOYEAR", "QUARTER", "MONTH", "ISOWEEK", "DAY", "DAYOFWEEK", "DAYOFYEAR", "HOUR", "DATE")
    ),
    "EXTRACT(MILLISECOND FROM t AT TIME ZONE @zone)",
    "DATETIME_DIFF(DATETIME(t, @zone), DATETIME(u, @zone), HOUR)",
    "FORMAT_TIMESTAMP('%F %H:%M', t, @zone)",
]


@pytest.mark.parametrize("expression", ZONED)
def test_the_clock_of_a_zone_is_google_s(expression: str) -> None:
    for zone in ZONES:
        for sql in (expression, expression.replace("@zone", f"'{zone}'")):
            outcome = both(f"SELECT t, u, {sql} AS x FROM instants", zone=zone)
            assert not (differences := outcome.differences()), f"{zone}:\n" + "\n".join(differences[:6])


@pytest.mark.parametrize("zone", RARE_ZONES)
def test_rare_changes_of_clocks_are_google_s(zone: str) -> None:
    rows = {"instants": instants(around(RARE_CHANGES))}
    for expression in ZONED:
        outcome = both(f"SELECT t, u, {expression} AS x FROM instants", rows, zone=zone)
        assert not (differences := outcome.differences()), f"{expression}:\n" + "\n".join(differences[:6])
