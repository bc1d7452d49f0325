"""The project's own files that say what to deploy, and how a fault in one of them is reported."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


class DeployError(Exception):
    """The plan cannot be made; the message says why, and what to do."""


def read_json(path: Path) -> Any:
    """The document in a file of the project. Raises DeployError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DeployError(f"{path.relative_to(ROOT)} cannot be read: {error}. Correct it.") from error


def entry_with(keys: Sequence[str], entry: Any, where: str) -> Mapping[str, Any]:
    """The entry, if it is a JSON object that has all these keys. Raises DeployError naming `where`."""
    if not isinstance(entry, dict):
        raise DeployError(f"{where} is not an object. Write one with the keys {', '.join(keys)}.")
    missing = [key for key in keys if key not in entry]
    if missing:
        raise DeployError(f"{where} has no {', no '.join(missing)}. Add it.")
    return entry
