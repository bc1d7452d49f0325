"""A folder to run `mp` in: a stand-in Mixpanel with a few events, the variables that lead to it, an empty warehouse."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.shell import Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.sample import settings_for
from support.export_lines import event

EVENTS = (
    event("Signup", "2024-03-01 09:00:00", "ann", "m1"),
    event("Purchase", "2024-03-01 10:00:00", "ann", "m2"),
    event("Purchase", "2024-03-02 11:00:00", "bob", "m3"),
    event("Purchase", "2024-03-20 12:00:00", "bob", "m4"),
)


@pytest.fixture
def mixpanel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInMixpanel]:
    """The stand-in, which the environment leads to."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("MIXPANEL_", "MP_", "BIGQUERY_", "GCP_", "COLLECTOR_", "CALL_", "EVENTS_", "NO_COLOR")):
            monkeypatch.delenv(name)
    with StandInMixpanel(EVENTS) as mixpanel:
        for name, value in settings_for(mixpanel, tmp_path / "events.duckdb").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("EVENTS_CONFIG", '{"events": [{"name": "*"}]}')
        monkeypatch.setenv("MP_CONFIG_PATH", str(tmp_path / "home" / ".mp" / "config.toml"))
        yield mixpanel


@pytest.fixture
def mp(mixpanel: StandInMixpanel, capsys: pytest.CaptureFixture[str]) -> Mp:
    """The command, in this process."""
    return Mp(capsys)
