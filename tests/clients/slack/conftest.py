"""What the tests of the Slack client share: a stand-in Slack with two channels, a bot and a webhook."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clients.slack.workspace import NOW, bot_of
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import BotSlack, WebhookSlack
from mixpanel_data_standins.slack import StandInSlack


@pytest.fixture(autouse=True)
def _without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[StandInSlack]:
    with StandInSlack(["alerts", "sales"], now=lambda: NOW) as running:
        yield running


@pytest.fixture
def bot(server: StandInSlack) -> BotSlack:
    return bot_of(server)


@pytest.fixture
def webhook(server: StandInSlack) -> WebhookSlack:
    return WebhookSlack(Secret(server.webhook_url("alerts")))
