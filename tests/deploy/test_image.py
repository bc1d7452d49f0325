"""The Dockerfile: the image of `mp` has the functions' Python, the locked versions, and no file that is not for it.

No test builds the image, which takes Docker and the base image; the steps of its build are run in a folder instead.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from deploy.bundled import PYTHON_VERSION, locked
from deploy.project import ROOT
from distributions import interpreters

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
STEPS = re.findall(r"^([A-Z]+) (.+)$", DOCKERFILE, re.MULTILINE)
IGNORED = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
END_OF_FIRST_STAGE = [name for name, _ in STEPS].index("FROM", 1)
FIRST_STAGE, LAST_STAGE = STEPS[:END_OF_FIRST_STAGE], STEPS[END_OF_FIRST_STAGE:]


def reaches_the_build(path: str) -> bool:
    """Whether .dockerignore lets a file of the project through: the last of its lines that matches decides."""
    reaches = True
    parents = [path, *map(str, Path(path).parents)]
    for line in IGNORED:
        pattern = line.removeprefix("!").removeprefix("**/")
        names = (part for part in path.split("/")) if "**/" in line else parents
        if any(fnmatch(name, pattern) and name.count("/") == pattern.count("/") for name in names):
            reaches = line.startswith("!")
    return reaches


def copied(steps: list[tuple[str, str]]) -> list[str]:
    """The paths of the project that the steps copy."""
    return [source for name, text in steps if name == "COPY" and "--from" not in text for source in text.split()[:-1]]


def test_the_image_has_the_python_of_the_functions_and_of_the_locks() -> None:
    bases = [text.split()[0] for name, text in STEPS if name == "FROM"]
    assert len(bases) == 2
    assert all(re.fullmatch(rf"python:{re.escape(PYTHON_VERSION)}-slim-[a-z]+", base) for base in bases)


def test_the_image_runs_mp_as_a_user_without_rights() -> None:
    last = dict(LAST_STAGE)
    assert last["USER"].isdigit()
    assert int(last["USER"]) > 0
    assert last["ENTRYPOINT"] == '["mp"]'


@pytest.mark.parametrize("path", copied(STEPS))
def test_what_the_image_is_built_from_is_there_and_reaches_the_build(path: str) -> None:
    assert (ROOT / path).exists()
    assert reaches_the_build(path)


@pytest.mark.parametrize(
    "path",
    [
        *(".env", ".env.prod", ".git/config", "events.duckdb", "infra/terraform.tfstate", "tests/conftest.py"),
        *(".venv/bin/python", "shared/mixpanel_data/__pycache__/auth.pyc", "shared/mixpanel_data.egg-info/PKG-INFO"),
        *("config/events_config.schema.json", "deploy/plan.py", "config/.env", "shared/.env"),
    ],
)
def test_what_is_not_for_the_image_does_not_reach_the_build(path: str) -> None:
    assert not reaches_the_build(path)


@pytest.mark.bundles
def test_the_steps_of_the_build_install_mp_and_what_the_lock_names(tmp_path: Path) -> None:
    python = interpreters.find(PYTHON_VERSION)
    assert python is not None, f"Python {PYTHON_VERSION}, which the image has, is not installed here"
    subprocess.run([python, "-m", "venv", str(tmp_path / "base")], check=True)
    project, mp = tmp_path / "project", tmp_path / "mp"
    project.mkdir()
    env = {**os.environ, "PATH": f"{tmp_path / 'base' / 'bin'}:{os.environ['PATH']}"}
    env.pop("PYTHONPATH", None)
    for name, text in FIRST_STAGE:
        there = text.replace("/opt/mp", str(mp))
        if name == "ENV":
            env |= dict(each.split("=", 1) for each in there.split())
        elif name == "COPY":
            _copy(copied([(name, text)]), project)
        elif name == "RUN":
            # Without these two, an image is smaller or starts sooner; a test takes longer.
            quick = {**env, "PIP_NO_CACHE_DIR": "0", "PIP_COMPILE": "0"}
            subprocess.run(there, shell=True, check=True, cwd=project, env=quick, stdout=subprocess.DEVNULL)  # noqa: S602

    listed = _run("pip", "list", "--format=freeze", env=env).splitlines()
    assert {canonicalize_name(name): version for name, version in (each.split("==") for each in listed)} == {
        **{name: version for name, version in locked(ROOT / "requirements.lock").items() if name != "setuptools"},
        "mixpanel-data": _run(str(mp / "bin" / "mp"), "--version", env=env).split()[-1],
    }


def _copy(paths: list[str], project: Path) -> None:
    for path in paths:
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, project / path, ignore=_ignored)
        else:
            shutil.copy(ROOT / path, project / path)


def _ignored(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not reaches_the_build((Path(folder) / name).relative_to(ROOT).as_posix())}


def _run(*command: str, env: dict[str, str]) -> str:
    return subprocess.run(command, check=True, cwd="/", env=env, stdout=subprocess.PIPE, text=True).stdout
