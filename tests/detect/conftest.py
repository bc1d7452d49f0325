"""Worlds to run the detector in."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from support.detector_world import DetectorWorld, DetectorWorlds


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> DetectorWorlds:
    """Makes worlds; the history they share is judged once, by whichever process of the suite comes first."""
    folder = tmp_path_factory.mktemp("worlds")
    is_one_of_several = "PYTEST_XDIST_WORKER" in os.environ
    shared = tmp_path_factory.getbasetemp().parent if is_one_of_several else folder
    with (shared / "history.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return DetectorWorlds(folder, shared / "history.duckdb")


@pytest.fixture
def world(worlds: DetectorWorlds) -> Iterator[DetectorWorld]:
    """A world in which all events are watched."""
    with ExitStack() as stack:
        yield stack.enter_context(worlds())
