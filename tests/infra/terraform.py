"""Terraform's plan of `infra/`, of a copy that a test may change. Nothing of it reaches a cloud.

TERRAFORM names the program; what stands in for it may need no registry of providers.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_NAMED = os.environ.get("TERRAFORM", "terraform")
TERRAFORM = str(Path(_NAMED).resolve()) if "/" in _NAMED else _NAMED
USUAL: Mapping[str, Any] = {"project_id": "acme-data", "alert_email": "oncall@example.com"}

_READ = ("infra", "functions", "config", "shared/mixpanel_data/warehouse/schemas")
_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".terraform*", "*.tfvars", "*.tfstate*")


class PlanError(Exception):
    """Terraform makes no plan; the message is what it says."""


@dataclass(frozen=True)
class Plan:
    """What Terraform would make: its resources, each with address, type and values, and what it says of them."""

    resources: tuple[Mapping[str, Any], ...]
    configuration: tuple[Mapping[str, Any], ...]

    def values(self, of_type: str) -> dict[str, Mapping[str, Any]]:
        """The values of a type's resources, by name and, where there is one, index: `function["collector"]`."""
        return {one["address"].partition(".")[2]: one["values"] for one in self.resources if one["type"] == of_type}


def copied(folder: Path) -> Path:
    """The parts of the project that Terraform and the checks of the list read, as a project of their own."""
    root = folder / "project"
    for part in _READ:
        shutil.copytree(ROOT / part, root / part, ignore=_NOT_COPIED)
    return root


def plan(root: Path, **variables: Any) -> Plan:
    """The plan of a copy for an empty project; a variable that is None is not given.

    Raises PlanError with what Terraform says.
    """
    if Path(TERRAFORM).name == "terraform":
        _run(root, "init", "-backend=false")
    file = root.parent / "plan"
    given = {name: value for name, value in {**USUAL, **variables}.items() if value is not None}
    _run(root, "plan", f"-out={file}", *(f"-var={name}={_written(value)}" for name, value in given.items()))
    shown = json.loads(_run(root, "show", "-json", str(file), has_input=False))
    resources, configuration = (shown[part]["root_module"] for part in ("planned_values", "configuration"))
    # What is in a module of its own would not be seen here.
    assert "child_modules" not in shown["planned_values"]["root_module"]
    return Plan(tuple(resources["resources"]), tuple(configuration["resources"]))


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _run(root: Path, command: str, *arguments: str, has_input: bool = True) -> str:
    without = ["-input=false"] if has_input else []
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run(
        [TERRAFORM, f"-chdir={root / 'infra'}", command, *without, "-no-color", *arguments],
        env={**ours, "GOOGLE_OAUTH_ACCESS_TOKEN": "none", "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PlanError(" ".join(done.stderr.split()))
    return done.stdout
