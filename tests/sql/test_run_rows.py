"""What is recorded of runs comes out the same on both engines where invented rows do not meet it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mixpanel_data.runs.origin import STATEMENTS as ORIGINS
from mixpanel_data.runs.parts import RECORD_PARTS
from mixpanel_data.runs.publishing import STATEMENTS as PUBLISHING
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES
from sql.same import outcome
from sql.zetasql_engine import GoogleSqlError, Row

NOON = datetime(2040, 3, 2, 12, tzinfo=UTC)
(GUARD,) = (one for one in PUBLISHING if one.name == "runs/guard.sql")
(MARK_REPLACED,) = (one for one in ORIGINS if one.name == "runs/mark_replaced.sql")
LOCK = {
    "job": "collector", "n": 3, "holder": None, "held_until": None, "project_id": "1", "events_table": "events",
    "zone": "UTC", "mixed_until": None, "newest_seq": None, "newest_seq_at": None,
}  # fmt: skip
GUARDED = {
    "job": "collector", "lease": "", "project_id": "1", "events_table": "events", "zone": "UTC", "published": 3,
    "new_seq": -1,
}  # fmt: skip


def changed(statement: Statement, rows: dict[str, list[dict[str, Any]]], **parameters: Any) -> list[Row]:
    both = outcome(statement, rows, parameters)
    assert not (differences := both.differences()), "\n".join(differences)
    return both.google


@pytest.mark.parametrize("given", [{}, {"published": -1}, {"published": 4}, {"zone": ""}, {"project_id": ""}], ids=str)
def test_a_guard_counts(given: dict[str, Any]) -> None:
    assert changed(GUARD, {"job_locks": [LOCK]}, **{**GUARDED, **given}) == [{**LOCK, "n": 4}]


@pytest.mark.parametrize(
    ("kept", "new_seq", "newest"),
    [
        ((7, 3), -1, (7, 4)),
        ((7, 3), 8, (8, 4)),
        ((7, 2), -1, (None, None)),
        ((7, 2), 12, (12, 4)),
        ((None, None), 0, (0, 4)),
    ],
    ids=str,
)
def test_a_guard_keeps_the_newest_seq_while_every_transaction_counts(
    kept: tuple[int | None, int | None], new_seq: int, newest: tuple[int | None, int | None]
) -> None:
    lock = {**LOCK, "newest_seq": kept[0], "newest_seq_at": kept[1]}
    after = {**LOCK, "n": 4, "newest_seq": newest[0], "newest_seq_at": newest[1]}
    assert changed(GUARD, {"job_locks": [lock]}, **{**GUARDED, "new_seq": new_seq}) == [after]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [({"published": 2}, "state moved"), ({"zone": "Asia/Tokyo"}, "another time zone"), ({"lease": "x"}, "lease lost")],
    ids=str,
)
def test_a_guard_refuses(given: dict[str, Any], refusal: str) -> None:
    with pytest.raises(GoogleSqlError, match=refusal):
        changed(GUARD, {"job_locks": [LOCK]}, **{**GUARDED, **given})


def _run(run_id: str, part: int, status: str) -> dict[str, Any]:
    known = {"run_id": run_id, "part": part, "job": "collector", "status": status, "started_at": NOON}
    return {**dict.fromkeys(column.name for column in TABLES["job_runs"].columns), **known}


def test_runs_at_work_are_marked_and_no_others() -> None:
    given = [_run("a", 0, "running"), _run("a", 1, "ok"), _run("b", 0, "ok"), _run("c", 0, "failed")]
    rows = changed(MARK_REPLACED, {"job_runs": given})
    assert {row["run_id"] for row in rows if row.get("error")} == {"a"}


def test_parts_become_rows() -> None:
    micros = 2_214_993_600_000_001
    part = {
        "part": 2, "finished_at": micros, "window_from": 0, "window_to": -1, "arrivals_up_to": None, "read_until": None,
        "watermark": micros, "narrowed": 1, "calls": 2, "bytes_billed": 3, "figures": '{"same":1.50}',
    }  # fmt: skip
    rows = changed(
        RECORD_PARTS,
        {},
        run_id="a",
        job="collector",
        started_at=NOON,
        parts=[json.dumps(each) for each in (part, {**part, "part": 3, "watermark": None, "arrivals_up_to": 9})],
    )
    assert [(row["part"], row["arrivals_up_to"], row["calls"], row["bytes_billed"]) for row in rows] == [
        (2, None, 2, 3),
        (3, 9, 2, 3),
    ]
    assert {row["watermark"] for row in rows} == {None, datetime(2040, 3, 10, 12, 0, 0, 1, UTC)}
