"""Terraform, from `init` to an applied plan; its state stays where infra/ keeps it."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.destination import Outputs
from deploy.setup.commands import Commands
from deploy.setup.errors import SetupError
from deploy.setup.kept import tfvars_file
from deploy.setup.preflight import access_token
from deploy.setup.terminal import confirm, say

_TERRAFORM = ("terraform", "-chdir=infra")
_CREDENTIALS = (
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_CLOUD_KEYFILE_JSON",
    "GCLOUD_KEYFILE_JSON",
    "GOOGLE_APPLICATION_CREDENTIALS",
)
_NOTHING_TO_DO, _CHANGES = 0, 2


def apply(commands: Commands, environment: str, project: str, *, can_ask: bool) -> None:
    """Show the plan, and apply it once it is confirmed; without a person, --yes has confirmed it. Raises SetupError."""
    env = {"TF_IN_AUTOMATION": "1", **credentials(commands)}
    commands.change(*_TERRAFORM, "init", "-input=false", env=env)
    _check_state(outputs(commands), project)
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan"
        file = f"-var-file=environments/{tfvars_file(environment).name}"
        command = (*_TERRAFORM, "plan", "-input=false", "-detailed-exitcode", file, f"-out={plan}")
        status = commands.run(*command, env=env)
        if commands.is_dry_run:
            commands.run(*_TERRAFORM, "apply", "-input=false", str(plan))
        elif status == _NOTHING_TO_DO:
            say("Everything is there already.")
        elif status != _CHANGES:
            raise SetupError("Terraform made no plan; its output above says why.")
        elif can_ask and not confirm("Apply this plan?", enter_means=False):
            raise SetupError("Nothing was applied. Run the same command again when the plan is right.")
        else:
            commands.change(*_TERRAFORM, "apply", "-input=false", str(plan), env=env)


def outputs(commands: Commands) -> Outputs:
    """Terraform's outputs, empty before the first apply. Raises SetupError where they cannot be read."""
    found = commands.look(*_TERRAFORM, "output", "-json", env=credentials(commands))
    if commands.is_dry_run and found.code:
        return {}
    if found.code:
        raise SetupError(f"Terraform's outputs cannot be read. {found.reason}")
    document: Mapping[str, Any] = json.loads(found.text or "{}")
    return {name: each["value"] for name, each in document.items()}


def _check_state(made: Outputs, project: str) -> None:
    """An apply to another project than before would destroy what is in the first one."""
    if made.get("project_id", project) != project:
        raise SetupError(
            f"Terraform's state in infra/ belongs to project {made['project_id']}, not to {project}. Use another clone "
            f"of the repository or another workspace for {project}, or correct --project."
        )


def credentials(commands: Commands) -> Mapping[str, str]:
    """The account of gcloud for Terraform too, so that there is one sign-in; unless other credentials are set."""
    if any(os.environ.get(name) for name in _CREDENTIALS):
        return {}
    return {"GOOGLE_OAUTH_ACCESS_TOKEN": access_token(commands)}
