"""Statements that write what a part of the collector writes, from relations that a test gives.

`given_events`: one row per event to insert, with id, happened_at, name, person and properties.
`given_minutes`: one row per minute and name, with the count that it has from now on, 0 to delete it.
`given_arrivals`: one row per day and name, with its counts and its first and last event.
"""

from mixpanel_data.warehouse.statements import Statement

_EVENTS_SINCE = "event_timestamp >= TIMESTAMP '1900-01-01 00:00:00+00'"
_MINUTES_SINCE = "minute >= TIMESTAMP '1900-01-01 00:00:00+00'"


def given_rows(relation: str, parameter: str, **columns: str) -> Statement:
    """A relation of the JSON texts of an array parameter, with columns by their GoogleSQL types."""
    selected = ", ".join(
        f"CAST(JSON_VALUE(one, '$.{column}') AS {type_}) AS {column}" for column, type_ in columns.items()
    )
    return Statement(
        relation, f"SELECT {selected} FROM UNNEST(@{parameter}) AS one", {parameter: "ARRAY<STRING>"}, creates=relation
    )


DELETE_REPLACED_EVENTS = Statement(
    "replaced events",
    f"DELETE FROM mixpanel_events WHERE {_EVENTS_SINCE} AND event_id IN UNNEST(@replaced)",
    {"replaced": "ARRAY<STRING>"},
)

WRITE_GIVEN = (
    Statement(
        "events",
        "INSERT INTO mixpanel_events (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id,"
        " read_at, contents_fingerprint)"
        " SELECT happened_at, @at, name, properties, person, id, @at, FARM_FINGERPRINT(TO_JSON_STRING(properties))"
        " FROM given_events",
        {"at": "TIMESTAMP"},
    ),
    Statement(
        "old minutes",
        f"DELETE FROM event_minutes WHERE {_MINUTES_SINCE} AND CONCAT(CAST(UNIX_MICROS(minute) AS STRING), event_name)"
        " IN (SELECT CONCAT(CAST(UNIX_MICROS(minute) AS STRING), name) FROM given_minutes)",
    ),
    Statement(
        "new minutes",
        "INSERT INTO event_minutes (minute, event_name, events, last_changed)"
        " SELECT minute, name, events, @at FROM given_minutes WHERE events > 0",
        {"at": "TIMESTAMP"},
    ),
    Statement(
        "arrivals",
        "INSERT INTO event_arrivals (seq, run_id, arrived_at, day, event_name, inserted, updated, deleted,"
        " first_event_timestamp, last_event_timestamp)"
        " SELECT (SELECT COALESCE(MAX(seq), 0) + 1 FROM event_arrivals), @run_id, @at, day, name, inserted, updated,"
        " deleted, first, last FROM given_arrivals",
        {"at": "TIMESTAMP", "run_id": "STRING"},
    ),
)
