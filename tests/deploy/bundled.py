"""A bundle as it will run: under the functions framework, on its own Python, with only its lock installed."""

import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from distributions import interpreters

ROOT = Path(__file__).parents[2]
_RUNTIME = re.search(r"RUNTIME=python3(\d+)", (ROOT / "deploy.sh").read_text(encoding="utf-8"))
assert _RUNTIME is not None
PYTHON_VERSION = f"3.{_RUNTIME[1]}"
"""The Python that functions are deployed with, for which their locks are."""
_START_SECONDS = 60.0
_PAUSE_SECONDS = 0.02


def names() -> list[str]:
    """The names of the functions, which are those of their folders."""
    return sorted(path.parent.name for path in (ROOT / "functions").glob("*/main.py"))


def locked(lock: Path) -> dict[str, str]:
    """The versions in a lock, by the names of their distributions."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def build(folder: Path, *functions: str) -> None:
    """Build bundles into a folder, all without names."""
    command = [sys.executable, str(ROOT / "deploy" / "bundle.py"), "--build", str(folder), *functions]
    subprocess.run(command, check=True, cwd="/")


@dataclass(frozen=True, slots=True)
class Installed:
    """A bundle, and an environment with only what its lock names."""

    bundle: Path
    environment: Path

    @classmethod
    def made_in(cls, folder: Path, function: str) -> "Installed":
        """Build and install, which needs a package index and the functions' Python, on Linux x86_64.

        Modules are compiled at their first import.
        """
        python = interpreters.find(PYTHON_VERSION)
        assert python is not None, f"Python {PYTHON_VERSION}, which functions run on, is not installed here"
        installed = cls(folder / function, folder / f"{function}-environment")
        build(folder, function)
        subprocess.run([python, "-m", "venv", str(installed.environment)], check=True)
        requirements = str(installed.bundle / "requirements.txt")
        installed._pip("install", "--quiet", "--no-compile", "--require-hashes", "-r", requirements)
        # Google's builds end with this check too.
        installed._pip("check")
        return installed

    @property
    def distributions(self) -> dict[str, str]:
        """The names of what is installed, with the versions."""
        listed = self._pip("list", "--format=freeze", "--exclude", "pip").splitlines()
        return {canonicalize_name(name): version for name, version in (line.split("==") for line in listed)}

    def _pip(self, *arguments: str) -> str:
        pip = [str(self._python), "-I", "-m", "pip", "--disable-pip-version-check"]
        return subprocess.run([*pip, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout

    @property
    def _python(self) -> Path:
        return self.environment / "bin" / "python"

    @contextmanager
    def serving(self, settings: Mapping[str, str]) -> Iterator["Serving"]:
        """The function, from the start of its process to the end of the `with`."""
        target = self.bundle.name.replace("-", "_")
        with closing(socket.create_server(("127.0.0.1", 0))) as server:
            port = server.getsockname()[1]
        framework = [str(self._python), "-m", "functions_framework", "--target", target, "--host", "127.0.0.1"]
        started = time.monotonic()
        with subprocess.Popen(
            [*framework, "--port", str(port)],
            cwd=self.bundle,
            # As on Google Cloud, where no `.env` is read.
            env={"PATH": "/usr/bin:/bin", "K_SERVICE": self.bundle.name, **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        ) as process:
            try:
                yield Serving(f"http://127.0.0.1:{port}/", process, started)
            finally:
                process.terminate()


@dataclass(frozen=True, slots=True)
class Serving:
    """A function that is starting or has started; `started` is when, on the monotonic clock."""

    url: str
    process: subprocess.Popen[bytes]
    started: float

    def ask(self, query: str = "") -> tuple[int, dict[str, Any]]:
        """Status and document of the first answer."""
        while time.monotonic() < self.started + _START_SECONDS:
            try:
                with urllib.request.urlopen(self.url + query) as answer:
                    return answer.status, json.load(answer)
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, json.load(error)
            except OSError:
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(_PAUSE_SECONDS)
                    break
        raise AssertionError(f"{self.url} does not answer; the process ended with {self.process.poll()}")
