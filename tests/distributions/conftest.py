"""The distributions as a release builds them, and an empty environment with the wheel for each supported Python."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from distributions import interpreters

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Distributions:
    """What a release publishes (`sdist`, and `wheel`, which is built from it), and a wheel built without the sdist."""

    sdist: Path
    wheel: Path
    wheel_of_checkout: Path


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment in which nothing but the wheel, and what it depends on, is installed."""

    folder: Path

    def run(self, program: str, *arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, with no variables but these and a PATH."""
        env = {"PATH": os.defpath, "HOME": str(cwd), "LANG": "C.UTF-8", **variables}
        command = [str(self.folder / "bin" / program), *arguments]
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """Built from a copy of the checkout: the build leaves no files in it and finds none of an earlier build."""
    checkout = tmp_path_factory.mktemp("checkout")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, checkout / name)
    published, other = tmp_path_factory.mktemp("published"), tmp_path_factory.mktemp("other")
    _build(checkout, "--outdir", str(published))
    _build(checkout, "--wheel", "--outdir", str(other))
    (sdist,), (wheel,), (wheel_of_checkout,) = published.glob("*.tar.gz"), published.glob("*.whl"), other.glob("*.whl")
    return Distributions(sdist, wheel, wheel_of_checkout)


# All tests of one Python run on one worker, which makes its environment once; another worker has another Python.
_PYTHONS = [pytest.param(version, marks=pytest.mark.xdist_group(version)) for version in interpreters.SUPPORTED]


@pytest.fixture(scope="module", params=_PYTHONS)
def environment(
    request: pytest.FixtureRequest, distributions: Distributions, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Environment]:
    """An environment of this version of Python; skips the test where it is not installed."""
    interpreter = interpreters.find(request.param)
    if interpreter is None:
        pytest.skip(f"Python {request.param} is not installed here")
    folder = tmp_path_factory.mktemp(f"environment-{request.param}")
    subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--no-compile", str(distributions.wheel)], env=_environment_of_pip(), check=True)
    yield Environment(folder)
    # A quarter of a gigabyte for each Python.
    shutil.rmtree(folder)


def _build(checkout: Path, *options: str) -> None:
    command = [sys.executable, "-m", "build", *options, str(checkout)]
    done = subprocess.run(command, env=_environment_of_pip(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _environment_of_pip() -> Mapping[str, str]:
    """This process's environment, in which pip finds its index, without the checkout's packages."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
