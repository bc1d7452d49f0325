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
from mixpanel_data.clients.slack import (
    BotSlack,
    Sent,
)
from mixpanel_data_standins.slack import ALL_SCOPES, StandInSlack, faults


def test_an_image_is_shown_in_the_thread(server: StandInSlack, bot: BotSlack) -> None:
    channel, ts = posted(bot.post("alerts", BODY, "k1"))
    assert isinstance(bot.upload(channel, PNG, "Purchase", "Purchases a minute", thread_ts=ts), Sent)
    file = server.files[server.messages[-1].file_id or ""]
    assert (file.content, file.title, file.alt_text) == (PNG, "Purchase", "Purchases a minute")
    assert server.messages[-1].thread_ts == ts


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
