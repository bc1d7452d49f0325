"""A run that must be alone is: the others wait for it, or skip."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from mixpanel_data import runs
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import WarehouseBusyError
from runs.conftest import DAY, NewRun
from support.engines import Engine

both_engines = pytest.mark.both_engines
LEASE_SECONDS = 60.0


@both_engines
def test_one_run_at_a_time_is_exclusive_and_another_can_skip(engine: Engine, new_run: NewRun) -> None:
    with closing(engine.open()) as one, closing(engine.open()) as other:
        first, second = new_run(one, job="detector"), new_run(other, job="detector")
        with runs.exclusive(first, LEASE_SECONDS, wait_until=None) as is_alone:
            assert is_alone
            with runs.exclusive(second, LEASE_SECONDS, wait_until=None) as is_alone:
                assert not is_alone
        with runs.exclusive(second, LEASE_SECONDS, wait_until=None) as is_alone:
            assert is_alone


@both_engines
def test_runs_of_different_jobs_do_not_keep_one_another_out(engine: Engine, new_run: NewRun) -> None:
    with closing(engine.open()) as one, closing(engine.open()) as other:
        first, second = new_run(one, job="detector"), new_run(other, job="incremental-user-sync")
        with (
            runs.exclusive(first, LEASE_SECONDS, wait_until=None),
            runs.exclusive(second, LEASE_SECONDS, wait_until=None) as is_alone,
        ):
            assert is_alone


@both_engines
def test_a_run_waits_for_the_one_at_work(engine: Engine, new_run: NewRun) -> None:
    order: list[str] = []
    with closing(engine.open()) as one, closing(engine.open()) as other:
        first, second = new_run(one, job="detector"), new_run(other, job="detector")
        waiting = threading.Event()

        def wait_and_work() -> None:
            waiting.set()
            with runs.exclusive(second, LEASE_SECONDS, wait_until=Deadline()):
                order.append("second")

        thread = threading.Thread(target=wait_and_work)
        with runs.exclusive(first, LEASE_SECONDS, wait_until=None):
            thread.start()
            waiting.wait(60)
            order.append("first")
        thread.join(60)
    assert order == ["first", "second"]


def test_a_run_that_waits_in_vain_says_which_job_is_busy(engine: Engine, new_run: NewRun) -> None:
    with closing(engine.open()) as one, closing(engine.open()) as other:
        first, second = new_run(one, job="detector"), new_run(other, job="detector")
        with (
            runs.exclusive(first, LEASE_SECONDS, wait_until=None),
            pytest.raises(WarehouseBusyError, match=r"Another run of detector .* Run this again later"),
            runs.exclusive(second, LEASE_SECONDS, wait_until=Deadline.after(0.0)),
        ):
            raise AssertionError("two runs are alone")


@both_engines
def test_an_error_ends_the_lease(engine: Engine, new_run: NewRun) -> None:
    with closing(engine.open()) as one, closing(engine.open()) as other:
        with (
            pytest.raises(ZeroDivisionError),
            runs.exclusive(new_run(one, job="detector"), LEASE_SECONDS, wait_until=None),
        ):
            raise ZeroDivisionError
        with runs.exclusive(new_run(other, job="detector"), LEASE_SECONDS, wait_until=None) as is_alone:
            assert is_alone


@both_engines
def test_an_exclusive_run_publishes_and_can_be_exclusive_again(engine: Engine, new_run: NewRun) -> None:
    with closing(engine.open()) as warehouse:
        run = new_run(warehouse, job="incremental-user-sync")
        with runs.begin(run):
            for number in (1, 2):
                with runs.exclusive(run, LEASE_SECONDS, wait_until=Deadline()):
                    runs.publish(run, [], window=DAY, figures={})
                assert run.parts == number
