"""Images."""

from __future__ import annotations

import pytest

from clients.slack.workspace import (
    BODY,
    LOST,
    NOT_TAKEN,
    PNG,
    bot_of,
    impatient,
    posted,
)
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import (
    BotSlack,
    Refused,
    Sent,
    Stored,
    WebhookSlack,
)
from mixpanel_data_standins.slack import ALL_SCOPES, StandInSlack, faults


def test_an_image_is_shown_in_the_thread(server: StandInSlack, bot: BotSlack) -> None:
    channel, ts = posted(bot.post("alerts", BODY, "k1"))
    assert isinstance(bot.upload(channel, PNG, "Purchase", "Purchases a minute", thread_ts=ts), Sent)
    file = server.files[server.messages[-1].file_id or ""]
    assert (file.content, file.title, file.alt_text) == (PNG, "Purchase", "Purchases a minute")
    assert server.messages[-1].thread_ts == ts


def test_an_image_that_is_stored_is_seen_once_a_message_shows_it(server: StandInSlack, bot: BotSlack) -> None:
    stored = bot.store(PNG, "Purchase", "Purchases a minute")
    assert isinstance(stored, Stored)
    file = server.files[stored.file_id]
    assert (file.content, file.title, file.alt_text, server.messages) == (PNG, "Purchase", "Purchases a minute", [])
    shown = {"type": "image", "slack_file": {"id": stored.file_id}, "alt_text": "a"}
    posted(bot.post("alerts", {"text": "t", "blocks": [shown]}, "k1"))
    unknown = {**shown, "slack_file": {"id": "F404"}}
    refused = bot.post("alerts", {"text": "t", "blocks": [unknown]}, "k2")
    assert "invalid slack file" in str(refused)
    assert len(server.messages) == 1


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"])
def test_an_image_that_is_not_stored_is_said_to_be_so(server: StandInSlack, method: str) -> None:
    server.faults.append(faults.Status(500, "no"), method)
    outcome = bot_of(server, impatient(faults.Status(500, "no"))).store(PNG, "t", "a")
    assert not isinstance(outcome, Stored)


def test_a_webhook_stores_no_image(server: StandInSlack) -> None:
    outcome = WebhookSlack(Secret(server.webhook_url("alerts"))).store(PNG, "t", "a")
    assert isinstance(outcome, Refused)


def test_without_the_scope_an_image_is_refused(server: StandInSlack, bot: BotSlack) -> None:
    server.scopes = ALL_SCOPES - {"files:write"}
    outcome = bot.upload("C000000001", PNG, "t", "a")
    assert str(outcome) == "missing_scope (needs files:write)"


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"])
@pytest.mark.parametrize("fault", [*LOST[:6], *NOT_TAKEN, faults.RateLimited()], ids=str)
def test_an_image_that_fails_at_any_step_is_shown_nowhere_and_raises_nothing(
    server: StandInSlack, fault: faults.Fault, method: str
) -> None:
    server.faults.append(fault, method)
    # The three requests share the time, and only one of them hangs.
    outcome = bot_of(server, impatient(fault)).upload("C000000001", PNG, "t", "a")
    assert not isinstance(outcome, Sent)
    assert server.messages == []
