"""Locks: the exact versions, with the hashes of their wheels, that a list of requirements was resolved to.

`make lock` writes them, a bundle ships its function's as requirements.txt, and the image of `mp` is built from the one
in the project's folder.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.bundle import FUNCTIONS, LOCK
from deploy.files import ROOT, DeployError

IMAGE_LOCK = ROOT / LOCK
_PINNED = re.compile(r"^([a-z0-9-]+)==(\S+) \\$", re.MULTILINE)
_REQUIRED = re.compile(r"^([a-z0-9-]+)", re.MULTILINE)
_RUNTIME = re.compile(r"^readonly RUNTIME=python(3)(\d+)$", re.MULTILINE)


def lock_of(function: str) -> Path:
    """The file with a function's lock."""
    return FUNCTIONS / function / LOCK


def locked(lock: Path) -> Mapping[str, str]:
    """The versions in a lock, by distribution name; empty if there is no lock."""
    return dict(_PINNED.findall(lock.read_text(encoding="utf-8"))) if lock.is_file() else {}


def unlocked(function: str) -> Sequence[str]:
    """The names that a function requires and its lock does not have."""
    required = (FUNCTIONS / function / "requirements.txt").read_text(encoding="utf-8")
    versions = locked(lock_of(function))
    return [name for name in _REQUIRED.findall(required) if name not in versions]


def python_version() -> str:
    """The Python that functions are deployed with, such as `3.13`. Raises DeployError."""
    found = _RUNTIME.search((ROOT / "deploy.sh").read_text(encoding="utf-8"))
    if found is None:
        raise DeployError("deploy.sh sets no RUNTIME. Restore its line, such as readonly RUNTIME=python313.")
    return ".".join(found.groups())
