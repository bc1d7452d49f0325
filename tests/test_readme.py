"""What the README says holds: its commands run, its tables name what there is, its examples are valid."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from mixpanel_data import collect, detect, users
from mixpanel_data.base import errors
from mixpanel_data.cli.app import app
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.configuration.user_metrics import UserMetrics
from mixpanel_data.warehouse.tables import TABLES
from mixpanel_data_standins import demo
from mixpanel_data_standins.sample.traffic import BROKEN_VERSION
from support.ports import row_of_ports

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
TARGETS_OF_CI = {
    "test",
    "lint",
    "test-sql",
    "test-bigquery",
    "test-terraform",
    "test-deploy",
    "test-bundles",
    "test-packages",
    "demo",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block and the language that stands at its fence."""

    language: str
    text: str

    def __str__(self) -> str:
        return self.text.splitlines()[0][:60]


def blocks(*languages: str) -> list[Block]:
    found = [Block(*match) for match in re.findall(r"^```([^\n]*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)]
    return [block for block in found if block.language in languages]


def tables(*header: str) -> list[list[str]]:
    """The rows of all tables with this header, the cells without back-quotes."""
    rows: list[list[str]] = []
    for table in re.findall(r"(?:^\|.*\n)+", README, re.MULTILINE):
        cells = [
            [cell.strip().replace("`", "").replace("\0", "|") for cell in line.strip("|").split("|")]
            for line in table.replace("\\|", "\0").splitlines()
        ]
        if tuple(cells[0]) == header:
            rows += cells[2:]
    return rows


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.text.splitlines()]


MAKE = [line for line in commands() if line.startswith("make")]
OTHERS = [line for line in commands() if not line.startswith("make")]


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
    """A folder that looks like the project after `make demo`, with the functions served elsewhere than from 8081 on."""

    folder: Path
    port: int

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a line of the README as it stands there, but for the port."""
        text = re.sub(r"127\.0\.0\.1:808([1-5])", lambda port: f"127.0.0.1:{self.port + int(port[1]) - 1}", command)
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=self.folder,
            env=kept,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder, port = tmp_path_factory.mktemp("desk"), row_of_ports(7)
    _make_environment(folder / ".venv" / "bin")
    shutil.copytree(ROOT / "config", folder / "config")
    command = [sys.executable, "-u", "-m", "mixpanel_data", "serve"]
    ports = ["--first-port", str(port), "--mixpanel-port", str(port + 5), "--slack-port", str(port + 6)]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "shared")}
    with subprocess.Popen([*command, *ports], cwd=folder, env=env, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert any("ready" in line for line in serving.stdout)
        try:
            yield Desk(folder, port)
        finally:
            serving.send_signal(signal.SIGINT)
            serving.communicate(timeout=30)


def _make_environment(folder: Path) -> None:
    """The two programs of the virtual environment that the README calls."""
    folder.mkdir(parents=True)
    start = f'#!/bin/sh\nPYTHONPATH="{ROOT / "shared"}" exec "{sys.executable}"'
    entry = "import sys; from mixpanel_data.cli import main; sys.exit(main())"
    for name, arguments in (("python", '"$@"'), ("mp", f"-c '{entry}' \"$@\"")):
        (folder / name).write_text(f"{start} {arguments}\n")
        (folder / name).chmod(0o755)


def test_the_commands_run_in_their_order(desk: Desk) -> None:
    """One test, because the later ones look at what the earlier ones brought."""
    told = {command: desk.run(command) for command in OTHERS}
    assert {command: done.stderr for command, done in told.items() if done.returncode} == {}
    answers = [json.loads(done.stdout) for command, done in told.items() if command.startswith("curl")]
    assert [answer["status"] for answer in answers] == ["ok", "ok", "ok"]
    assert answers[0]["inserted"] == answers[0]["received"] > answers[1]["duplicates"] > 0
    (table,) = [done.stdout for command, done in told.items() if "runs --format table" in command]
    assert table.count("collector") == 2
    assert any("Signed-off-by" in done.stdout for command, done in told.items() if "duckdb.connect" in command)


@pytest.mark.parametrize("block", blocks("sql", "sql duckdb"), ids=str)
def test_a_query_runs_and_finds_something(desk: Desk, block: Block) -> None:
    brought = desk.run("curl -sS 'http://127.0.0.1:8081/?from=2020-12-01&to=2021-01-01'")
    assert json.loads(brought.stdout)["status"] == "ok"
    with duckdb.connect(str(desk.folder / "demo.duckdb"), read_only=True) as connection:
        assert len(connection.execute(block.text).fetchall()) > 1


@pytest.mark.parametrize("block", blocks("sh", "console"), ids=str)
def test_a_command_is_valid_shell(block: Block) -> None:
    done = subprocess.run(["bash", "-n", "-c", block.text], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_block_says_what_it_is() -> None:
    known = {"sh", "console", "sql", "sql duckdb", "json", "text", "mermaid"}
    opening = re.findall(r"^```(.*)$", README, re.MULTILINE)[::2]
    assert set(opening) <= known


def test_the_demo_says_what_the_readme_shows() -> None:
    shown = [line for block in blocks("text") for line in block.text.splitlines() if "✓" in line]
    console = Console(record=True, width=200, highlight=False)
    sample = demo.count_sample()
    count = sample.in_window
    first = {"inserted": count, "updated": 0, "duplicates": 0}
    again = {"inserted": 0, "updated": 0, "duplicates": count}
    assert demo.check(console, sample, first, again, demo.Found(count, count, count, sample.by_name, {}))
    burst = {"alerts": [{"event": "Checkout Failed", "direction": "high"}], "notified": 1}
    assert demo.check_alert(console, burst, {"notified": 0}, [f"app_version {BROKEN_VERSION}"])
    assert [line.rstrip() for line in console.export_text().splitlines()] == shown


# Configuration.


class Asked(dict[str, str]):
    """An environment that keeps which variables were looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return default


@cache
def variables() -> frozenset[str]:
    """Those that the settings look for."""
    asked = Asked()
    Settings.from_env(asked)
    return frozenset(asked.names)


def _documented() -> dict[str, str]:
    """Variables and their defaults, by the README."""
    return {name: default for name, default, _ in tables("variable", "default", "meaning")}


def test_the_variables_are_those_that_are_read() -> None:
    of_the_command_line = {"MP_FORMAT", "NO_COLOR"}
    assert set(_documented()) - of_the_command_line == variables()


@pytest.mark.parametrize("name", sorted(variables()))
def test_a_default_is_what_holds_without_the_variable(name: str) -> None:
    assert Settings.from_env({name: _documented()[name]}) == Settings.from_env({})


def test_the_example_of_a_dotenv_file_has_every_variable_and_changes_nothing() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert example.keys() == variables()
    assert Settings.from_env(example) == Settings.from_env({})


def test_an_example_of_json_is_a_valid_configuration() -> None:
    of_events, of_users = blocks("json")
    config = parsed(EventsConfig, of_events.text, "README.md")
    assert "Purchase" in config.selection
    assert "Heartbeat" not in config.selection
    metrics = parsed(UserMetrics, of_users.text, "README.md")
    assert set(metrics.counters) == {"commits", "lines", "own_sign_offs"}
    assert metrics.sync.postgres is not None
    assert metrics.sync.mixpanel is not None


def _schedules() -> list[Mapping[str, object]]:
    document: dict[str, list[Mapping[str, object]]] = json.loads((ROOT / "config" / "schedules.json").read_text())
    return document["schedules"]


def test_the_schedules_are_those_of_the_file() -> None:
    documented = [row[:3] for row in tables("name", "schedule", "body", "why")]
    assert documented == [[each["name"], each["schedule"], json.dumps(each["body"])] for each in _schedules()]


@pytest.mark.parametrize("schedule", _schedules(), ids=lambda schedule: str(schedule["name"]))
def test_a_schedule_can_be_made_and_answered(schedule: Mapping[str, object]) -> None:
    assert list(schedule) == ["name", "function", "schedule", "time_zone", "body", "attempt_deadline", "retries"]
    assert (ROOT / "functions" / str(schedule["function"]) / "main.py").is_file()
    collect.Request.model_validate(schedule["body"])
    assert len(str(schedule["schedule"]).split()) == 5
    assert schedule["retries"] in range(6)
    # Cloud Scheduler waits 15 s to 30 min; an attempt has to outlast the call and its function's timeout.
    seconds = int(str(schedule["attempt_deadline"]).removesuffix("s"))
    assert Settings.from_env({}).call_deadline_seconds + 60 < seconds <= 1800


# What there is.


def test_the_answer_has_the_fields_that_are_told() -> None:
    told = [name for row in tables("field", "meaning") for name in row[0].split(", ")]
    of_jobs = [each.name for job in (collect, detect, users) for each in fields(job.Result)]
    assert sorted(told) == sorted(["status", "job", "run_id", "seconds", *of_jobs])


def test_the_parameters_are_those_of_the_request() -> None:
    told = {name for row in tables("parameter", "meaning") for name in row[0].split(", ")}
    requests = (collect.Request, detect.Request)
    assert told == {field.alias or name for request in requests for name, field in request.model_fields.items()}


def test_the_errors_are_those_that_there_are() -> None:
    told = {
        name: (int(status), int(code)) for name, status, code, _ in tables("error", "status", "exit code", "what to do")
    }
    base = errors.MixpanelDataError
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, base) and kind != base
    ]
    assert told == {kind.__name__: (kind.http_status, kind.exit_code) for kind in kinds}


