"""A project with a dozen events and four profiles, whose counts can be made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest
import requests

from mixpanel_data_standins.mixpanel import StandInMixpanel

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


class Ask(Protocol):
    """Sends a query and returns the answer, whatever its status."""

    def __call__(self, path: str, *, method: str = "GET", **given: Any) -> requests.Response: ...


def line(event: str, at: str, user: str | None, **properties: Any) -> bytes:
    """An event at a UTC time of March 2026, as DD HH:MM:SS."""
    seconds = int(datetime.fromisoformat(f"2026-03-{at}+00:00").timestamp())
    who = {} if user is None else {"distinct_id": user}
    row = {"event": event, "properties": {"time": seconds, **who, "$insert_id": f"{event}{at}{user}", **properties}}
    return json.dumps(row).encode()


LINES = [
    line("Visit", "01 09:00:00", "ann", plan="free", mp_processing_time_ms=1),
    # The same event, processed later: this copy counts.
    line("Visit", "01 09:00:00", "ann", plan="plus", mp_processing_time_ms=2),
    line("Signup", "01 10:00:00", "ann", plan="plus"),
    line("Visit", "01 23:30:00", "bob", plan="pro"),
    line("Visit", "02 08:00:00", "bob", plan="pro"),
    line("Signup", "02 08:05:00", "bob", plan="pro"),
    line("Purchase", "02 09:30:00", "ann", plan="plus", amount=20, items=["a", "b"]),
    line("Visit", "02 10:00:00", "cid"),
    line("Visit", "02 12:00:00", None, plan="free"),
    line("Purchase", "02 13:00:00", "bob", plan="pro", amount=7.5),
    line("Visit", "03 09:00:00", "ann", plan="plus"),
    line("Purchase", "03 10:00:00", "ann", plan="plus", amount="much"),
    line("Visit", "09 10:00:00", "cid"),
    line("Visit", "09 11:00:00", "dan"),
    line("Visit", "10 10:00:00", "cid"),
    b'{"event": "Visi',
]


@pytest.fixture
def mixpanel() -> Iterator[StandInMixpanel]:
    with StandInMixpanel(LINES, now=lambda: NOW) as running:
        running.profiles.put("ann", {"plan": "plus", "age": 31, "$last_seen": "2026-03-03T10:00:00"})
        running.profiles.put("bob", {"plan": "pro", "age": 25, "$last_seen": "2026-03-02T13:00:00"})
        running.profiles.put("7", {"plan": "free", "$last_seen": "2026-01-01T00:00:00"})
        yield running


@pytest.fixture
def ask(mixpanel: StandInMixpanel) -> Ask:
    """By name of a query, or by a path; GET with a query string, or POST with a form."""

    def send(path: str, *, method: str = "GET", **given: Any) -> requests.Response:
        access = mixpanel.access
        data = {name: one if isinstance(one, str) else json.dumps(one) for name, one in given.items()}
        return requests.request(
            method,
            mixpanel.url + (path if path.startswith("/") else f"/api/query/{path}"),
            params={"project_id": access.project_id, **(data if method == "GET" else {})},
            data=data if method == "POST" else None,
            auth=(access.username, access.secret),
            timeout=10,
        )

    return send
