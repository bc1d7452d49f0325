"""What the tests of the Mixpanel client share: a server of bytes, a stand-in Mixpanel, and waits that take no time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clients.mixpanel.project import ACCESS, LINE, NOON
from mixpanel_data_standins.mixpanel import StandInMixpanel
from support.wire import Wire


@pytest.fixture(scope="session")
def _listening_wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


@pytest.fixture
def wire(_listening_wire: Wire) -> Wire:
    """The server of bytes, without the traces of an earlier test."""
    _listening_wire.forget()
    return _listening_wire


@pytest.fixture
def mixpanel() -> Iterator[StandInMixpanel]:
    """A project with one event."""
    with StandInMixpanel([LINE], now=lambda: NOON, access=ACCESS) as running:
        yield running


@pytest.fixture
def waits() -> list[float]:
    """The seconds that a client would have waited, if it got this list's `append` for its `sleep`."""
    return []
