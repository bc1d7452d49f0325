"""What all tests share: the engine."""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from mixpanel_data.warehouse.base import OpenWarehouse
from support import postgresql_server
from support.engines import EMULATOR_HOST, BigQuery, DuckDB, Engine
from support.memory import keep_files_in_memory
from support.postgresql_server import PostgresServer

hypothesis.settings.register_profile(
    "tests",
    deadline=None,
    # The fixtures that examples share hold nothing of one example: each takes a dataset of its own.
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tests")


pytest.register_assert_rewrite(
    *("support.collected_tables", "support.stored_rows", "support.user_sync_world"),
    *("support.identity_tables", "support.identity_world", "support.registry_world"),
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_engines: runs on BigQuery too, where an emulator is there")
    heed_signals()
    keep_files_in_memory()


def heed_signals() -> None:
    """Let programs that tests start be interrupted where the tests run in the background, or under nohup: what is
    ignored here they would ignore too, what is handled here they do not inherit."""
    for each in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(each) is signal.SIG_IGN:
            signal.signal(each, lambda *_: None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" not in metafunc.fixturenames:
        return
    on_both = metafunc.definition.get_closest_marker("both_engines") is not None
    engines = ["duckdb", *([pytest.param("bigquery", marks=pytest.mark.bigquery)] if on_both and EMULATOR_HOST else [])]
    metafunc.parametrize("engine", engines, indirect=True)


@pytest.fixture(autouse=EMULATOR_HOST is not None)
def datasets_dropped() -> Iterator[None]:
    """What a test leaves on the emulator slows those after it."""
    yield
    BigQuery.drop_all()


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """A dataset of the test's own."""
    return DuckDB(tmp_path) if request.param == "duckdb" else BigQuery()


@pytest.fixture
def warehouse(engine: Engine) -> Iterator[OpenWarehouse]:
    """A warehouse of the test's own dataset."""
    opened = engine.open()
    yield opened
    opened.close()


@pytest.fixture
def garbage_collected() -> Iterator[None]:
    """What a test leaves to the garbage collector is its own, not that of the test which happens to run then."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, started when a test first asks for it."""
    with postgresql_server.running() as server:
        yield server
