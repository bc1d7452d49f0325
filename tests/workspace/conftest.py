"""Desks of each test's own."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from mixpanel_data.clients.mixpanel.cancellation import Cancellation
from support.desk import Desk, DeskMaker, a_desk


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that each retry would have waited, in order; no time passes."""
    waited: list[float] = []
    monkeypatch.setattr(Cancellation, "wait", lambda _, seconds: waited.append(seconds))
    return waited


@pytest.fixture
def desk_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskMaker]:
    """Makes a desk whose project has these lines."""
    with ExitStack() as stack:

        def make(lines: Iterable[bytes] = (), **options: Any) -> Desk:
            return stack.enter_context(a_desk(tmp_path, monkeypatch, lines, **options))

        yield make


@pytest.fixture
def desk(desk_with: DeskMaker) -> Desk:
    """A desk whose project is empty."""
    return desk_with()
