"""Every SQL statement of the library is GoogleSQL that BigQuery runs, over the tables as they are declared."""

import re
from pathlib import Path

import pytest

from mixpanel_data.warehouse.statements import Statement
from sql.checks import (
    CHECKS,
    Check,
    foreign_to_bigquery,
    invalid_paths,
    left_out,
    outer_joins,
    stars,
    type_errors,
    unbounded,
    unknown_tables,
)
from sql.library import declared, relations, sql_files, statements, used, with_created
from sql.zetasql_engine import analyze


@pytest.mark.parametrize("statement", statements(), ids=str)
def test_a_statement_is_sound(statement: Statement) -> None:
    problems = [problem for check in CHECKS for problem in check(statement, relations())]
    assert not problems, "\n".join(f"{statement}: {problem}" for problem in problems)


READ_BY_REPORTS = [
    statement
    for statement in statements()
    if str(statement).startswith("reports/") and not re.search(r"\b(INSERT|UPDATE|DELETE|MERGE)\b", statement.sql)
]


@pytest.mark.parametrize("statement", READ_BY_REPORTS, ids=str)
def test_a_report_s_statement_can_read_its_tables_as_of_a_moment(statement: Statement) -> None:
    moment = " FOR SYSTEM_TIME AS OF TIMESTAMP '2026-01-31T12:00:00.123456+00:00'"
    tables = used(statement, declared())
    text = statement.on({}, behind=dict.fromkeys(tables, moment))
    assert text.count(moment) >= len(tables)
    analyze(text, relations(), statement.parameters)


def test_only_what_is_read_has_something_behind_it() -> None:
    given = {"job_locks": "own.locks"}
    for sql, named in [
        ("SELECT n FROM job_locks AS l WHERE n = 1", "SELECT n FROM own.locks AS l; WHERE n = 1"),
        (
            "SELECT n FROM job_runs JOIN job_locks ON TRUE",
            "SELECT n FROM job_runs JOIN own.locks AS job_locks; ON TRUE",
        ),
        ("DELETE FROM job_locks WHERE n = 1", "DELETE FROM own.locks WHERE n = 1"),
        ("UPDATE job_locks AS l SET n = 1 WHERE TRUE", "UPDATE own.locks AS l SET n = 1 WHERE TRUE"),
        (
            "INSERT INTO job_locks (n) SELECT n FROM job_locks",
            "INSERT INTO own.locks (n) SELECT n FROM own.locks AS job_locks;",
        ),
    ]:
        assert Statement("named", sql).on(given, behind={"job_locks": ";"}) == named


def test_what_the_status_of_a_deployment_asks_for_is_sound() -> None:
    text = (Path(__file__).parents[2] / "deploy" / "status.sql").read_text()
    statement = Statement("deploy/status.sql", text, {"last": "INT64"})
    assert [problem for check in CHECKS for problem in check(statement, declared())] == []


def test_every_sql_file_is_a_statement_that_is_checked() -> None:
    assert sql_files() == {str(statement) for statement in statements()}


def test_a_relation_is_known_by_what_creates_it() -> None:
    first = Statement("first.sql", "SELECT day, CAST(seq AS STRING) AS number FROM event_arrivals", creates="first")
    second = Statement(
        "second.sql", "SELECT MAX(day) AS day, ARRAY_AGG(number) AS numbers FROM first", creates="second"
    )
    grown = with_created(declared(), [second, first])
    assert grown["second"] == {"day": "DATE", "numbers": "ARRAY<STRING>"}


def test_a_string_is_left_as_it_is_whatever_it_looks_like() -> None:
    sql = "SELECT '-- FROM job_locks' AS a, \"-- it's\" AS b, '\\'--' AS c FROM job_locks -- it's FROM job_runs"
    statement = Statement("strings", sql)
    assert statement.tables() == {"job_locks"}
    named = statement.on({"job_locks": "own.locks"})
    assert named == ("SELECT '-- FROM job_locks' AS a, \"-- it's\" AS b, '\\'--' AS c FROM own.locks AS job_locks")


