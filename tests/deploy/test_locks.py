"""The locks: the exact versions that functions, and the image of `mp`, are made with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deploy.bundled import PYTHON_VERSION, locked, names
from deploy.project import ROOT, Project, changing

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
IMAGE = ROOT / "requirements.lock"
LOCKS = [IMAGE, *(ROOT / "functions" / name / "requirements.lock" for name in names())]
of_each_lock = pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
RESOLVED = """
lock-version = "1.0"
[[packages]]
name = "flask"
version = "3.1.3"
wheels = [{ url = "https://index.example/flask.whl", hashes = { sha256 = "f1" } }]
[[packages]]
name = "pydantic-core"
version = "2.50.5"
wheels = [
  { url = "https://index.example/manylinux.whl", hashes = { sha256 = "a1" } },
  { url = "https://index.example/abi3.whl", hashes = { sha256 = "a2" } },
]
"""
LOCKED = f"""\
# What functions/NAME installs, on Python {PYTHON_VERSION} and Linux x86_64. Made by `make lock`; do not edit it.
flask==3.1.3 \\
    --hash=sha256:f1
pydantic-core==2.50.5 \\
    --hash=sha256:a1 \\
    --hash=sha256:a2
"""


def not_satisfied(requirements: Iterable[str], lock: Path) -> Iterator[str]:
    """The requirements that a lock has no version for, or none that they allow."""
    versions = locked(lock)
    for requirement in map(Requirement, requirements):
        if not requirement.specifier.contains(versions.get(requirement.name, "0")):
            yield f"{requirement}, locked: {versions.get(requirement.name)}"


@pytest.mark.parametrize("name", names())
def test_a_lock_has_a_version_that_the_function_allows_of_all_that_it_requires(name: str) -> None:
    """If it has not, run `make lock`."""
    requirements = (ROOT / "functions" / name / "requirements.txt").read_text().splitlines()
    assert [*not_satisfied(requirements, ROOT / "functions" / name / "requirements.lock")] == []


def test_the_lock_of_the_image_has_a_version_of_all_that_the_project_requires() -> None:
    """Its extras included. If it has not, run `make lock`."""
    extras = PROJECT["optional-dependencies"].values()
    requirements = [*PROJECT["dependencies"], *(one for extra in extras for one in extra)]
    assert [*not_satisfied(requirements, IMAGE)] == []


@of_each_lock
def test_a_lock_names_exact_versions_with_the_hashes_of_their_wheels_and_no_index(lock: Path) -> None:
    heading, *lines = lock.read_text(encoding="utf-8").splitlines()
    assert f"on Python {PYTHON_VERSION} and Linux x86_64" in heading
    package = r"[a-z0-9-]+==[A-Za-z0-9.]+( \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    assert re.fullmatch(f"({package})+", "\n".join([*lines, ""]))


@of_each_lock
def test_a_function_has_the_versions_of_the_image(lock: Path) -> None:
    assert locked(lock).items() <= locked(IMAGE).items()


def test_a_deployment_without_a_version_of_something_says_so_before_anything_is_deployed(project: Project) -> None:
    lock = project.folder / "functions" / "detector" / "requirements.lock"
    lock.write_text(lock.read_text().replace("slack-sdk==", "slack-sdk-2=="))
    (project.folder / "functions" / "collector" / "requirements.lock").unlink()
    done = project.run()
    assert (done.code, changing(project.calls)) == (1, [])
    assert "error: functions/detector/requirements.lock does not have slack-sdk. Run make lock." in done.err
    assert "error: functions/collector/requirements.lock does not have functions-framework, " in done.err


def test_a_bundle_without_a_lock_is_not_built(project: Project) -> None:
    (project.folder / "functions" / "detector" / "requirements.lock").unlink()
    command = [sys.executable, str(project.folder / "deploy" / "bundle.py"), "detector"]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "functions/detector/requirements.lock does not exist. Run make lock.\n",
    )
    assert not (project.folder / "build" / "detector").exists()


def test_a_lock_is_what_uv_resolves_and_those_that_changed_are_named(project: Project) -> None:
    """`make test-bundles` installs the real ones; here a program that answers as uv does stands in for it."""
    uv = project.folder.parent / "uv" / "uv"
    uv.mkdir(parents=True)
    (uv / "__main__.py").write_text(f"import sys; print(sys.argv, file=sys.stderr); print({RESOLVED!r})\n")
    (project.folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())

    others = [name for name in names() if name != "collector"]
    current = project.folder / "functions" / "collector" / "requirements.lock"
    current.write_text(LOCKED.replace("NAME", "collector"))

    done = renewed(project, uv.parent)

    assert done.stdout.splitlines() == ["requirements.lock", *(f"functions/{name}/{current.name}" for name in others)]
    assert (project.folder / "functions" / "detector" / current.name).read_text() == LOCKED.replace("NAME", "detector")
    assert "'functions/detector/requirements.txt', '--constraint', 'requirements.lock'" in done.stderr


def test_locks_that_cannot_be_resolved_stay_as_they_are(project: Project) -> None:
    uv = project.folder.parent / "uv" / "uv"
    uv.mkdir(parents=True)
    (uv / "__main__.py").write_text("import sys; sys.exit('No solution found')\n")
    (project.folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    done = renewed(project, uv.parent)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("No solution found\nuv cannot resolve pyproject.toml")
    assert not (project.folder / "requirements.lock").exists()


def renewed(project: Project, uv: Path) -> subprocess.CompletedProcess[str]:
    """A run of what `make lock` runs, with this uv."""
    env = {"PYTHONPATH": f"{project.folder / 'shared'}{os.pathsep}{uv}"}
    command = [sys.executable, "-S", "-B", "-m", "deploy.renew_locks"]
    return subprocess.run(command, cwd=project.folder, env=env, capture_output=True, text=True, check=False)
