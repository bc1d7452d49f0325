"""The wheel as a person installs it: in an empty environment, without a checkout, on each supported Python."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from distributions.conftest import Distributions, Environment

FILE = {"WAREHOUSE": "duckdb:///events.duckdb"}
USERS = {
    **FILE,
    "EVENTS_CONFIG": '{"events": [{"name": "*"}]}',
    "USER_METRICS_CONFIG": '{"counters": {"n": {"event": "e"}}, "sync": {"postgres": {"table": "t"}}}',
    "POSTGRES_URL": "postgresql://user:password@127.0.0.1:1/x",
}

pytestmark = pytest.mark.packages


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a line as a shell runs it in which nothing of the package is set."""
    env = {"PATH": os.defpath, "HOME": str(cwd), "LANG": "C.UTF-8"}
    return subprocess.run(
        ["sh", "-c", command], cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def test_all_that_the_package_needs_is_installed_with_it(environment: Environment, tmp_path: Path) -> None:
    done = environment.run("python", "-m", "pip", "check", cwd=tmp_path)
    assert done.stdout == "No broken requirements found.\n"


@pytest.mark.parametrize("command", [("mp",), ("mixpanel-data",), ("python", "-m", "mixpanel_data")], ids=" ".join)
def test_the_command_shows_its_version(
    environment: Environment, command: tuple[str, ...], distributions: Distributions, tmp_path: Path
) -> None:
    version = distributions.wheel.name.split("-")[1]
    done = environment.run(*command, "--version", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"mixpanel-data {version}\n", "")


@pytest.mark.parametrize("command", [("mixpanel-data",), ("python", "-m", "mixpanel_data")], ids=" ".join)
def test_the_command_is_the_same_under_another_name(
    environment: Environment, command: tuple[str, ...], tmp_path: Path
) -> None:
    usual = environment.run("mp", "--help", cwd=tmp_path)
    done = environment.run(*command, "--help", cwd=tmp_path)
    assert usual.returncode == done.returncode == 0
    assert "demo" in usual.stdout
    assert done.stdout.splitlines()[4:] == usual.stdout.splitlines()[4:]


def test_the_demo_and_the_commands_that_it_prints_run_in_an_empty_folder(
    environment: Environment, tmp_path: Path
) -> None:
    done = environment.run("mp", "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout.count("✓"), done.stdout.count("✗")) == (15, 0)
    for name in ("demo.duckdb", "demo-alert.html"):
        assert str(tmp_path / name) in done.stdout
        assert (tmp_path / name).stat().st_size > 10_000
    commands = re.findall(r"^  ((?:[A-Z_]+=|/).* (?:runs|show|event|explain|-c) .*)$", done.stdout, re.MULTILINE)
    ended = {command: shell(command, tmp_path) for command in commands}
    assert len(ended) == 5
    assert {command: each.stderr for command, each in ended.items() if each.returncode} == {}
    assert all(each.stdout for each in ended.values())


@pytest.mark.parametrize(
    ("extra", "command", "variables"),
    [
        ("bigquery", "runs", {"WAREHOUSE": "bigquery", "GCP_PROJECT_ID": "p"}),
        ("bigquery", "detect", {**FILE, "EVENTS_CONFIG_GCS_PATH": "gs://bucket/object"}),
        ("bigquery", "collect", {**FILE, "MIXPANEL_API_SECRET_NAME": "projects/p/secrets/s/versions/1"}),
        ("postgres", "users sync", USERS),
    ],
    ids=["warehouse", "bucket", "secret", "postgres"],
)
def test_a_missing_extra_is_an_error_that_names_it(
    environment: Environment, extra: str, command: str, variables: dict[str, str], tmp_path: Path
) -> None:
    done = environment.run("mp", *command.split(), cwd=tmp_path, **variables)
    assert done.returncode == 3
    assert f"pip install 'mixpanel-data[{extra}]'" in done.stderr
