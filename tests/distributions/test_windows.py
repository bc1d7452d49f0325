"""Windows, which the package does not run on: refused with one sentence by the installation and by the command."""

import subprocess
import sys

import pytest

from distributions.conftest import ROOT
from mixpanel_data.base.platforms import REFUSAL
from mixpanel_data.cli import main

ON_WINDOWS = "import runpy, sys; sys.platform = 'win32'; runpy.run_path('setup.py')"


def test_the_build_of_an_sdist_is_refused_with_the_way_out() -> None:
    done = subprocess.run([sys.executable, "-c", ON_WINDOWS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{REFUSAL}\n")
    assert "Install it in WSL" in REFUSAL


def test_the_command_is_refused_with_the_same_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert main(["--version"]) == 1
    assert capsys.readouterr() == ("", f"error: {REFUSAL}\n")
