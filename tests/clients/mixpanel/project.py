"""A project at the stand-in Mixpanel, and clients of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, ExportQuery, Mixpanel, MixpanelCall, Region
from mixpanel_data_standins.mixpanel import Access, StandInMixpanel

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = ExportQuery(datetime(2026, 3, 1, tzinfo=UTC).date(), datetime(2026, 3, 1, tzinfo=UTC).date())
LINE = json.dumps({"event": "a", "properties": {"time": 1772355600}}).encode()
ACCESS = Access(username="robot.1", secret="s3cret-of-ours", project_secret="0lder-secret")


def client_of(mixpanel: StandInMixpanel, **options: Any) -> Mixpanel:
    """A client with the project's service account."""
    account = Credentials(Secret(ACCESS.secret), ACCESS.username, ACCESS.project_id)
    return Mixpanel(**{"credentials": account, "region": Region.EU, "base_url": mixpanel.url, **options})


def call_of(mixpanel: StandInMixpanel, deadline: Deadline | None = None, **options: Any) -> MixpanelCall:
    """One call of a client of its own."""
    return client_of(mixpanel, **options).within(deadline or Deadline.after(60.0))


def read(call: MixpanelCall, query: ExportQuery = DAY) -> bytes:
    """Export once, to the end."""
    return b"".join(call.export(query))


def error_bodies(text: str) -> list[str]:
    """The forms in which Mixpanel is known to send the text of an error."""
    return [
        text,
        json.dumps({"error": text}),
        json.dumps({"request": "/api/2.0/export?from_date=2026-03-01", "error": text}),
        json.dumps({"status": "error", "error": text}),
    ]


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for another thread, for at most 20 seconds."""
    end = time.monotonic() + 20.0
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)