_EVENTS = "FROM mixpanel_events WHERE event_timestamp"
_BAD: list[tuple[Check, str, str]] = [
    (type_errors, "SELECT event_nam FROM event_minutes", "Unrecognized name: event_nam"),
    (type_errors, "SELECT events + 'x' AS x FROM event_minutes", "event_minutes"),
    (type_errors, "SELECT n FROM job_locks WHERE n = @job", "No matching signature for operator ="),
    (type_errors, "SELECT n FROM job_locks WHERE n = @other", "Query parameter 'other' not found"),
    (type_errors, "SELECT SUM(n) AS n FROM job_locks HAVING SUM(n) > 0", "Aggregations of aggregations"),
    (type_errors, "SELECT DISTINCT figures FROM job_runs", "JSON"),
    (type_errors, "SELECT TIMESTAMP '2026-01-01 00:00:00.123456789' AS t FROM job_runs", "Invalid TIMESTAMP"),
    (type_errors, "SELECT a.n FROM job_locks AS a, job_locks AS b", "Table not found"),
    (type_errors, "SELECT job_locks.n FROM UNNEST([1]) AS x, job_locks", "Table not found"),
    (type_errors, "INSERT INTO job_locks (job, m) SELECT @job, 0", "Column m is not present in table"),
    (type_errors, "UPDATE job_locks SET m = n + 1 WHERE job = @job", "Unrecognized name: m"),
    (type_errors, "INSERT INTO job_locks (job, n) SELECT n, job FROM job_locks", "has type"),
    (unknown_tables, "SELECT 1 AS x FROM job_lock", "job_lock is neither declared"),
    (unknown_tables, "SELECT a.n FROM job_locks AS a, job_runs AS b", "job_runs stands"),
    (
        unknown_tables,
        "SELECT EXTRACT(DAY FROM job_runs) AS d FROM (SELECT CURRENT_DATE() AS job_runs)",
        "job_runs stands",
    ),
    (foreign_to_bigquery, "SELECT ARRAY_SUM([n]) AS n FROM job_locks", "no function ARRAY_SUM"),
    (foreign_to_bigquery, "SELECT iferror(n, 0) AS n FROM job_locks", "no function IFERROR"),
    (foreign_to_bigquery, "SELECT LAX_STRING_ARRAY(figures) AS n FROM job_runs", "no function LAX_STRING_ARRAY"),
    (foreign_to_bigquery, "SELECT n FROM job_locks TABLESAMPLE BERNOULLI (10 PERCENT)", "BERNOULLI"),
    (
        foreign_to_bigquery,
        "WITH RECURSIVE up AS (SELECT 1 AS n UNION DISTINCT SELECT n + 1 FROM up WHERE n < 9) SELECT n FROM up",
        "UNION DISTINCT",
    ),
    (invalid_paths, "SELECT JSON_VALUE(figures, '$.$insert_id') AS x FROM job_runs", "$.$insert_id is not a JSONPath"),
    (invalid_paths, "SELECT JSON_QUERY(PARSE_JSON(error), '$[') AS x FROM job_runs", "$[ is not a JSONPath"),
    (unbounded, "SELECT 1 AS x FROM mixpanel_events", "mixpanel_events is touched"),
    (unbounded, f"SELECT 1 AS x {_EVENTS} >= @start", "mixpanel_events is touched"),
    (unbounded, f"SELECT 1 AS x {_EVENTS} < @end_", "mixpanel_events is touched"),
    (unbounded, f"SELECT 1 AS x {_EVENTS} >= @start OR event_timestamp < @end_", "mixpanel_events is touched"),
    (unbounded, f"SELECT 1 AS x {_EVENTS} >= @start AND event_timestamp < read_at", "mixpanel_events is touched"),
    (unbounded, f"SELECT 1 AS x {_EVENTS} >= @start AND DATE(event_timestamp) < @day", "mixpanel_events is touched"),
    (unbounded, f"SELECT 1 AS x {_EVENTS} >= (SELECT MAX(t) FROM u) AND event_timestamp < @e", "mixpanel_events is"),
    (
        unbounded,
        "SELECT 1 AS x FROM mixpanel_events AS a CROSS JOIN mixpanel_events AS b"
        " WHERE a.event_timestamp >= @start AND a.event_timestamp < @end_",
        "mixpanel_events is touched",
    ),
    (
        unbounded,
        "WITH e AS (SELECT event_timestamp AS t FROM mixpanel_events) SELECT t FROM e WHERE t >= @start AND t < @end_",
        "mixpanel_events is touched",
    ),
    (
        unbounded,
        "SELECT 1 AS x FROM job_runs AS r LEFT JOIN event_minutes AS m ON m.minute >= @start AND m.minute < @end_"
        " WHERE EXISTS (SELECT 1 FROM event_minutes)",
        "event_minutes is touched",
    ),
    (unbounded, "DELETE FROM event_minutes WHERE events = 0", "event_minutes is touched"),
    (unbounded, "UPDATE event_minutes SET events = 1 WHERE minute >= @start", "event_minutes is touched"),
    (unbounded, "INSERT INTO job_locks (job, n) SELECT '', events FROM event_minutes", "event_minutes is touched"),
    (
        unbounded,
        "MERGE event_minutes AS m USING job_runs AS r ON m.minute = r.started_at WHEN MATCHED THEN DELETE",
        "minutes",
    ),
    (left_out, "INSERT INTO job_locks (job) SELECT @job", "does not fill n"),
    *(
        (outer_joins, f"SELECT a.n FROM job_locks AS a {side} JOIN job_locks AS b ON {condition}", "has no equality")
        for side, condition in (
            ("LEFT", "b.n > a.n"),
            ("LEFT", "TRUE"),
            ("LEFT", "b.n = 1 AND a.job = @job"),
            ("LEFT", "a.n = b.n OR a.job = b.job"),
            ("FULL", "a.n = a.n + 0 AND b.n < a.n"),
        )
    ),
    (stars, "INSERT INTO job_locks (job, n) SELECT * FROM job_locks", "SELECT *"),
    (stars, "INSERT INTO job_locks (job, n) SELECT l.* FROM job_locks AS l", "SELECT *"),
    (stars, "INSERT INTO job_locks (job, n) SELECT '', 1 UNION ALL SELECT * FROM job_locks", "SELECT *"),
    (stars, "INSERT INTO job_locks (job, n) WITH l AS (SELECT 1) SELECT * EXCEPT (x) FROM job_locks", "SELECT *"),
]


