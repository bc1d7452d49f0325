"""What the costs are planned from is what the statements read."""

import json

from mixpanel_data.costs.references import STATEMENTS_FILE
from mixpanel_data.warehouse.statements import Statement
from sql.library import relations, statements
from sql.references import reference, text


def test_the_file_says_what_the_analyzer_says() -> None:
    remedy = "run `make docs`"
    fresh, kept = json.loads(text()), json.loads(STATEMENTS_FILE.read_text(encoding="utf-8"))
    assert {name for name in fresh.keys() | kept.keys() if fresh.get(name) != kept.get(name)} == set(), remedy


def test_a_column_counts_where_it_is_named_and_bounds_where_they_are_constants() -> None:
    read = Statement(
        "read",
        "SELECT minutes.event_name FROM event_minutes AS minutes INNER JOIN event_arrivals AS arrivals"
        " ON arrivals.day = DATE(minutes.minute) WHERE minutes.minute >= @start AND @end > minutes.minute"
        " AND arrivals.arrived_at >= minutes.last_changed",
        {"start": "TIMESTAMP", "end": "TIMESTAMP"},
    )
    assert reference(read, relations()) == {
        "kind": "SELECT",
        "reads": {
            "event_arrivals": {"columns": ["arrived_at", "day"]},
            "event_minutes": {
                "columns": ["event_name", "last_changed", "minute"],
                "bounds": [{"before": ["@end"], "from": ["@start"]}],
            },
        },
    }


def test_a_table_that_is_read_twice_has_the_bounds_of_both_scans() -> None:
    def scan(bound: str) -> str:
        return f"SELECT events FROM event_minutes WHERE {bound}"

    both = Statement("both", f"{scan('minute >= @a')} UNION ALL {scan('DATE(minute) IN UNNEST(@days)')}", _TYPES)
    found = reference(both, relations())["reads"]["event_minutes"]["bounds"]
    assert found == [{"from": ["@a"]}, {"day in": ["@days"]}]
    whole = Statement("whole", f"{scan('minute >= @a')} UNION ALL {scan('events > 1')}", {"a": "TIMESTAMP"})
    assert "bounds" not in reference(whole, relations())["reads"]["event_minutes"]


_TYPES = {"a": "TIMESTAMP", "days": "ARRAY<DATE>"}


def test_what_an_insert_reads_is_not_what_it_writes() -> None:
    insert = Statement(
        "insert", "INSERT INTO user_pending_days (day, marked_at) SELECT day, arrived_at FROM event_arrivals"
    )
    assert reference(insert, relations()) == {
        "kind": "INSERT",
        "writes": "user_pending_days",
        "reads": {"event_arrivals": {"columns": ["arrived_at", "day"]}},
    }


def test_every_statement_is_known() -> None:
    known = json.loads(STATEMENTS_FILE.read_text(encoding="utf-8"))
    assert len(known) > 0.9 * len(statements())