def test_the_commands_are_those_that_there_are() -> None:
    told = {re.split(r" [\[A-Z-]", row[0])[0].removeprefix("mp ") for row in tables("command", "what it does")}
    groups = {str(group.name): group.typer_instance for group in app.registered_groups}
    ours = {each.callback.__name__ for each in app.registered_commands if each.callback}
    # A group that does something by itself stands in the list too.
    ours |= {name for name in groups if name != "users"}
    for name, group in groups.items():
        ours |= {f"{name} {each.callback.__name__}" for each in group.registered_commands if each.callback}  # type: ignore[union-attr]
    assert told == ours


def test_the_columns_are_those_of_the_table() -> None:
    columns = {column.name: column.type for column in TABLES["mixpanel_events"].columns}
    told = {name: type_name for name, type_name, _ in tables("column", "type", "what it holds")}
    assert told == columns
    assert set(re.findall(r"`((?:event|rejected|job|alert|detector)_[a-z]+s)`", README)) <= TABLES.keys()


def test_make_alone_lists_every_target() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    assert set(re.findall(r"^  make ([a-z-]+) ", listed, re.MULTILINE)) == targets


def test_the_prose_is_a_sentence_a_line() -> None:
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    lines = [line for line in prose.splitlines() if line and not line.startswith(("|", "#"))]
    assert [line for line in lines if re.search(r"[a-z`)]\. [A-Z]", line)] == []
