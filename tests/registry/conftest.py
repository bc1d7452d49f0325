"""A world of its own for each test of the event registry."""

import pytest

from support.engines import Engine
from support.registry_world import RegistryWorld


@pytest.fixture
def world(engine: Engine) -> RegistryWorld:
    """Without events and without a tracking plan."""
    return RegistryWorld(engine)
