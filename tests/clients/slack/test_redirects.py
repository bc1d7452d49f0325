"""A redirect to another host: nothing is sent there, with or without the token."""

from __future__ import annotations

from clients.slack.raw_answers import answer_of, raw
from clients.slack.workspace import BODY, NOW, PNG
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import BotSlack, LookLater, Refused, WebhookSlack
from mixpanel_data_standins.slack import StandInSlack

REDIRECTS = (b"301 Moved", b"302 Found", b"303 See Other", b"307 Temporary Redirect", b"308 Permanent Redirect")


def test_neither_the_token_nor_a_message_follows_a_redirect() -> None:
    with raw(answer_of(b'{"ok": true}')) as stranger:
        for status in REDIRECTS:
            elsewhere = b"Location: %b/api/chat.postMessage" % stranger.url.encode()
            with raw(answer_of(b"", elsewhere, status=status)) as slack:
                bot = BotSlack(Secret("xoxb-secret"), f"{slack.url}/api/")
                refused = Refused(f"HTTP {status[:3].decode()}")
                assert bot.post("C000000001", BODY, "k1") == refused
                assert bot.update("C000000001", "1.2", BODY) == refused
                assert bot.upload("C000000001", PNG, "t", "a") == refused
                assert isinstance(bot.find("C000000001", "k1", NOW), LookLater)
                assert WebhookSlack(Secret(f"{slack.url}/services/T/B/secret")).post("", BODY, "k1") == refused
        assert stranger.requests == []


def test_a_picture_is_not_sent_to_where_the_upload_address_redirects(server: StandInSlack, bot: BotSlack) -> None:
    with (
        raw(answer_of(b"OK")) as stranger,
        raw(answer_of(b"", b"Location: %b/" % stranger.url.encode(), status=b"307 Temporary Redirect")) as redirecting,
    ):
        server.base_url = redirecting.url
        assert bot.upload("C000000001", PNG, "t", "a") == Refused("HTTP 307")
        assert len(redirecting.requests) == 1
        assert stranger.requests == []
