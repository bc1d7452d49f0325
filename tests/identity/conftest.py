"""A world of its own for each test of the identity transition."""

import pytest

from support.engines import Engine
from support.identity_world import IdentityWorld


@pytest.fixture
def world(engine: Engine) -> IdentityWorld:
    """With the tables `pairs` and `logins`, which are empty; the original identity, without limits."""
    return IdentityWorld(engine)


@pytest.fixture
def few_links_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of three links."""
    monkeypatch.setattr("mixpanel_data.identity.linking.LINKS_PER_PART", 3)
