"""Earlier runs: what they published, and what version 0.1.0 recorded about them."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.warehouse.base import OpenWarehouse
from mixpanel_data.warehouse.statements import Statement
from runs.conftest import DAY, NOON, NewRun
from support.fatal_steps import Killed

both_engines = pytest.mark.both_engines
MORNING = Window(DAY.start, DAY.start + timedelta(hours=12))


def leave_unfinished(run: runs.Run, window: Window = MORNING) -> None:
    """Publish a part and die."""
    with contextlib.suppress(Killed), runs.begin(run):
        runs.publish(run, [], window=window, figures={})
        raise Killed


@both_engines
def test_a_run_finds_what_an_unfinished_run_over_the_same_request_published(new_run: NewRun) -> None:
    leave_unfinished(new_run(request="march"))
    assert runs.published_windows(new_run(request="march")) == [MORNING]
    assert runs.published_windows(new_run(request="april")) == []


def test_a_run_that_ended_well_leaves_nothing_to_take_over(new_run: NewRun) -> None:
    leave_unfinished(new_run(request="march"))
    later = NOON + timedelta(minutes=1)
    with runs.begin(new_run(request="march", at=later)):
        pass
    assert runs.published_windows(new_run(request="march", at=later + timedelta(minutes=1))) == []


def test_after_a_day_nothing_is_taken_over(new_run: NewRun) -> None:
    leave_unfinished(new_run(request="march"))
    assert runs.published_windows(new_run(request="march", at=NOON + timedelta(hours=25))) == []


EARLIER = Statement(
    "a row of version 0.1.0",
    "INSERT INTO job_runs (run_id, part, job, status, started_at, finished_at, window_from, window_to, figures)"
    " SELECT @run_id, @part, 'collector', 'ok', @at, @at, @at, @at, PARSE_JSON(@figures) FROM (SELECT 1)",
    {"run_id": "STRING", "part": "INT64", "at": "TIMESTAMP", "figures": "STRING"},
)
ROWS = Statement(
    "rows",
    "SELECT part, request, watermark, watermark_from, narrowed, calls, TO_JSON_STRING(figures) AS figures FROM job_runs"
    " WHERE started_at >= TIMESTAMP '1900-01-01 00:00:00+00' ORDER BY run_id, part",
)


def record_earlier(warehouse: OpenWarehouse, run_id: str, part: int, **figures: Any) -> None:
    warehouse.transact(f"{run_id}-{part}", [EARLIER], run_id=run_id, part=part, at=NOON, figures=json.dumps(figures))


@both_engines
def test_rows_of_version_0_1_0_get_their_columns_once_and_lose_nothing(
    warehouse: OpenWarehouse, new_run: NewRun
) -> None:
    run, part = (
        {"request": "march", "arrived_from_ms": 1_700_000_000_123, "narrowed": 2, "calls": 5, "calls_without_part": 1},
        {"received": 7, "calls": 4, "arrived_until_ms": 1_700_000_900_456},
    )
    record_earlier(warehouse, "a", 0, **run)
    record_earlier(warehouse, "a", 1, **part)
    with runs.begin(new_run(request="new")):
        pass
    runs.adopt_figures(warehouse, "collector", "adopt-1")
    adopted = warehouse.rows(ROWS)
    runs.adopt_figures(warehouse, "collector", "adopt-2")
    assert warehouse.rows(ROWS) == adopted
    by_part = [
        (row["part"], row["request"], row["watermark_from"], row["watermark"], row["narrowed"], row["calls"])
        for row in adopted
    ]
    at = [datetime(2023, 11, 14, 22, minute, 20, micros, UTC) for minute, micros in ((13, 123_000), (28, 456_000))]
    assert by_part == [
        (0, "march", at[0], None, 2, 1),
        (1, "", None, at[1], None, 4),
        (0, "new", None, None, 0, 0),
    ]
    assert [json.loads(row["figures"]) for row in adopted[:2]] == [run, part]
