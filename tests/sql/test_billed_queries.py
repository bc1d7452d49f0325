"""What `mp cost actual` makes of the rows that BigQuery lists, worked out by Google's reference executor."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mixpanel_data.costs.actual import STATEMENTS
from sql.library import LISTED_QUERIES
from sql.zetasql_engine import Row, execute

(JOBS_OF,) = STATEMENTS
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEN_MB = 10 * 1024 * 1024


def listed(job_id: str, billed: int | None, at: datetime = NOON, **others: Any) -> dict[str, Any]:
    """A query of the collector's step `suspects`, but for what the test gives."""
    labels = {"app": "mixpanel_data", "job": "collector", "step": "suspects", **others.pop("labels", {})}
    return {
        "creation_time": at,
        "job_id": job_id,
        "job_type": "QUERY",
        "parent_job_id": None,
        "statement_type": "SELECT",
        "reservation_id": None,
        "total_bytes_billed": billed,
        "labels": [{"key": key, "value": value} for key, value in labels.items() if value],
        **others,
    }


def summed(*rows: Row) -> list[Row]:
    parameters = {"app": "mixpanel_data", "since": NOON - HOUR, "until": NOON + HOUR}
    relations = {"information_schema_jobs": LISTED_QUERIES}
    found = execute(JOBS_OF.sql, relations, {"information_schema_jobs": rows}, JOBS_OF.parameters, parameters)
    return sorted(found, key=lambda row: (row["job"], row["step"]))


def test_a_script_counts_once_and_its_statements_not_beside_it() -> None:
    script = listed("p", 3 * TEN_MB, statement_type="SCRIPT", labels={"step": "publish"})
    # Whether BigQuery gives a script's statements its labels is not documented.
    labelled = listed("c1", TEN_MB, parent_job_id="p", labels={"step": "publish"})
    bare = listed("c2", 2 * TEN_MB, parent_job_id="p", labels={"app": "", "job": "", "step": ""})
    (row,) = summed(script, labelled, bare)
    assert (row["step"], row["query_count"], row["bytes_billed"]) == ("publish", 1, 3 * TEN_MB)


def test_queries_are_summed_by_job_and_step() -> None:
    rows = summed(
        listed("a", TEN_MB, NOON + HOUR / 2),
        listed("b", 2 * TEN_MB),
        listed("c", TEN_MB, labels={"job": "detector"}),
        listed("d", 7, labels={"job": "", "step": ""}),
    )
    told = [(row["job"], row["step"], row["query_count"], row["bytes_billed"], row["first_at"]) for row in rows]
    assert told == [
        ("", "", 1, 7, NOON),
        ("collector", "suspects", 2, 3 * TEN_MB, NOON),
        ("detector", "suspects", 1, TEN_MB, NOON),
    ]


def test_what_is_not_ours_not_a_query_or_not_of_the_window_does_not_count() -> None:
    strangers = [
        listed("theirs", TEN_MB, labels={"app": "looker"}),
        listed("bare", TEN_MB, labels={"app": "", "job": "", "step": ""}),
        listed("load", None, job_type="LOAD"),
        listed("early", TEN_MB, NOON - HOUR - timedelta(microseconds=1)),
        listed("late", TEN_MB, NOON + HOUR),
    ]
    assert summed(*strangers) == []
    (row,) = summed(*strangers, listed("ours", TEN_MB, NOON - HOUR))
    assert row["query_count"] == 1


def test_a_query_that_failed_billed_nothing_and_one_in_a_reservation_is_told() -> None:
    reserved = listed("reserved", TEN_MB, reservation_id="p:US.mine")
    (row,) = summed(listed("failed", None), listed("paid", 2 * TEN_MB), reserved)
    assert (row["query_count"], row["bytes_billed"], row["reserved_bytes"]) == (3, 3 * TEN_MB, TEN_MB)
    (row,) = summed(listed("failed", None))
    assert row["bytes_billed"] == 0