@pytest.mark.parametrize(("check", "sql", "problem"), _BAD, ids=[f"{check.__name__}: {sql}" for check, sql, _ in _BAD])
def test_a_check_sees_what_it_is_there_for(check: Check, sql: str, problem: str) -> None:
    statement = Statement("bad.sql", sql, {"job": "STRING", "start": "TIMESTAMP", "end_": "TIMESTAMP"})
    assert any(problem in found for found in check(statement, relations()))


def test_a_created_relation_is_not_made_by_a_star() -> None:
    assert stars(Statement("bad.sql", "SELECT * FROM job_locks", creates="copied"), relations())


_GOOD = [
    f"SELECT event_id {_EVENTS} >= @start AND event_timestamp < @end_ AND NOT (event_name = '' OR event_name = 'x')",
    f"SELECT event_id {_EVENTS} >= TIMESTAMP_SUB(@start, INTERVAL 1 DAY) AND event_timestamp < @end_",
    "SELECT m.events FROM job_locks AS l INNER JOIN event_minutes AS m ON m.minute >= @start AND m.minute < @end_",
    "SELECT a.n FROM job_locks AS a LEFT JOIN job_locks AS b ON (a.job = b.job) AND b.n > a.n",
    "SELECT a.n FROM job_locks AS a FULL JOIN job_locks AS b ON COALESCE(b.n, 0) = a.n + 1",
    "SELECT a.n FROM job_locks AS a LEFT JOIN job_locks AS b USING (job)",
    "SELECT n FROM job_locks LEFT JOIN UNNEST([n]) AS each",
    "WITH c AS (SELECT * FROM job_locks) SELECT n FROM c WHERE job = '$.$x'",
    "SELECT JSON_VALUE(figures, '$.\"$insert_id\"') AS x, JSON_OBJECT('$.$y', 1) AS y FROM job_runs",
]


@pytest.mark.parametrize("sql", _GOOD)
def test_the_checks_let_pass_what_is_right(sql: str) -> None:
    statement = Statement("good.sql", sql, {"start": "TIMESTAMP", "end_": "TIMESTAMP"})
    assert [problem for check in CHECKS for problem in check(statement, relations())] == []
