"""The help of `mp`: quick, in panels, and with an example for each command."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from cli.shell import SHARED, Mp
from mixpanel_data.cli.app import app
from mixpanel_data.cli.base.help import Panel

HEAVY = ("pydantic", "requests", "duckdb", "pandas", "numpy", "sqlglot", "rich", "jinja2", "dotenv", "tomlkit", "jq")
LOADED = """
import sys
from mixpanel_data.cli import main
code = main(["--help"])
sys.stderr.write(" ".join(sys.modules))
sys.exit(code)
"""


def commands(command: Any = None, path: tuple[str, ...] = ("mp",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """All commands by their full names, those of the groups too."""
    command = command or typer.main.get_command(app)
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, (*path, name))


COMMANDS = dict(commands())
RUNNING = {
    path: each for path, each in COMMANDS.items() if not hasattr(each, "commands") or each.invoke_without_command
}


@pytest.fixture
def mp(capsys: pytest.CaptureFixture[str]) -> Mp:
    return Mp(capsys)


def test_help_loads_no_library_that_a_command_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], env={"PYTHONPATH": str(SHARED)}, capture_output=True, text=True, check=True
    )
    assert "Jobs:" in done.stdout
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "typer" in loaded
    assert sorted(loaded & set(HEAVY)) == []


@pytest.mark.parametrize("path", RUNNING, ids=" ".join)
def test_a_command_has_one_example_and_it_is_one_of_that_command(path: tuple[str, ...]) -> None:
    examples = re.findall(r"^Examples?: `([^`]+)`$", RUNNING[path].help, re.MULTILINE)
    assert len(examples) == 1
    assert tuple(shlex.split(examples[0]))[: len(path)] == path


def test_an_example_stands_on_one_line_however_long_it_is(mp: Mp) -> None:
    example = "Example: `mp auth add production --username reader.0a1b2c.mp-service-account --project 12345`"
    assert f"  {example}\n" in mp("auth", "add", "--help").out


def test_commands_stand_in_panels_in_their_order(mp: Mp) -> None:
    shown = re.findall(r"^(\S.*):$", mp("--help").out, re.MULTILINE)
    assert shown == ["Options", *Panel]


@pytest.mark.parametrize(
    ("panel", "command"),
    [(Panel.ACCOUNTS, "auth"), (Panel.FETCH, "sql"), (Panel.JOBS, "collect"), (Panel.OTHERS, "demo")],
)
def test_a_command_stands_in_its_panel(mp: Mp, panel: Panel, command: str) -> None:
    _, _, below = mp("--help").out.partition(f"{panel}:\n")
    assert re.search(rf"^  {command} ", below.partition("\n\n")[0], re.MULTILINE)


def test_the_first_paragraph_of_each_command_is_shown_whole(mp: Mp) -> None:
    shown = " ".join(mp("--help").out.split())
    top = [each.help for path, each in COMMANDS.items() if len(path) == 2]
    assert len(top) > 10
    for text in top:
        assert " ".join(text.partition("\n\n")[0].split()) in shown


def test_a_group_lists_its_commands(mp: Mp) -> None:
    out = mp("auth", "--help").out
    assert re.search(r"^Commands:\n  list +List the accounts\.$", out, re.MULTILINE)
