"""The scopes that the bot's calls need are those of the app manifest and of the documentation, and no others."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from clients.slack.workspace import BODY, PNG, bot_of
from mixpanel_data.clients.slack import BotSlack, CannotLook, Refused, Sent, Stored
from mixpanel_data.clients.slack.advice import SCOPES
from mixpanel_data_standins.slack import ALL_SCOPES, StandInSlack

DOCS = Path(__file__).parents[3] / "docs"
MANIFEST = json.loads((DOCS / "slack-app-manifest.json").read_text(encoding="utf-8"))
ASKED: frozenset[str] = frozenset(MANIFEST["oauth_config"]["scopes"]["bot"])


def answers(server: StandInSlack, bot: BotSlack, scopes: frozenset[str]) -> list[object]:
    """What becomes of everything that the detector does, in a public and in a private channel."""
    server.scopes = ALL_SCOPES
    posted = {name: bot.post(name, BODY, "k") for name in ("alerts", "secret")}
    server.scopes = scopes
    told: list[object] = [bot.store(PNG, "t", "a")]
    for name, sent in posted.items():
        assert isinstance(sent, Sent)
        channel, ts = str(sent.channel), str(sent.ts)
        # A client of its own: a bot remembers the ids of channels.
        looking = bot_of(server)
        told += [bot.post(name, BODY, "k2"), bot.update(channel, ts, BODY), looking.find(name, "k", server.now())]
        told += [looking.find(channel, "k", server.now()), bot.upload(channel, PNG, "t", "a", ts)]
    return told


@pytest.fixture
def server(server: StandInSlack) -> StandInSlack:
    server.add_channel("secret", is_private=True)
    return server


def test_with_the_scopes_of_the_manifest_everything_works(server: StandInSlack, bot: BotSlack) -> None:
    assert [each for each in answers(server, bot, ASKED) if not isinstance(each, Sent | Stored)] == []


@pytest.mark.parametrize("scope", sorted(ASKED))
def test_without_any_one_of_them_something_does_not(server: StandInSlack, bot: BotSlack, scope: str) -> None:
    failed = [each for each in answers(server, bot, ASKED - {scope}) if isinstance(each, Refused | CannotLook)]
    assert failed
    # Without groups:read the bot sees public channels only, and does not know that there are others.
    named = {"groups:read": "channel_not_found"}.get(scope, f"needs {scope}")
    assert all(named in str(each) for each in failed)


def test_the_documentation_the_trial_and_the_client_name_the_same_scopes() -> None:
    section = (DOCS / "detector.md").read_text(encoding="utf-8").partition("## Set up Slack")[2].partition("\n## ")[0]
    rows = "\n".join(line for line in section.splitlines() if line.startswith("| `"))
    assert {*re.findall(r"`([a-z.]+:[a-z.]+)`", rows)} == ASKED
    assert {*re.findall(r"[a-z]+:[a-z]+(?=[ ,;.])", BotSlack.__doc__ or "")} == ASKED
    assert {*SCOPES} == ASKED == ALL_SCOPES
    assert "chat:write.public" not in ASKED


def test_the_manifest_is_one_that_slack_takes() -> None:
    """The limits of https://docs.slack.dev/reference/app-manifest."""
    shown, bot_user = MANIFEST["display_information"], MANIFEST["features"]["bot_user"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert re.fullmatch("#[0-9a-f]{6}", shown["background_color"])
    assert re.fullmatch("[a-z0-9._-]{1,80}", bot_user["display_name"])
    assert f"/invite @{bot_user['display_name']}" in (DOCS / "detector.md").read_text(encoding="utf-8")
