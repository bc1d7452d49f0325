"""What the tests of Google's small clients share: a server in place of Google, and waits that take no time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clients.google.server import Clock, GoogleApi


@pytest.fixture
def google() -> Iterator[GoogleApi]:
    with GoogleApi() as api:
        yield api


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of Google's retries; the storage client asks for nothing more in a thread of its own."""
    monkeypatch.setenv("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
    clock = Clock()
    for module in ("retry_base", "retry_unary"):
        monkeypatch.setattr(f"google.api_core.retry.{module}.time", clock)
    return clock
