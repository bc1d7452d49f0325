"""A newcomer: an empty folder, no account, and an environment that leads to stand-ins of Mixpanel and Slack."""

import io
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.setup.newcomers import Newcomer
from cli.shell import Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.mixpanel.project import Behaviour
from mixpanel_data_standins.slack import StandInSlack
from support.export_lines import event

SENT = {"Signup": 1, "Purchase": 2}
"""How many events of each name the project has of the last hour."""
READ = ("MIXPANEL_", "MP_", "SLACK_", "BIGQUERY_", "GCP_", "EVENTS_", "WAREHOUSE")


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Newcomer]:
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(READ):
            monkeypatch.delenv(name)
    hour_ago = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
    events = [event(name, hour_ago, "ann", f"{name}-{number}") for name, n in SENT.items() for number in range(n)]
    with StandInMixpanel(events, behaviour=Behaviour(timezone="Europe/Berlin")) as mixpanel, StandInSlack() as slack:
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.setenv("MIXPANEL_BASE_URL", mixpanel.url)
        monkeypatch.setenv("SLACK_BASE_URL", slack.api_url)
        type_ = lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))  # noqa: E731
        yield Newcomer(tmp_path, mixpanel, slack, Mp(capsys), type_)
