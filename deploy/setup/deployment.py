"""The builds' right to push images, and the deployment itself."""

import json
import os
from collections.abc import Mapping

from deploy.destination import Destination
from deploy.setup.commands import Commands
from deploy.setup.options import SECRETS
from deploy.setup.terminal import say
from deploy.setup.terraform import credentials

_ROLE = "roles/artifactregistry.writer"


def let_builds_push(commands: Commands, destination: Destination) -> None:
    """Grant the account of the builds the right to push images. Raises SetupError."""
    member = f"serviceAccount:{destination.builds_account}"
    name = destination.repository.rpartition("/")[2]
    where = (f"--project={destination.project}", f"--location={destination.region}")
    repositories = ("gcloud", "artifacts", "repositories")
    found = commands.look(*repositories, "get-iam-policy", name, *where, "--format=json")
    bindings = json.loads(found.text or "{}").get("bindings", [])
    if any(each["role"] == _ROLE and member in each.get("members", []) for each in bindings):
        say("The builds can push images already.")
        return
    grant = ("add-iam-policy-binding", name, *where, f"--member={member}", f"--role={_ROLE}")
    commands.change(*repositories, *grant, "--quiet", "--format=none")
    say("The builds can push images now.")


def deploy(commands: Commands, settings: Mapping[str, str]) -> None:
    """Run the deployment of deploy.sh with these settings, whatever the environment says. Raises SetupError."""
    # These are bound by name; deploy.sh needs no secret's value, and would mention that it has both.
    emptied = {name: "" for name in SECRETS if f"{name}_NAME" in settings and name in os.environ}
    commands.change("./deploy.sh", env={**emptied, **settings, **credentials(commands)})
