"""A workspace at the stand-in Slack: clients of it, and what goes wrong with their requests."""

from __future__ import annotations

from datetime import UTC, datetime

from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import BotSlack, Outcome, Sent
from mixpanel_data_standins.slack import StandInSlack, faults

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
# The timeout of requests that nobody answers: long enough to be sent, and the only time that these tests wait.
SOON = 0.3
BODY = {"text": "Purchase: 812 in 5 min", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Hi"}}]}
PNG = b"\x89PNG\r\n\x1a\n picture"
DELIVERED_AND_LOST = [
    faults.Dropped(is_delivered=True),
    faults.Dropped(is_delivered=True, is_reset=True),
    faults.Hang(is_delivered=True),
    faults.Status(500, is_delivered=True),
    faults.Status(503, is_delivered=True),
    faults.Status(200, "<html>", is_delivered=True),
    faults.Error("internal_error", 500, is_delivered=True),
    faults.Cut(),
]
LOST = [
    faults.Dropped(),
    faults.Dropped(is_reset=True),
    faults.Hang(),
    faults.Status(500),
    faults.Status(502),
    faults.Status(503),
    faults.Status(408),
    faults.NOT_JSON,
    faults.Status(200, ""),
    faults.Status(200, "[]"),
    faults.Status(200, "null"),
    faults.Status(200, '"ok"'),
    faults.Status(200, '{"ok": false}'),
    faults.Error("fatal_error", 500),
    faults.Error("service_unavailable", 503),
]
NOT_TAKEN = [faults.Error("org_login_required"), faults.Status(404), faults.Status(403), faults.Error("new_word")]


def bot_of(server: StandInSlack, timeout_seconds: float = 20.0) -> BotSlack:
    """A bot of the workspace."""
    return BotSlack(Secret(server.token), server.api_url, timeout_seconds, server.now)


def impatient(fault: faults.Fault) -> float:
    """The timeout for a request with this fault."""
    return SOON if isinstance(fault, faults.Hang) else 20.0


def settled(server: StandInSlack, fault: faults.Fault) -> StandInSlack:
    """The server, once it hangs: a client with a short timeout may be ahead of it."""
    if isinstance(fault, faults.Hang):
        assert server.is_hanging.wait(20.0)
    return server


def methods(server: StandInSlack) -> list[str]:
    """The methods that were called, oldest first."""
    return [call.method for call in server.calls]


def posted(outcome: Outcome) -> tuple[str, str]:
    """The channel and the ts of a message that was sent."""
    assert isinstance(outcome, Sent)
    assert outcome.channel is not None
    assert outcome.ts is not None
    return outcome.channel, outcome.ts
