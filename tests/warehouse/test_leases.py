"""Of the runs of a job one at a time holds its lease, on both engines."""

import contextlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mixpanel_data.base.errors import (
    ConfigError,
    MixpanelDataError,
    QueryError,
)
from mixpanel_data.warehouse.base import Warehouse
from support.engines import (
    EMULATOR_HOST,
    BigQuery,
    DuckDB,
    Engine,
)
from warehouse.locks import (
    GUARD,
    INSERT,
    INSERT_OTHER,
    a_run,
    locks,
    transact,
)

both_engines = pytest.mark.both_engines


def has_lease(warehouse: Warehouse, holder: str, job: str = "detector") -> bool:
    with warehouse.lease(job, holder, 60.0) as token:
        return token is not None


@both_engines
def test_a_lease_is_held_by_one_at_a_time_and_freed_at_its_end(engine: Engine) -> None:
    with contextlib.closing(engine.open()) as one, contextlib.closing(engine.open()) as other:
        with one.lease("detector", a_run(), 60.0) as token:
            assert token is not None
            assert not has_lease(other, a_run())
            assert not has_lease(other, a_run())
            assert has_lease(other, a_run(), job="another")
        assert has_lease(other, a_run())
        assert has_lease(one, a_run())


@both_engines
def test_a_holder_can_take_its_lease_again(engine: Engine) -> None:
    holder = a_run()
    with contextlib.closing(engine.open()) as one, contextlib.closing(engine.open()) as other:
        for _ in range(2):
            with one.lease("detector", holder, 60.0) as token:
                assert token is not None
                assert not has_lease(other, a_run())
            assert has_lease(other, a_run())


@both_engines
def test_a_lease_is_freed_by_an_error_too(engine: Engine) -> None:
    with contextlib.closing(engine.open()) as one, contextlib.closing(engine.open()) as other:
        with pytest.raises(ValueError, match="wrong"), one.lease("detector", a_run(), 60.0):
            raise ValueError("wrong")
        assert has_lease(other, a_run())


@both_engines
def test_of_many_that_ask_at_once_for_a_lease_one_has_it(engine: Engine) -> None:
    """None lets go of it before all have asked. Of the very first at once, which each make a row, none may have it."""
    with contextlib.closing(engine.open()) as first, first.lease("detector", a_run(), 60.0) as token:
        assert token is not None
    asked = threading.Barrier(4)

    def ask(_: int) -> bool:
        with contextlib.closing(engine.open()) as warehouse, warehouse.lease("detector", a_run(), 60.0) as token:
            asked.wait(60)
            return token is not None

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(ask, range(4))) == 1


@both_engines
def test_the_token_of_a_lease_is_what_a_guard_finds_in_the_rows_of_the_job(engine: Engine) -> None:
    """Runs that started at once may have added two rows."""
    with contextlib.closing(engine.open()) as warehouse:
        for _ in range(2):
            transact(warehouse, INSERT, job="detector", n=0)
        with warehouse.lease("detector", a_run(), 60.0) as token:
            assert token is not None
            transact(warehouse, GUARD, lease=token, job="detector")
            with pytest.raises(QueryError, match="taken over"):
                transact(warehouse, GUARD, lease="another", job="detector")
        assert locks(warehouse) == [("detector", 1), ("detector", 1)]
        transact(warehouse, GUARD, lease="", job="detector")
        assert locks(warehouse) == [("detector", 2), ("detector", 2)]


@both_engines
def test_the_holder_of_a_lease_goes_on(engine: Engine) -> None:
    with contextlib.closing(engine.open()) as warehouse, warehouse.lease("detector", a_run(), 60.0) as token:
        transact(warehouse, GUARD, INSERT_OTHER, lease=token, job="detector", who="a", n=1)
        assert ("a", 1) in locks(warehouse)


@pytest.mark.bigquery
@pytest.mark.skipif(not EMULATOR_HOST, reason="no emulator is there")
def test_a_holder_that_lost_its_lease_changes_nothing_and_takes_it_from_nobody() -> None:
    engine, late, next_one = BigQuery(), a_run(), a_run()
    with contextlib.closing(engine.open()) as one, contextlib.closing(engine.open()) as other:
        # It is over as soon as it is given, as that of a run that was killed long ago.
        with one.lease("detector", late, 0.0) as token:
            assert token is not None
            with other.lease("detector", next_one, 60.0) as taken_over:
                assert taken_over is not None
                with pytest.raises(MixpanelDataError, match="taken over"):
                    transact(one, GUARD, INSERT_OTHER, lease=token, job="detector", who="a", n=1)
                assert locks(one) == [("detector", 0)]
                transact(other, GUARD, INSERT_OTHER, lease=taken_over, job="detector", who="b", n=2)
        # The late one's end did not free what the other held.
        assert locks(one) == [("b", 2), ("detector", 1)]


def test_the_lease_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from support.engines import DuckDB\n"
        "with DuckDB(Path(sys.argv[1])).open().lease('detector', 'a', 3600.0) as token:\n"
        "    print(token is not None, flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout, contextlib.closing(DuckDB(tmp_path).open()) as warehouse:
        assert process.stdout.readline() == "True\n"
        assert not has_lease(warehouse, "b")
        process.kill()
        process.wait(60)
        assert has_lease(warehouse, "b")


def test_a_lease_beside_a_file_in_a_missing_folder_is_a_config_error(tmp_path: Path) -> None:
    engine = DuckDB(tmp_path / "not" / "there")
    with contextlib.closing(engine.open()) as warehouse, pytest.raises(ConfigError, match="not/there"):
        has_lease(warehouse, "a")
