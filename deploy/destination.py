"""The destination of the functions, as the environment and Terraform name it; the two have to agree."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from deploy.files import DeployError
from deploy.given import Given

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.environment.variable import Variable
from mixpanel_data.configuration.environment.variables import (
    BIGQUERY_DATASET,
    BIGQUERY_LOCATION,
    BIGQUERY_TABLE,
    GCP_PROJECT_ID,
    GCP_REGION,
)
from mixpanel_data.warehouse.tables import TABLES

Outputs = Mapping[str, Any]
"""The values of Terraform's outputs, by name; empty if Terraform is not used."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A Google Cloud project, its region and dataset, and the accounts that do the work there.

    `accounts_domain` is the domain of service accounts; `function_accounts` has those that are named otherwise than
    `FUNCTION@accounts_domain`.
    """

    project: str
    region: str
    dataset: str
    events_table: str
    location: str
    repository: str
    accounts_domain: str
    function_accounts: Mapping[str, str]
    builds_account: str
    scheduler_account: str
    is_beside_terraform: bool

    def account(self, function: str) -> str:
        """The service account that a function runs as."""
        return self.function_accounts.get(function, f"{function}@{self.accounts_domain}")

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables that every function gets so that it works in this place."""
        own = {
            GCP_PROJECT_ID.name: self.project,
            BIGQUERY_DATASET.name: self.dataset,
            BIGQUERY_TABLE.name: self.events_table,
            BIGQUERY_LOCATION.name: self.location,
        }
        return {**own, "CREATE_TABLES": "false"} if self.is_beside_terraform else own


def destination(given: Given, outputs: Outputs, region: str | None) -> Destination:
    """The place that all say, `region` before GCP_REGION. Raises DeployError where they contradict each other."""
    project = _agreed(given, outputs, GCP_PROJECT_ID, "project_id")
    if not project:
        raise DeployError("GCP_PROJECT_ID is not set. Export the id of the Google Cloud project.")
    chosen = _region(given, outputs, region)
    events_table = _agreed(given, outputs, BIGQUERY_TABLE, "events_table")
    if events_table.lower() in TABLES.keys() - {"mixpanel_events"}:
        raise DeployError(
            f"BIGQUERY_TABLE is {events_table!r}, but another table already has that name. Choose a different name."
        )
    # A project that belongs to a domain, example.com:acme, has accounts at acme.example.com.
    accounts_domain = f"{'.'.join(reversed(project.split(':')))}.iam.gserviceaccount.com"
    return Destination(
        project=project,
        region=chosen,
        dataset=_agreed(given, outputs, BIGQUERY_DATASET, "dataset"),
        events_table=events_table,
        location=_agreed(given, outputs, BIGQUERY_LOCATION, "bigquery_location"),
        repository=outputs.get("repository", f"projects/{project}/locations/{chosen}/repositories/mixpanel-data"),
        accounts_domain=accounts_domain,
        function_accounts=outputs.get("function_accounts", {}),
        builds_account=outputs.get("builds_account", f"mixpanel-data-builds@{accounts_domain}"),
        scheduler_account=outputs.get("scheduler_account", f"mixpanel-data-scheduler@{accounts_domain}"),
        is_beside_terraform=bool(outputs),
    )


def _region(given: Given, outputs: Outputs, option: str | None) -> str:
    if not option or not option.strip():
        return _agreed(given, outputs, GCP_REGION, "region")
    chosen = _checked(replace(GCP_REGION, name="--region"), option.strip())
    made = outputs.get("region", chosen)
    if chosen != made:
        raise DeployError(
            f"--region is {chosen!r}, but Terraform created the image repository in {made!r}. Leave the option out."
        )
    return chosen


def _agreed(given: Given, outputs: Outputs, variable: Variable[Any], output: str) -> str:
    """The variable's value, else Terraform's, else the default. Raises DeployError where the first two differ."""
    stated, made = given.variables.get(variable.name), outputs.get(output)
    if stated and made and stated != made:
        raise DeployError(f"{variable.name} is {stated!r}, but Terraform created {made!r}. Make them match.")
    return _checked(variable, str(stated or made or variable.default))


def _checked(variable: Variable[Any], text: str) -> str:
    """The text, if the variable accepts it: it will be part of command lines. Raises DeployError."""
    try:
        variable.read({variable.name: text})
    except ConfigError as error:
        raise DeployError(str(error)) from error
    return text
