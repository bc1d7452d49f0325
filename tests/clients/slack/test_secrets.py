"""Tokens and webhook addresses, which no outcome, no log and no text of a client shows."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

import pytest

from clients.slack.workspace import (
    BODY,
    LOST,
    NOT_TAKEN,
    NOW,
    PNG,
    bot_of,
    impatient,
)
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import (
    BotSlack,
    Sent,
    WebhookSlack,
)
from mixpanel_data_standins.slack import StandInSlack, faults


@pytest.mark.parametrize(
    "fault", [*LOST, *NOT_TAKEN, faults.Status(302, "moved"), faults.Status(599, "xoxb-stand-in-0123456789")], ids=str
)
def test_a_secret_is_in_no_outcome_and_no_log(
    server: StandInSlack,
    fault: faults.Fault,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults.permanent = fault
    bot, url = bot_of(server, impatient(fault)), server.webhook_url("alerts")
    webhook = WebhookSlack(Secret(url), impatient(fault))
    shown = [
        *(bot.post("alerts", BODY, "k1"), bot.update("C000000001", "1.2", BODY), bot.find("alerts", "k1", NOW)),
        *(bot.upload("C000000001", PNG, "t", "a"), webhook.post("", BODY, "k1"), bot, webhook),
    ]
    written = "\n".join([*map(repr, shown), *map(str, shown), caplog.text, *capfd.readouterr()])
    for secret in (server.token, url, urlsplit(url).path, url.rpartition("/")[2]):
        assert secret not in written


@pytest.mark.parametrize("token", ["", "xoxb-1\nx", "xoxb-ü", "xoxb 1"])
def test_a_text_that_cannot_be_a_token_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(ConfigError, match=r"SLACK_BOT_TOKEN is not a Slack token\. Copy the xoxb-") as raised:
        BotSlack(Secret(token))
    assert token == "" or token not in str(raised.value)


@pytest.mark.parametrize("url", ["", "hooks.slack.com/x", "ftp://host/x", "https://[x", "https://h/a b"])
def test_a_text_that_cannot_be_a_webhook_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigError, match=r"SLACK_WEBHOOK_URL is not a URL\. Copy the https://hooks") as raised:
        WebhookSlack(Secret(url))
    assert url == "" or url not in str(raised.value)


def test_a_newline_behind_a_secret_is_dropped(server: StandInSlack) -> None:
    bot = BotSlack(Secret(f"{server.token}\n"), server.api_url)
    webhook = WebhookSlack(Secret(f"{server.webhook_url('alerts')}\n"))
    assert isinstance(bot.post("alerts", BODY, "k1"), Sent)
    assert isinstance(webhook.post("", BODY, "k1"), Sent)
