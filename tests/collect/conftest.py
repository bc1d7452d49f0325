"""Waits that take no time, and a project with ten weeks of events."""

from collections.abc import Iterator

import pytest

from collect.ten_weeks import WEEKS, comparable, ten_weeks_of_lines
from mixpanel_data.clients.mixpanel.cancellation import Cancellation
from support.collector_world import CollectorWorld
from support.engines import DuckDB, Engine


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that each retry would have waited, in order; no time passes."""
    waited: list[float] = []
    monkeypatch.setattr(Cancellation, "wait", lambda _, seconds: waited.append(seconds))
    return waited


@pytest.fixture
def world(engine: Engine) -> Iterator[CollectorWorld]:
    """A world with ten weeks of events."""
    with CollectorWorld(engine, ten_weeks_of_lines()) as made:
        yield made


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The tables after a run without any fault."""
    with CollectorWorld(DuckDB(tmp_path_factory.mktemp("undisturbed")), ten_weeks_of_lines()) as made:
        made.collect(*WEEKS)
        return comparable(made)
