"""The row of a run records how the run ended, whatever ended it."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest

from mixpanel_data import runs
from mixpanel_data.base.errors import QueryError, UnavailableError
from mixpanel_data.warehouse.base import OpenWarehouse, Row
from runs.conftest import NOON, NewRun
from support.fatal_steps import Killed

both_engines = pytest.mark.both_engines


def recorded(warehouse: OpenWarehouse) -> Row:
    """The row of the one run."""
    (row,) = runs.recent(warehouse, NOON - timedelta(days=1), 10, job=None, with_parts=False)
    return row


def ended_by(ending: BaseException | None, run: runs.Run) -> Row:
    """The row of the run after something ended it."""
    with contextlib.suppress(BaseException), runs.begin(run):
        if ending:
            raise ending
    return recorded(run.warehouse)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "ending", [QueryError("no"), ZeroDivisionError(), KeyboardInterrupt(), SystemExit(3)], ids=repr
)
def test_a_run_that_anything_ends_is_recorded_as_failed(ending: BaseException, new_run: NewRun) -> None:
    row = ended_by(ending, new_run())
    assert row["status"] == "failed"
    assert type(ending).__name__ in row["error"]
    assert row["finished_at"] == NOON + timedelta(minutes=1)


@both_engines
def test_a_run_that_ends_well_is_recorded_as_ok_with_its_figures(new_run: NewRun) -> None:
    run = new_run(request="everything", figures={"inserted": 1})
    with runs.begin(run):
        assert recorded(run.warehouse)["status"] == "running"  # type: ignore[arg-type]
        run.figures["inserted"] = 2
    row = recorded(run.warehouse)  # type: ignore[arg-type]
    assert (row["status"], row["figures"], row["error"]) == ("ok", {"inserted": 2}, None)


def test_a_run_whose_process_dies_stays_recorded_as_running(new_run: NewRun) -> None:
    assert ended_by(Killed(), new_run())["status"] == "running"


def unavailable(*_: object, **__: object) -> None:
    raise UnavailableError("The warehouse is away.")


def test_the_error_that_ended_a_run_is_raised_even_if_its_row_cannot_be_written(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()

    def fail() -> None:
        with runs.begin(run):
            monkeypatch.setattr(type(run.warehouse), "transact", unavailable)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
