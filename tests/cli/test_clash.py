"""Another package's command `mp`: noticed, and told where it helps."""

import io
import sys
from pathlib import Path

import pytest

from cli.shell import Mp

SCRIPT = "#!/usr/bin/python3\nimport sys\nfrom mixpanel_data.cli import main\nsys.exit(main())\n"
OTHER = SCRIPT.replace("mixpanel_data.cli", "other.app")
REMEDY = "Call `mixpanel-data`, which is the same, or install each package in an environment of its own.\n"


@pytest.fixture
def mp(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mp:
    """The command `mixpanel-data` of an environment that has both scripts."""
    monkeypatch.chdir(tmp_path)
    for name in ("mp", "mixpanel-data"):
        (tmp_path / name).write_text(SCRIPT)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "mixpanel-data")])
    return Mp(capsys)


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package with a command `mp` is installed too."""
    metadata = tmp_path / "packages" / "other_app-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: other-app\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[console_scripts]\nmp = other.app:main\n")
    monkeypatch.syspath_prepend(metadata.parent)


def test_without_another_package_nothing_is_said(mp: Mp) -> None:
    assert mp("--version").stderr == ""


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize("arguments", [(), ("--help",), ("--version",)], ids=" ".join)
def test_a_command_that_another_package_replaced_is_told_with_the_remedy(mp: Mp, arguments: tuple[str, ...]) -> None:
    Path("mp").write_text(OTHER)
    done = mp(*arguments)
    assert (done.code, done.stderr) == (0, f"note: `mp` here belongs to other-app, not to mixpanel-data. {REMEDY}")


@pytest.mark.usefixtures("other")
def test_a_command_that_replaced_another_package_s_is_told_too(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(Path("mp").absolute())])
    told = f"note: The package other-app has a command `mp` too, which this one replaced. {REMEDY}"
    assert mp("--version").stderr == told


def test_a_command_that_went_with_another_package_is_told(mp: Mp) -> None:
    Path("mp").unlink()
    assert "pip install --force-reinstall --no-deps mixpanel-data\n" in mp("--version").stderr


def test_a_program_that_calls_a_command_is_told_nothing_and_a_person_is(
    mp: Mp, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("mp").write_text(OTHER)
    assert "note:" not in mp("auth", "list").stderr
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    assert mp("-q", "auth", "list").code == 0
    assert "note:" not in terminal.getvalue()
    mp("auth", "list")
    assert terminal.getvalue().endswith(f"note: `mp` here belongs to another package, not to mixpanel-data. {REMEDY}")


def test_completion_is_told_nothing(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mp").write_text(OTHER)
    monkeypatch.setenv("_MIXPANEL_DATA_COMPLETE", "complete_bash")
    assert "note:" not in mp().stderr
