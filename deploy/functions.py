"""The functions that there are: a folder of `functions/` each, which `function.json` describes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.files import ROOT, DeployError, entry_with, read_json

from mixpanel_data.configuration.environment.variable import SecretVariable
from mixpanel_data.configuration.environment.variables import SECRETS

_FOLDER = ROOT / "functions"
_KEYS = ("memory", "timeout_seconds", "secrets")
_SECRETS = {secret.name: secret for secret in SECRETS}


@dataclass(frozen=True, slots=True)
class Function:
    """One function as its folder describes it: memory, timeout, and the secrets that it can read."""

    name: str
    memory: str
    timeout_seconds: int
    secrets: tuple[SecretVariable, ...]

    @property
    def target(self) -> str:
        """The Python function in its main.py that serves requests."""
        return self.name.replace("-", "_")


def all_functions() -> Mapping[str, Function]:
    """The functions by name, in alphabetical order. Raises DeployError naming the file that is wrong or missing."""
    folders = sorted({path.parent for name in ("main.py", "function.json") for path in _FOLDER.glob(f"*/{name}")})
    if not folders:
        raise DeployError("functions/ has no function. Check out the whole project.")
    return {folder.name: _function(folder) for folder in folders}


def _function(folder: Path) -> Function:
    for name in ("main.py", "function.json"):
        if not (folder / name).is_file():
            raise DeployError(f"functions/{folder.name}/{name} does not exist. Add it, or remove the folder.")
    where = f"functions/{folder.name}/function.json"
    entry = entry_with(_KEYS, read_json(folder / "function.json"), where)
    return Function(
        folder.name,
        entry["memory"],
        entry["timeout_seconds"],
        tuple(_secret(name, where) for name in entry["secrets"]),
    )


def _secret(name: Any, where: str) -> SecretVariable:
    if name not in _SECRETS:
        raise DeployError(f"{where}: secrets has {name!r}. Give some of {', '.join(_SECRETS)}.")
    return _SECRETS[name]
