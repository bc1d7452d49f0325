"""A person without accounts: the environment leads to the stand-in and names no credentials."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.shell import Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel


@pytest.fixture
def config(mixpanel: StandInMixpanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's file, which does not exist yet."""
    for name in mixpanel.settings:
        if name != "MIXPANEL_BASE_URL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MP_CONFIG_PATH", raising=False)
    return tmp_path / "home" / ".mp" / "config.toml"


@pytest.fixture
def mp(config: Path, capsys: pytest.CaptureFixture[str]) -> Mp:
    """The command, in this process."""
    return Mp(capsys)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put text into a pipe on stdin."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))
