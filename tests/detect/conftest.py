"""Worlds to run the detector in."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from detect.world import World, Worlds


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """Makes worlds; the history they share is judged once, by whichever process of the suite comes first."""
    folder = tmp_path_factory.mktemp("worlds")
    is_one_of_several = "PYTEST_XDIST_WORKER" in os.environ
    shared = tmp_path_factory.getbasetemp().parent if is_one_of_several else folder
    with (shared / "history.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return Worlds(folder, shared / "history.duckdb")


@pytest.fixture
def world(worlds: Worlds) -> Iterator[World]:
    """A world in which all events are watched."""
    with ExitStack() as stack:
        yield stack.enter_context(worlds())
