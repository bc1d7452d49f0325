"""The commands of the pages run, and their queries find something.

tests/standins/test_demo.py compares the output of the demo with the README.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from docs.pages import Block, blocks
from mixpanel_data.cli import main
from mixpanel_data_standins.mixpanel.access import DEFAULT_ACCESS
from support.free_ports import row_of_ports

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
TARGETS_OF_CI = {
    *("test", "lint", "test-sequences", "test-sql", "test-bigquery", "test-terraform", "test-deploy", "test-bundles"),
    *("test-packages", "test-new-job", "docs", "demo"),
}
DESK, SKILL, REPORTS = "docs/desk.md", "docs/SKILL.md", "docs/reports.md"
# tests/cli/test_skill.py runs the commands of the skill.
COMMANDS = [line for block in blocks("sh") if block.page != SKILL for line in block.commands]
MAKE = sorted({line for line in COMMANDS if line.startswith("make")})
IN_A_CONSOLE = [line for block in blocks("console") for line in block.commands]
OF_MP = sorted({line for line in IN_A_CONSOLE if line.split()[0] in ("mp", ".venv/bin/mp")})


# Commands.


@pytest.mark.parametrize("command", MAKE)
def test_a_make_command_is_a_target(command: str) -> None:
    done = subprocess.run(["make", "-n", *command.split()[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_ci_runs_the_targets_that_need_no_terminal() -> None:
    assert set(re.findall(r"^step make ([a-z-]+)\b", CI, re.MULTILINE)) == TARGETS_OF_CI
    assert {command.split()[1] for command in MAKE} >= TARGETS_OF_CI


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder that looks like the project after `make demo`, while `make serve` serves elsewhere than from 8081 on.

    It is the home of a newcomer too. A shell keeps what a page exports for the commands after it.
    """

    folder: Path
    port: int
    exports: list[str] = field(default_factory=list)

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a line of a page as it stands there, but for the port."""
        text = re.sub(r"127\.0\.0\.1:808([1-7])", lambda port: f"127.0.0.1:{self.port + int(port[1]) - 1}", command)
        if command.startswith("export "):
            self.exports.append(text)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join([*self.exports, text])],
            cwd=self.folder,
            # As wide as the drawings on the pages.
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "COLUMNS": "80"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder, port = tmp_path_factory.mktemp("desk"), row_of_ports(8)
    _make_environment(folder / ".venv" / "bin")
    shutil.copytree(ROOT / "config", folder / "config")
    # At the usual speed, the machine is there for the commands alone.
    command = [sys.executable, "-u", "-m", "mixpanel_data", "serve", "--speed", "1", "--first-port", str(port)]
    ports = ["--mixpanel-port", str(port + 5), "--slack-port", str(port + 6), "--control-port", str(port + 7)]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "shared")}
    with subprocess.Popen([*command, *ports], cwd=folder, env=env, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert any("ready" in line for line in serving.stdout)
        try:
            _bring_to_the_demos_file(f"http://127.0.0.1:{port + 5}", folder, env)
            yield Desk(folder, port)
        finally:
            serving.send_signal(signal.SIGINT)
            serving.communicate(timeout=30)


def _bring_to_the_demos_file(mixpanel: str, folder: Path, env: dict[str, str]) -> None:
    """A month of the demo's events."""
    account = {
        "MIXPANEL_BASE_URL": mixpanel,
        "MIXPANEL_PROJECT_ID": DEFAULT_ACCESS.project_id,
        "MIXPANEL_SERVICE_ACCOUNT": DEFAULT_ACCESS.username,
        "MIXPANEL_SERVICE_ACCOUNT_SECRET": DEFAULT_ACCESS.secret,
        "WAREHOUSE": "duckdb:///demo.duckdb",
    }
    collect = [
        sys.executable,
        "-m",
        "mixpanel_data",
        "collect",
        "--from",
        "2020-12-01",
        "--to",
        "2021-01-01",
        "--quiet",
    ]
    subprocess.run(collect, cwd=folder, env={**env, **account}, stdout=subprocess.DEVNULL, check=True)


