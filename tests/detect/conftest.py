"""Worlds to run the detector in."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from detect.world import World, Worlds


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """Makes worlds; the history that they share is judged once."""
    return Worlds(tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def world(worlds: Worlds) -> Iterator[World]:
    """One in which all events are watched."""
    with ExitStack() as stack:
        yield stack.enter_context(worlds())
