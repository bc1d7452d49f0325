"""Terraform's plan of `infra/`, in a copy that a test can change. Nothing reaches a cloud.

TERRAFORM names the program, which can be a stand-in that needs no registry of providers.
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
    """Terraform makes no plan; the message is its own."""


@dataclass(frozen=True)
class Plan:
    """The resources that Terraform would make, each with address, type and values, and their configuration.

    `changes` has the actions for each address, such as `("create",)`.
    """

    resources: tuple[Mapping[str, Any], ...]
    configuration: tuple[Mapping[str, Any], ...]
    changes: Mapping[str, tuple[str, ...]]

    def values(self, of_type: str) -> dict[str, Mapping[str, Any]]:
        """The values of a type's resources, by name and, where there is one, index: `function["collector"]`."""
        return {one["address"].partition(".")[2]: one["values"] for one in self.resources if one["type"] == of_type}


def copied(folder: Path, of: Path = ROOT) -> Path:
    """A copy of the parts of the project that Terraform and the checks of the descriptions read."""
    root = folder / "project"
    for part in _READ:
        shutil.copytree(of / part, root / part, ignore=_NOT_COPIED)
    return root


def keep_state(root: Path, type_: str, name: str, key: str, values: Mapping[str, Any]) -> None:
    """Let a copy's state hold one instance of a resource, as an earlier apply would have left it."""
    instance = {"index_key": key, "schema_version": 0, "attributes": dict(values)}
    provider = 'provider["registry.terraform.io/hashicorp/google"]'
    resource = {"mode": "managed", "type": type_, "name": name, "provider": provider, "instances": [instance]}
    state = {"version": 4, "terraform_version": "1.7.0", "serial": 1, "lineage": "test", "resources": [resource]}
    (root / "infra/terraform.tfstate").write_text(json.dumps(state), encoding="utf-8")


def plan(root: Path, *, refresh: bool = True, **variables: Any) -> Plan:
    """The plan of a copy, without the variables that are None; `refresh` asks the provider about the state.

    Raises PlanError.
    """
    if Path(TERRAFORM).name == "terraform":
        _run(root, "init", "-backend=false")
    file = root.parent / "plan"
    given = {name: value for name, value in {**USUAL, **variables}.items() if value is not None}
    options = [f"-out={file}", f"-refresh={_written(refresh)}"]
    _run(root, "plan", *options, *(f"-var={name}={_written(value)}" for name, value in given.items()))
    shown = json.loads(_run(root, "show", "-json", str(file), has_input=False))
    resources, configuration = (shown[part]["root_module"] for part in ("planned_values", "configuration"))
    # Resources in modules would not be seen here.
    assert "child_modules" not in shown["planned_values"]["root_module"]
    changes = {each["address"]: tuple(each["change"]["actions"]) for each in shown["resource_changes"]}
    return Plan(tuple(resources["resources"]), tuple(configuration["resources"]), changes)


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
