"""The Pythons of this machine that the package supports."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SUPPORTED = ("3.11", "3.12", "3.13", "3.14")


def find(version: str) -> str | None:
    """An interpreter of this version, such as `3.12`: this one, on the PATH, or of pyenv; None without one."""
    return next((path for path in _candidates(version) if _version_of(path) == version), None)


def _candidates(version: str) -> Iterator[str]:
    yield sys.executable
    if on_path := shutil.which(f"python{version}"):
        yield on_path
    for pyenv in _pyenvs(version):
        yield from (str(path) for path in sorted(pyenv.glob(f"versions/{version}.*/bin/python")))


def _pyenvs(version: str) -> Iterator[Path]:
    yield Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    # Where the home is another than that of whoever installed it, its programs and shims still lead there.
    for program in ("pyenv", f"python{version}"):
        if found := shutil.which(program):
            yield Path(found).resolve().parents[1]


def _version_of(path: str) -> str | None:
    # A shim of pyenv is on the PATH for versions that are not active too, and fails.
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
