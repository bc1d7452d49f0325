"""A folder to run `mp` in: a stand-in Mixpanel with a few events, the variables that lead to it, an empty warehouse."""

import contextlib
import os
from collections.abc import Iterator, Sequence
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


@contextlib.contextmanager
def a_project(folder: Path, patch: pytest.MonkeyPatch, events: Sequence[bytes] = EVENTS) -> Iterator[StandInMixpanel]:
    """A stand-in with these events; the folder is the working directory, and the environment leads to both."""
    patch.chdir(folder)
    for name in os.environ:
        if name.startswith(("MIXPANEL_", "MP_", "BIGQUERY_", "GCP_", "COLLECTOR_", "CALL_", "EVENTS_", "NO_COLOR")):
            patch.delenv(name)
    with StandInMixpanel(events) as mixpanel:
        for name, value in settings_for(mixpanel, folder / "events.duckdb").items():
            patch.setenv(name, value)
        patch.setenv("EVENTS_CONFIG", '{"events": [{"name": "*"}]}')
        patch.setenv("MP_CONFIG_PATH", str(folder / "home" / ".mp" / "config.toml"))
        yield mixpanel


@pytest.fixture
def mixpanel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInMixpanel]:
    """The stand-in, which the environment leads to."""
    with a_project(tmp_path, monkeypatch) as mixpanel:
        yield mixpanel


@pytest.fixture
def mp(mixpanel: StandInMixpanel, capsys: pytest.CaptureFixture[str]) -> Mp:
    """The command, in this process."""
    return Mp(capsys)
