"""What the tests of the live queries share: a server, and queries of a project at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Region
from mixpanel_data.clients.mixpanel.querying import QueryClient, QueryLedger
from mixpanel_data.workspace.live import LiveQueries
from support.live import QueriesOf
from support.query_server import QueryServer, query_server


@pytest.fixture
def server() -> Iterator[QueryServer]:
    with query_server() as running:
        yield running


@pytest.fixture
def live(server: QueryServer, tmp_path: Path) -> Iterator[LiveQueries]:
    account = Credentials(Secret("s3cret-of-ours"), "robot.1", "123")
    client = QueryClient(account, Region.US, QueryLedger(tmp_path), server.url)
    yield QueriesOf(client.within(Deadline.after(20.0)))
    client.close()
