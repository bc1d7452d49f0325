"""A home folder and a working directory with nothing in them, and no variable that names credentials."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder."""
    for name in os.environ:
        if name.startswith(("MP_", "MIXPANEL_")):
            monkeypatch.delenv(name)
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(work)
    return home


@pytest.fixture
def config(home: Path) -> Path:
    """Where the accounts are kept unless a variable says otherwise; the file does not exist yet."""
    return home / ".mp" / "config.toml"
