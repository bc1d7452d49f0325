"""The wheel as a person installs it: in an empty environment, without a checkout, on each supported Python."""

import os
import re
import subprocess
import zipfile
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
# A package of one function, with a command `mp`.
OTHER_APP = {
    "other_app.py": "def main():\n    print('the other')\n",
    "other_app-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: other-app\nVersion: 1\n",
    "other_app-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "other_app-1.dist-info/entry_points.txt": "[console_scripts]\nmp = other_app:main\n",
    "other_app-1.dist-info/RECORD": "",
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
    assert "EVENTS_CONFIG" not in done.stdout
    commands = re.findall(r"^  ((?:[A-Z_]+=|/).* (?:runs|show|event|explain|-c) .*)$", done.stdout, re.MULTILINE)
    ended = {command: shell(command, tmp_path) for command in commands}
    assert len(ended) == 5
    assert {command: each.stderr for command, each in ended.items() if each.returncode} == {}
    assert all(each.stdout for each in ended.values())


def test_where_no_file_chooses_events_all_of_them_are_meant(environment: Environment, tmp_path: Path) -> None:
    mixpanel = {"MIXPANEL_PROJECT_ID": "1", "MIXPANEL_API_SECRET": "x"}
    done = environment.run("mp", "detect", "--dry-run", cwd=tmp_path, **FILE, **mixpanel)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("warning: config/events_config.json does not exist, so every event is enabled\n") == 1


def test_another_package_s_command_mp_is_noticed(
    environment: Environment, distributions: Distributions, tmp_path: Path
) -> None:
    other = tmp_path / "other_app-1-py3-none-any.whl"
    with zipfile.ZipFile(other, "w") as wheel:
        for name, text in OTHER_APP.items():
            wheel.writestr(name, text)
    pip = ("python", "-m", "pip", "--disable-pip-version-check")
    environment.run(*pip, "install", "--no-index", str(other), cwd=tmp_path)
    assert environment.run("mp", cwd=tmp_path).stdout == "the other\n"
    told = environment.run("mixpanel-data", "--version", cwd=tmp_path).stderr
    assert told.startswith("note: `mp` here belongs to other-app, not to mixpanel-data. Call `mixpanel-data`")
    environment.run(*pip, "uninstall", "--yes", "other-app", cwd=tmp_path)
    assert "--force-reinstall" in environment.run("mixpanel-data", "--version", cwd=tmp_path).stderr
    again = ("install", "--no-index", "--no-deps", "--no-compile", "--force-reinstall", str(distributions.wheel))
    environment.run(*pip, *again, cwd=tmp_path)
    assert environment.run("mp", "--version", cwd=tmp_path).stderr == ""


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
