"""What the warehouse's own tables tell of a workload."""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mixpanel_data.base.errors import NotFoundError
from mixpanel_data.costs.measured import measure
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES

DAY = timedelta(days=1)
TODAY = datetime(2026, 3, 10, tzinfo=UTC)
NOON = TODAY + DAY / 2

pytestmark = pytest.mark.both_engines


def put(warehouse: Warehouse, table: str, rows: Sequence[Row]) -> None:
    """Insert rows; columns that a row leaves out are empty, or NULL where they may be."""
    columns = [column for column in TABLES[table].columns if column.type != "JSON"]
    cells = ", ".join(
        f"SAFE_CAST(JSON_VALUE(PARSE_JSON(given), '$.{column.name}') AS {column.type}) AS {column.name}"
        for column in columns
    )
    names = ", ".join(column.name for column in columns)
    text = f"INSERT INTO {table} ({names}) SELECT {cells} FROM UNNEST(@given) AS given"
    empty = {"STRING": "", "INT64": 0, "TIMESTAMP": f"{NOON:%FT%TZ}"}
    required = {column.name: empty.get(column.type) for column in columns if column.is_required}
    given = [json.dumps({**required, **row}, default=str) for row in rows]
    statement = Statement(f"put {table}", text, {"given": "ARRAY<STRING>"})
    warehouse.transact(f"put-{uuid.uuid4().hex}", [statement], given=given)


def minute(at: datetime, name: str, events: int) -> Row:
    return {"minute": at, "event_name": name, "events": events}


def run(run_id: str, at: datetime, reads_arrivals_from: datetime | None = None, **others: Any) -> Row:
    return {"run_id": run_id, "job": "collector", "started_at": at, "watermark_from": reads_arrivals_from, **others}


def arrival(run_id: str, at: datetime, day: date, inserted: int, updated: int = 0) -> Row:
    return {"run_id": run_id, "arrived_at": at, "day": day, "inserted": inserted, "updated": updated}


def test_events_and_names_are_those_of_whole_days(warehouse: Warehouse) -> None:
    put(
        warehouse,
        "event_minutes",
        [
            minute(TODAY - 3 * DAY, "Visit", 90),
            minute(TODAY - 3 * DAY + DAY / 2, "Buy", 3),
            minute(TODAY - 1 * DAY, "Visit", 27),
            minute(TODAY, "Visit", 1_000_000),
        ],
    )
    measured = measure(warehouse, NOON)
    assert (measured.window.start, measured.window.end) == (TODAY - 3 * DAY, TODAY)
    # Three days, one of them without events; two names on one and one on another.
    assert measured.figures == {"history_days": 3, "events_per_day": 40, "names": 2}


def test_at_most_28_days_count_and_the_history_is_longer(warehouse: Warehouse) -> None:
    put(warehouse, "event_minutes", [minute(TODAY - 400 * DAY, "Visit", 999), minute(TODAY - DAY, "Visit", 28)])
    measured = measure(warehouse, NOON)
    assert measured.window.end - measured.window.start == 28 * DAY
    assert measured.figures == {"history_days": 400, "events_per_day": 1, "names": 1}


def test_late_is_what_happened_on_a_day_before_mixpanel_stored_it(warehouse: Warehouse) -> None:
    put(warehouse, "event_minutes", [minute(TODAY - 2 * DAY, "Visit", 100), minute(TODAY - DAY, "Visit", 100)])
    shortly_after_midnight, noon = TODAY - DAY + DAY / 96, TODAY - DAY / 2
    put(
        warehouse,
        "job_runs",
        [
            run("crossing", shortly_after_midnight, shortly_after_midnight - DAY / 24),
            run("crossing", shortly_after_midnight, part=1, watermark=shortly_after_midnight),
            # Most runs read too little to say from when on.
            run("noon", noon),
            run("noon", noon, part=1, watermark=noon),
            run("noon", noon, part=2),
            run("history", noon),
            run("history", noon, part=1),
            run("theirs", noon, part=1, watermark=noon, job="detector"),
        ],
    )
    own, before = (TODAY - DAY).date(), (TODAY - 2 * DAY).date()
    put(
        warehouse,
        "event_arrivals",
        [
            # From before midnight, and stored then.
            arrival("crossing", shortly_after_midnight, before, 60),
            arrival("crossing", shortly_after_midnight, own, 40),
            arrival("noon", noon, own, 60),
            arrival("noon", noon, before, 30),
            arrival("noon", noon, before - DAY, 10),
            # A day that is read again brings changes, and history whenever somebody asks for it.
            arrival("history", noon, before - 100 * DAY, 5000, 4),
            arrival("theirs", noon, before, 5000),
        ],
    )
    figures = measure(warehouse, NOON).figures
    assert figures["late"] == pytest.approx(40 / 200)
    assert figures["late_days"] == 2
    assert figures["resolved"] == pytest.approx(4 / 200)


def test_users_are_those_of_the_days_that_the_user_sync_has_counted(warehouse: Warehouse) -> None:
    put(warehouse, "event_minutes", [minute(TODAY - 2 * DAY, "Visit", 1), minute(TODAY - DAY, "Visit", 1)])
    counted = [{"distinct_id": name, "day": (TODAY - 2 * DAY).date()} for name in ("ann", "bob", "eve")]
    put(warehouse, "user_daily_metrics", [*counted, {"distinct_id": "old", "day": (TODAY - 9 * DAY).date()}])
    put(warehouse, "user_insights", [{"distinct_id": name} for name in ("ann", "bob", "eve", "old")])
    figures = measure(warehouse, NOON).figures
    assert (figures["users_per_day"], figures["users"]) == (3, 4)


def test_without_a_whole_day_there_is_nothing_to_measure(warehouse: Warehouse) -> None:
    put(warehouse, "event_minutes", [minute(TODAY, "Visit", 5)])
    with pytest.raises(NotFoundError, match=r"no events of a whole day yet\. Collect .* or give the figures"):
        measure(warehouse, NOON)
