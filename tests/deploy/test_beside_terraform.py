"""deploy.sh uses the resources that Terraform made, and never deploys beside them."""

import json
import re
from typing import Any

import pytest

from deploy.project import (
    FUNCTIONS,
    PROJECT,
    ROOT,
    Project,
)

pytestmark = pytest.mark.deploy


def outputs(**changed: Any) -> dict[str, Any]:
    """Terraform's outputs, in the form of `terraform output -json`."""
    accounts = {name: f"{name}@elsewhere.iam.gserviceaccount.com" for name in FUNCTIONS}
    values = {
        "project_id": PROJECT,
        "region": "europe-west4",
        "bigquery_location": "EU",
        "dataset": "events_of_dev",
        "events_table": "raw",
        "function_accounts": accounts,
        "scheduler_account": "calls@elsewhere.iam.gserviceaccount.com",
        "builds_account": "builds@elsewhere.iam.gserviceaccount.com",
        "repository": f"projects/{PROJECT}/locations/europe-west4/repositories/own",
    }
    return {name: {"value": value, "sensitive": False} for name, value in {**values, **changed}.items()}


def beside_terraform(project: Project, answer: dict[str, Any]) -> None:
    (project.folder / "outputs.json").write_text(json.dumps(answer))
    project.install("terraform", '[ "$*" = "-chdir=infra output -json" ] && exec cat outputs.json')


def test_what_terraform_made_is_used_and_its_tables_are_left_to_it(project: Project) -> None:
    beside_terraform(project, outputs())
    project.deploy(CREATE_TABLES="true", GCP_PROJECT_ID="")
    for name, deployed in project.state["functions"].items():
        flags, variables = deployed["flags"], deployed["variables"]
        assert flags["service-account"] == f"{name}@elsewhere.iam.gserviceaccount.com"
        assert flags["build-service-account"].endswith("/serviceAccounts/builds@elsewhere.iam.gserviceaccount.com")
        assert flags["docker-repository"].endswith("/repositories/own")
        assert flags["region"] == "europe-west4"
        assert variables["GCP_PROJECT_ID"] == PROJECT
        assert (variables["BIGQUERY_LOCATION"], variables["BIGQUERY_DATASET"]) == ("EU", "events_of_dev")
        assert (variables["BIGQUERY_TABLE"], variables["CREATE_TABLES"]) == ("raw", "false")
    assert {job["oidc-service-account-email"] for job in project.state["jobs"].values()} == {
        "calls@elsewhere.iam.gserviceaccount.com"
    }


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"GCP_PROJECT_ID": "another"}, "GCP_PROJECT_ID is 'another', but Terraform created 'a-project'"),
        ({"BIGQUERY_DATASET": "other"}, "BIGQUERY_DATASET is 'other', but Terraform created 'events_of_dev'"),
        ({"GCP_REGION": "us-east1"}, "GCP_REGION is 'us-east1', but Terraform created 'europe-west4'"),
    ],
)
def test_what_contradicts_terraform_is_refused(project: Project, variables: dict[str, str], message: str) -> None:
    beside_terraform(project, outputs())
    done = project.run(**variables)
    assert done.code == 1
    assert message in done.err
    assert project.calls == []


NOT_READ = 'echo "Error: Backend initialization required" >&2; exit 1'


@pytest.mark.parametrize("block", ['backend "gcs" {', "cloud {"])
def test_a_state_that_lies_elsewhere_is_not_forgotten(project: Project, block: str) -> None:
    (project.folder / "infra" / "backend.tf").write_text(f"terraform {{\n  {block}\n  }}\n}}\n")
    assert "terraform is not on the PATH" in project.run().err


def test_a_state_of_a_workspace_is_not_forgotten(project: Project) -> None:
    (project.folder / "infra" / "terraform.tfstate.d" / "dev").mkdir(parents=True)
    project.install("terraform", "echo '{}'")
    assert "Terraform has no outputs here" in project.run().err


def test_outputs_that_cannot_be_read_stop_it(project: Project) -> None:
    """However the backend is written down."""
    project.install("terraform", NOT_READ)
    done = project.run()
    assert (done.code, project.calls) == (1, [])
    assert "Backend initialization required" in done.err
    assert "terraform -chdir=infra init" in done.err
    project.deploy("--only", "detector", "--without-terraform")


def test_outputs_that_are_empty_are_refused_where_terraform_was_set_up(project: Project) -> None:
    (project.folder / "infra" / ".terraform").mkdir()
    assert "terraform is not on the PATH" in project.run().err
    project.install("terraform", "echo '{}'")
    done = project.run()
    assert (done.code, project.calls) == (1, [])
    assert "Terraform has no outputs here" in done.err
    assert "--without-terraform" in done.err
    project.deploy("--only", "detector", "--without-terraform")


def test_without_outputs_the_names_are_those_that_terraform_would_give(project: Project) -> None:
    project.install("terraform", "echo '{}'")
    project.deploy("--only", "detector", CREATE_TABLES="")
    flags = project.state["functions"]["detector"]["flags"]
    assert flags["service-account"] == f"detector@{PROJECT}.iam.gserviceaccount.com"
    assert "CREATE_TABLES" not in project.state["functions"]["detector"]["variables"]


def test_the_names_without_terraform_are_those_in_its_files(project: Project) -> None:
    project.deploy("--only", "collector")
    flags = project.state["functions"]["collector"]["flags"]
    text = "".join(file.read_text() for file in sorted((ROOT / "infra").glob("*.tf")))
    named = dict(re.findall(r'resource "\w+" "(\w+)" {[^}]*?(?:account_id|repository_id) += "([a-z-]+)"', text))
    assert flags["build-service-account"].rpartition("/")[2].partition("@")[0] == named["builds"]
    assert flags["docker-repository"].rpartition("/")[2] == named["functions"]
    (invoker,) = project.state["invokers"]["collector"]
    assert invoker.startswith(f"serviceAccount:{named['scheduler']}@")
    read = {*re.findall(r'(?:outputs\.get\(|_agreed\(given, outputs, \w+, )"([a-z_]+)"', DESTINATION)}
    assert read == {*outputs()} <= {*re.findall(r'^output "(\w+)"', text, re.MULTILINE)}


DESTINATION = (ROOT / "deploy" / "destination.py").read_text()
