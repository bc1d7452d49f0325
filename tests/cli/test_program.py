"""`mp` as a program: its names, its version, completion, and the commands of other packages."""

import os
import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
import typer

import mixpanel_data
from cli.shell import SHARED, Mp
from mixpanel_data.cli import plugins
from mixpanel_data.cli.plugins import GROUP


def greet(name: str, *, loud: bool = False) -> None:
    """Greet somebody."""
    typer.echo(f"Hello {name}{'!' if loud else '.'}")


def collect() -> None:
    """Not the collector."""
    raise AssertionError("a contributed command must not replace one of ours")


@pytest.fixture
def mp(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mp:
    """The command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Mp(capsys)


@pytest.fixture
def contributed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a package with these entry points were installed."""
    points = [
        EntryPoint("greet", f"{__name__}:greet", GROUP),
        EntryPoint("collect", f"{__name__}:collect", GROUP),
        EntryPoint("broken", "a_package_that_is_not_there:command", GROUP),
    ]
    monkeypatch.setattr(plugins, "entry_points", lambda group: EntryPoints(points).select(group=group))


def called(program: str, *arguments: str, **variables: str) -> str:
    """The output of the program in a process of its own."""
    code = f"import sys; sys.argv[0] = '/usr/bin/{program}'; from mixpanel_data.cli import main; sys.exit(main())"
    env = {**os.environ, "PYTHONPATH": str(SHARED), **variables}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


def completed(line: str, program: str = "mp") -> list[str]:
    """The words that bash offers for the last, unfinished word of `line`."""
    variable = f"_{program.upper().replace('-', '_')}_COMPLETE"
    complete = {variable: "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    return called(program, **complete).split()


def test_the_version_is_shown(mp: Mp) -> None:
    ended = mp("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"mixpanel-data {mixpanel_data.__version__}\n", "")


@pytest.mark.parametrize(
    ("program", "shown"), [("mp", "mp"), ("mixpanel-data", "mixpanel-data"), ("__main__.py", "mp")]
)
def test_usage_and_errors_show_the_name_that_was_typed(
    mp: Mp, program: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [f"/usr/bin/{program}"])
    assert f"Usage: {shown} runs" in mp("runs", "--help").out
    assert f"See `{shown} runs --help`." in mp("runs", "--nothing").err


def test_commands_and_options_are_completed() -> None:
    assert completed("mp col") == ["collect"]
    assert "--format" in completed("mp runs --")
    assert {"explain", "backtest"} <= set(completed("mp detect "))


def test_the_longer_name_is_completed_too() -> None:
    assert completed("mixpanel-data ru", "mixpanel-data") == ["runs"]


def test_the_script_for_completion_can_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    # Otherwise it is the script of the shell that the tests run in.
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    assert "_MP_COMPLETE=complete_zsh" in called("mp", "--show-completion", "zsh")


@pytest.mark.usefixtures("contributed")
def test_a_contributed_command_runs_with_its_own_options(mp: Mp) -> None:
    assert mp("greet", "Ann", "--loud").out == "Hello Ann!\n"
    assert "Greet somebody." in mp("greet", "--help").out
    assert mp("greet").code == 3


@pytest.mark.usefixtures("contributed")
def test_a_contributed_command_does_not_replace_one_of_ours(mp: Mp) -> None:
    assert "Not the collector" not in mp("collect", "--help").out


@pytest.mark.usefixtures("contributed")
def test_a_package_that_cannot_be_imported_breaks_no_other_command(mp: Mp) -> None:
    assert mp("greet", "Ann").code == 0
    listed = mp("--help")
    assert listed.code == 0
    assert "greet" in listed.out
    ended = mp("broken")
    assert ended.code == 1
    assert "The command broken of another package cannot be loaded: ModuleNotFoundError" in ended.err
    assert "Update that package, or uninstall it" in ended.err


def test_the_stand_ins_contribute_the_demo(mp: Mp) -> None:
    assert {"demo", "serve"} <= plugins.contributed().keys()
    assert "stand-ins" in mp("demo", "--help").out
