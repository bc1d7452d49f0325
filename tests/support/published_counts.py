"""Counts of events a minute in the warehouse, as a collector would have published them, for tests of the detector."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from mixpanel_data.warehouse.statements import Statement
from support.engines import Engine, opened
from support.published_statements import WRITE_GIVEN, given_rows

Counts = Mapping[tuple[str, datetime], int]
"""Events by name and minute (aware, UTC)."""

_EARLIEST = datetime(1960, 1, 1, tzinfo=UTC)

_PUBLISH = (
    given_rows("given_counts", "given", name="STRING", minute="TIMESTAMP", events="INT64"),
    Statement(
        "given_events",
        "SELECT TO_HEX(SHA256(CONCAT(@run_id, name, CAST(minute AS STRING), CAST(number AS STRING)))) AS id,"
        " TIMESTAMP_ADD(minute, INTERVAL MOD(number * 7, 60) SECOND) AS happened_at, name, 'ann' AS person,"
        """ PARSE_JSON(CONCAT('{"plan":"free","n":', CAST(number AS STRING), '}')) AS properties"""
        " FROM given_counts CROSS JOIN UNNEST(GENERATE_ARRAY(1, events)) AS number WHERE minute >= @events_from",
        {"run_id": "STRING", "events_from": "TIMESTAMP"},
        creates="given_events",
    ),
    Statement(
        "given_minutes",
        "SELECT given.minute, given.name, given.events + COALESCE(known.events, 0) AS events"
        " FROM given_counts AS given LEFT JOIN event_minutes AS known"
        " ON known.minute = given.minute AND known.event_name = given.name",
        creates="given_minutes",
    ),
    Statement(
        "given_arrivals",
        "SELECT DATE(minute) AS day, name, SUM(events) AS inserted, 0 AS updated, 0 AS deleted,"
        " MIN(minute) AS first, MAX(minute) AS last FROM given_counts GROUP BY DATE(minute), name",
        creates="given_arrivals",
    ),
    *WRITE_GIVEN,
)
RECORD_RUN = Statement(
    "a run",
    "INSERT INTO job_runs (run_id, part, job, status, started_at, finished_at, window_from, window_to, read_until,"
    " figures) SELECT @run_id, part, 'collector', 'ok', @at, @at, TIMESTAMP_SUB(@at, INTERVAL 1 HOUR), @at,"
    " @read_until, PARSE_JSON('{}') FROM UNNEST([0, 1]) AS part",
    {"at": "TIMESTAMP", "run_id": "STRING", "read_until": "TIMESTAMP"},
)
_RECORD_PART = Statement(
    "a part of a run that fails later",
    "INSERT INTO job_runs (run_id, part, job, status, started_at, finished_at, window_from, window_to, figures)"
    " SELECT @run_id, 1, 'collector', 'ok', @at, @at, TIMESTAMP_SUB(@at, INTERVAL 1 HOUR), @at, PARSE_JSON('{}')"
    " FROM (SELECT 1)",
    {"at": "TIMESTAMP", "run_id": "STRING"},
)


def publish_counts(
    engine: Engine,
    counts: Counts,
    now: datetime,
    *,
    run_id: str,
    read_until: datetime | None,
    events_from: datetime = _EARLIEST,
) -> None:
    """Add these counts in one transaction, with the events of the minutes from `events_from` on.

    With `read_until`, the transaction also records a run of one part; without it, the part alone: the run failed later.
    """
    given = [
        json.dumps({"name": name, "minute": minute.isoformat(), "events": str(count)})
        for (name, minute), count in counts.items()
        if count
    ]
    recorded = [RECORD_RUN] if read_until else [_RECORD_PART] if given else []
    statements = [*(_PUBLISH if given else ()), *recorded]
    if not statements:
        return
    with opened(engine) as warehouse:
        warehouse.transact(
            run_id,
            statements,
            given=given,
            at=now,
            run_id=run_id,
            read_until=read_until or now,
            events_from=events_from,
        )
