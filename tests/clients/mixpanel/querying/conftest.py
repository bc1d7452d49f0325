"""What the tests of the query client share: a server, a clock that stands, and clients of one ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Region
from mixpanel_data.clients.mixpanel.querying import QueryClient, QueryLedger
from support.query_server import QueryServer, query_server

ACCOUNT = Credentials(Secret("s3cret-of-ours"), "robot.1", "123")


class Time:
    """A clock that only waiting moves; `waits` has the seconds of each wait."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 12, tzinfo=UTC)
        self.waits: list[float] = []

    def __call__(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def server() -> Iterator[QueryServer]:
    with query_server() as running:
        yield running


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def ledger(tmp_path: Path, time: Time) -> QueryLedger:
    return QueryLedger(tmp_path / "mp" / "queries", now=time)


Asking = Callable[..., QueryClient]


@pytest.fixture
def client(server: QueryServer, ledger: QueryLedger, time: Time) -> Iterator[Asking]:
    """Makes clients of the server, each for one call."""
    made: list[QueryClient] = []

    def of(*, is_waiting: bool = False, deadline: Deadline | None = None, **options: Any) -> QueryClient:
        given = {
            "credentials": ACCOUNT,
            "region": Region.US,
            "ledger": ledger,
            "base_url": server.url,
            "sleep": time.sleep,
        }
        made.append(QueryClient(**{**given, **options}))
        return made[-1].within(deadline or Deadline.after(20.0), is_waiting=is_waiting)

    yield of
    for one in made:
        one.close()
