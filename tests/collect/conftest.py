"""Waits that take no time."""

import pytest

from mixpanel_data.clients.mixpanel.cancellation import Cancellation


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that retries would have waited, one entry a wait; none of them passes."""
    waited: list[float] = []
    monkeypatch.setattr(Cancellation, "wait", lambda _, seconds: waited.append(seconds))
    return waited
