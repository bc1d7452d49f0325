"""Files that other files determine are up to date; a stale one is named with the command that renews it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.project import ROOT

_PARTS = ("deploy", "docs", "functions", "shared/mixpanel_data", "pyproject.toml", ".env.example")
_COMMAND = "PYTHONPATH=shared python3 -m deploy.generate"


def generate(root: Path, *arguments: str, python: tuple[str, ...] = ("-S",)) -> subprocess.CompletedProcess[str]:
    """Run the generator with Python alone: `-S` leaves out every installed package."""
    command = [sys.executable, *python, "-B", "-m", "deploy.generate", *arguments]
    env = {"PYTHONPATH": "shared"}
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the files that the generator reads and writes."""
    for part in _PARTS:
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, tmp_path / part)
    return tmp_path


def test_the_generated_files_are_up_to_date() -> None:
    """The schema among them, for which the library has to be there."""
    done = generate(ROOT, "--check", python=())
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["docs/variables.md", ".env.example", "functions/detector/requirements.txt"])
@pytest.mark.deploy
def test_a_stale_file_is_named_with_the_command_that_renews_it(root: Path, name: str) -> None:
    fresh = (root / name).read_text()
    (root / name).write_text(fresh + "more\n")
    done = generate(root, "--check")
    assert (done.returncode, done.stderr) == (1, f"Out of date: {name}. Run: {_COMMAND}\n")
    assert generate(root).stdout == f"{name}\n"
    assert (root / name).read_text() == fresh


def test_a_version_stands_in_pyproject_alone(root: Path) -> None:
    project = root / "pyproject.toml"
    project.write_text(project.read_text().replace('"pydantic>=2.10,<3"', '"pydantic>=2.11,<3"'))
    generate(root)
    for requirements in (root / "functions").glob("*/requirements.txt"):
        assert "pydantic>=2.11,<3\n" in requirements.read_text()


def test_an_import_that_pyproject_does_not_require_is_named(root: Path) -> None:
    main = root / "functions" / "detector" / "main.py"
    main.write_text(f"import colorama\n{main.read_text()}")
    done = generate(root, "--check")
    assert done.returncode == 1
    assert "functions/detector/main.py imports colorama, and pyproject.toml requires no colorama." in done.stderr


def test_a_function_requires_only_what_its_own_job_imports() -> None:
    """The detector reads no export, the collector posts nowhere, and only the user sync knows PostgreSQL."""

    def of(function: str) -> set[str]:
        text = (ROOT / "functions" / function / "requirements.txt").read_text()
        return {re.split(r"[>\[]", line)[0] for line in text.splitlines()}

    assert of("detector") & {"isal", "psycopg"} == set()
    assert of("collector") & {"numpy", "pillow", "psycopg", "slack-sdk"} == set()
    assert of("incremental-user-sync") & {"numpy", "pillow", "slack-sdk"} == set()
    assert of("detector") >= {"numpy", "slack-sdk"}
    assert of("incremental-user-sync") >= {"psycopg"}
