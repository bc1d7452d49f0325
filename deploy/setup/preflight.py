"""What has to be so before anything is made: sign-in, project, billing, rights and APIs."""

import json
import re
from collections.abc import Sequence

from deploy.files import ROOT
from deploy.setup.commands import Commands
from deploy.setup.errors import SetupError
from deploy.setup.terminal import say
from deploy.setup.web import Web

_PROGRAMS = {
    "gcloud": "the Google Cloud CLI (https://cloud.google.com/sdk/docs/install)",
    "terraform": "Terraform 1.7 or later (https://developer.hashicorp.com/terraform/install)",
    "curl": "curl",
}
# One right of each kind that the steps need; an owner has all of them.
_RIGHTS = (
    "artifactregistry.repositories.create",
    "bigquery.datasets.create",
    "cloudfunctions.functions.create",
    "cloudscheduler.jobs.create",
    "iam.serviceAccounts.actAs",
    "iam.serviceAccounts.create",
    "monitoring.alertPolicies.create",
    "resourcemanager.projects.setIamPolicy",
    "run.services.setIamPolicy",
    "secretmanager.versions.add",
    "serviceusage.services.enable",
)
_SIGN_IN = "gcloud is not signed in, or its sign-in has expired: run gcloud auth login, then this again."


def check_programs(commands: Commands) -> None:
    """Raise SetupError naming the programs that are missing."""
    missing = [what for program, what in _PROGRAMS.items() if not commands.has(program)]
    if missing:
        raise SetupError(f"Install {', '.join(missing)}, and run this again.")


def signed_in_account(commands: Commands) -> str:
    """The account that gcloud works as. Raises SetupError where there is none, or its sign-in has expired."""
    account = commands.look("gcloud", "config", "get-value", "account", "--quiet").text
    if not access_token(commands):
        raise SetupError(_SIGN_IN)
    return account


def access_token(commands: Commands) -> str:
    """A token of the account, good for an hour; "" where gcloud gives none."""
    return commands.look("gcloud", "auth", "print-access-token").text


def check_project(commands: Commands, web: Web, project: str, account: str) -> None:
    """Raise SetupError for a project that is not there, has no billing, or where the account may do too little."""
    found = commands.look("gcloud", "projects", "describe", project, "--format=value(lifecycleState)")
    if found.text != "ACTIVE":
        raise SetupError(
            f"{account or 'The account'} sees no active project {project}. Correct --project, or create it: "
            f"gcloud projects create {project}. ({found.text or found.reason})"
        )
    say(f"{project} is active.")
    _check_billing(commands, project)
    _check_rights(commands, web, project, account)


def _check_billing(commands: Commands, project: str) -> None:
    found = commands.look("gcloud", "billing", "projects", "describe", project, "--format=value(billingEnabled)")
    if found.text == "False":
        raise SetupError(
            f"Project {project} has no billing account. Link one: "
            f"https://console.cloud.google.com/billing/linkedaccount?project={project}"
        )
    if found.text:
        say("It has billing.")
    else:
        say(f"note: the billing of {project} cannot be looked at. ({found.reason})")


def _check_rights(commands: Commands, web: Web, project: str, account: str) -> None:
    url = f"https://cloudresourcemanager.googleapis.com/v1/projects/{project}:testIamPermissions"
    status, answer = web.post(url, access_token(commands), {"permissions": _RIGHTS})
    try:
        granted = json.loads(answer).get("permissions", []) if status == 200 else None
    except ValueError:
        granted = None
    if granted is None:
        say(f"note: the rights of {account} cannot be looked at (status {status}); a step that lacks one says so.")
        return
    if missing := sorted({*_RIGHTS} - {*granted}):
        kind = "serviceAccount" if account.endswith(".gserviceaccount.com") else "user"
        raise SetupError(
            f"{account} lacks {', '.join(missing)} in {project}. Have an owner run this, or grant the role: "
            f"gcloud projects add-iam-policy-binding {project} --member={kind}:{account} --role=roles/owner"
        )
    say(f"{account} may do all that is needed.")


def enable_apis(commands: Commands, project: str) -> None:
    """Enable the APIs at once: Terraform alone would find some of them not ready yet. Raises SetupError."""
    listed = commands.look(
        "gcloud", "services", "list", "--enabled", f"--project={project}", "--format=value(config.name)"
    )
    if listed.code:
        raise SetupError(f"The enabled APIs of {project} cannot be listed. {listed.reason}")
    missing = [api for api in _apis() if api not in listed.text.split()]
    if not missing:
        say("All APIs are enabled already.")
        return
    commands.change("gcloud", "services", "enable", *missing, f"--project={project}", "--quiet")
    say(f"Enabled {len(missing)} APIs.")


def _apis() -> Sequence[str]:
    """The APIs that Terraform asks for, and the one by which it asks."""
    text = (ROOT / "infra" / "apis.tf").read_text(encoding="utf-8")
    return ["serviceusage.googleapis.com", *re.findall(r'"([a-z]+\.googleapis\.com)"', text)]