def _make_environment(folder: Path) -> None:
    """The two programs of the virtual environment that the pages call."""
    folder.mkdir(parents=True)
    start = f'#!/bin/sh\nPYTHONPATH="{ROOT / "shared"}" exec "{sys.executable}"'
    entry = "import sys; from mixpanel_data.cli import main; sys.exit(main())"
    for name, arguments in (("python", '"$@"'), ("mp", f"-c '{entry}' \"$@\"")):
        (folder / name).write_text(f"{start} {arguments}\n")
        (folder / name).chmod(0o755)


def _steps() -> list[str]:
    """The commands in their order, with the programs and the desk's queries between them as commands.

    A page may repeat a command of an earlier one.
    """
    steps: dict[str, None] = {}
    for block in blocks("sh", "python", "sql"):
        if block.language == "sh" and block.page != SKILL:
            steps.update(dict.fromkeys(line for line in block.commands if not line.startswith("make")))
        elif block.language == "python" and block.page in (DESK, REPORTS):
            steps[f"python -c {shlex.quote(block.text)}"] = None
        elif block.language == "sql" and block.page == DESK:
            steps[f"mp sql {shlex.quote(block.text)} --format jsonl"] = None
    return list(steps)


def _shown() -> Iterator[tuple[str, list[str]]]:
    """Each command of `mp` below which a page shows what it prints, and the lines; `...` stands for others."""
    for above, below in pairwise(blocks()):
        is_output = above.page == below.page and (above.language, below.language) == ("sh", "text")
        if is_output and above.commands[-1].startswith("mp "):
            yield above.commands[-1], [line.rstrip() for line in below.text.splitlines() if line not in ("", "...")]


@pytest.mark.sequences
def test_the_commands_run_in_their_order(desk: Desk) -> None:
    """One test, because the later ones look at what the earlier ones brought."""
    told = {command: desk.run(command) for command in _steps()}
    assert {command: done.stderr for command, done in told.items() if done.returncode} == {}
    answers = [json.loads(done.stdout) for command, done in told.items() if command.startswith("curl")]
    assert [answer["status"] for answer in answers] == ["ok", "ok", "ok"]
    assert answers[0]["inserted"] == answers[0]["received"] > answers[1]["duplicates"] > 0
    (table,) = [done.stdout for command, done in told.items() if "runs --job collector --format table" in command]
    assert table.count("collector") > 2
    assert any("Signed-off-by" in done.stdout for command, done in told.items() if "serve.duckdb" in command)
    queries = [done.stdout for command, done in told.items() if command.startswith("mp sql") and "\n" in command]
    assert len(queries) > 2
    assert all(answer.count("\n") > 1 for answer in queries)
    for command, lines in _shown():
        printed = iter([line.rstrip() for line in told[command].stdout.splitlines()])
        assert [line for line in lines if line not in printed] == [], command


# The SQL of a new job is the content of files, which tests/test_adding_a_job.py runs; the SQL of the desk's page runs
# with the commands of that page.
QUERIES = [
    block
    for block in blocks("sql")
    if "BigQuery" not in block.fence and block.page not in ("docs/adding-a-job.md", DESK)
]


@pytest.mark.parametrize("block", QUERIES, ids=str)
def test_a_query_runs_and_finds_something(desk: Desk, block: Block) -> None:
    with duckdb.connect(str(desk.folder / "demo.duckdb"), read_only=True) as connection:
        assert len(connection.execute(block.text).fetchall()) > 1


@pytest.mark.parametrize("block", blocks("sh", "console"), ids=str)
def test_a_command_is_valid_shell(block: Block) -> None:
    done = subprocess.run(["bash", "-n", "-c", block.text], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", OF_MP)
def test_mp_takes_the_arguments_of_a_command_that_needs_an_account(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--help` behind them: an unknown command or option is an error first."""
    assert main([*shlex.split(command)[1:], "--help"]) == 0, capsys.readouterr().err


def test_mp_refuses_an_argument_that_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collect", "--form", "2026-10-01", "--help"]) == 3
    assert "--form" in capsys.readouterr().err


def test_every_block_says_what_it_is() -> None:
    known = {"sh", "console", "sql", "json", "python", "text", "hcl"}
    assert {block.language for block in blocks()} <= known


def test_make_alone_lists_every_target() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    assert set(re.findall(r"^  make ([a-z-]+) ", listed, re.MULTILINE)) == targets
