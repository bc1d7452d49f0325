"""How the row of a run tells its end, whatever ended it."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from mixpanel_data import runs
from mixpanel_data.base.errors import QueryError
from mixpanel_data.base.window import Window
from mixpanel_data.warehouse.base import Row
from support.engines import Engine
from support.mortal import Killed

NOON = datetime(2040, 3, 2, 12, tzinfo=UTC)


def told(engine: Engine, ending: BaseException | None) -> Row:
    """The row of a run that ended so."""
    warehouse = engine.open()
    run = runs.Run("r1", "collector", NOON, Window(NOON - timedelta(days=1), NOON))
    with contextlib.suppress(BaseException), runs.begin(warehouse, run, lambda: NOON + timedelta(minutes=1)):
        if ending:
            raise ending
    (row,) = runs.recent(warehouse, NOON - timedelta(days=1), 10, job=None, with_parts=False)
    warehouse.close()
    return row


@pytest.mark.parametrize(
    "ending", [QueryError("no"), ZeroDivisionError(), KeyboardInterrupt(), SystemExit(3)], ids=repr
)
def test_a_run_that_is_ended_by_anything_is_told_as_failed(engine: Engine, ending: BaseException) -> None:
    row = told(engine, ending)
    assert row["status"] == "failed"
    assert type(ending).__name__ in row["error"]
    assert row["finished_at"] == NOON + timedelta(minutes=1)


def test_a_run_that_ends_well_is_told_as_such(engine: Engine) -> None:
    assert told(engine, None)["status"] == "ok"


def test_a_process_that_dies_writes_nothing_any_more(engine: Engine) -> None:
    assert told(engine, Killed())["status"] == "running"
