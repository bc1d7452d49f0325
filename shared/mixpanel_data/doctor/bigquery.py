"""A dataset on BigQuery as a warehouse."""

import re
from collections.abc import Generator

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import AuthenticationError, MixpanelDataError, TableNotFoundError
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.doctor.check import Check, Verdict
from mixpanel_data.doctor.wording import failed, innermost, network_fault, skipped, told
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.rights import READING, WRITING, Rights
from mixpanel_data.wiring.warehouse import rights_on_bigquery

SUBJECT = "warehouse"
PLACE = "dataset"

_SIGN_IN = "Sign in: gcloud auth application-default login. A service account: set GOOGLE_APPLICATION_CREDENTIALS."
_REQUEST = re.compile(r"^(?:[0-9]{3} )?(?:GET|POST) \S+: ")
_QUERIES, _RIGHTS = "queries", "rights"
_RIGHTS_OF = ("mixpanel_events", "job_runs")
_RUN_QUERIES = "Grant the account that runs this roles/bigquery.jobUser on the project {project}."
_SEE = "Check GCP_PROJECT_ID and BIGQUERY_DATASET, or grant this account roles/bigquery.dataViewer on {name}."
_ENABLE = "Enable it: gcloud services enable bigquery.googleapis.com"
_READ = "Grant the account that runs this roles/bigquery.dataViewer on the dataset {dataset}."
_WRITE = "To run jobs with it, grant it roles/bigquery.dataEditor on the dataset {dataset}."


def place_checks(settings: Settings, warehouse: Warehouse, deadline: Deadline) -> Generator[Check, None, str]:
    """The dataset: whether it is there, and what the account may do in it.

    Returns the name of the check that leaves the others no ground; empty if the tables can be read.
    """
    rights = rights_on_bigquery(warehouse.within(deadline))
    there = _dataset(settings, rights)
    yield there
    if there.verdict is Verdict.FAILED:
        yield from (skipped(SUBJECT, name, PLACE) for name in (_QUERIES, _RIGHTS))
        return PLACE
    queries = _queries(settings, rights)
    yield queries
    if there.verdict is not Verdict.OK:
        yield skipped(SUBJECT, _RIGHTS, PLACE)
        return PLACE
    granted = _rights(settings, rights)
    yield granted
    return next((check.name for check in (queries, granted) if check.verdict is Verdict.FAILED), "")


def not_opened(error: MixpanelDataError) -> Check:
    """The check of a warehouse for which there is no client."""
    if isinstance(error, AuthenticationError):
        found = told(error).found.partition(" To set up Application Default Credentials")[0]
        return Check(SUBJECT, PLACE, Verdict.FAILED, found, _SIGN_IN)
    return failed(SUBJECT, PLACE, error)


def _dataset(settings: Settings, rights: Rights) -> Check:
    name = f"{settings.gcp_project_id}.{settings.bigquery_dataset}"
    try:
        location = rights.location()
    except TableNotFoundError as error:
        return _missing(settings, name, error)
    except AuthenticationError as error:
        return Check(SUBJECT, PLACE, Verdict.FAILED, _reason(error), _remedy(error, _SEE.format(name=name)))
    except MixpanelDataError as error:
        return _unanswered(PLACE, error)
    if location.lower() != settings.bigquery_location.lower():
        found = f"The dataset {name} is in {location}, and BIGQUERY_LOCATION is {settings.bigquery_location}."
        return Check(SUBJECT, PLACE, Verdict.FAILED, found, f"Set BIGQUERY_LOCATION={location}")
    return Check(SUBJECT, PLACE, Verdict.OK, f"The dataset {name} is in {location}.")


def _missing(settings: Settings, name: str, error: TableNotFoundError) -> Check:
    """A dataset that is not there, or a project."""
    if "not found: project" in str(error).lower():
        remedy = "Set GCP_PROJECT_ID to the id of a project that this account can see: gcloud projects list"
        return Check(SUBJECT, PLACE, Verdict.FAILED, _reason(error), remedy)
    if settings.create_tables:
        found = f"The dataset {name} does not exist yet; the first job makes it."
        remedy = "Run terraform -chdir=infra apply, or without Terraform the first job: mp collect"
        return Check(SUBJECT, PLACE, Verdict.WARNING, found, remedy)
    found = f"The dataset {name} does not exist, and CREATE_TABLES is false."
    remedy = "Run terraform -chdir=infra apply; without Terraform set CREATE_TABLES=true for one run."
    return Check(SUBJECT, PLACE, Verdict.FAILED, found, remedy)


def _remedy(error: AuthenticationError, of_roles: str) -> str:
    """What to do about a refusal: there is no credential, no API, or a role is missing."""
    if "BigQuery answered" not in str(error):
        return _SIGN_IN
    return _ENABLE if "has not been used" in str(error) or "is disabled" in str(error) else of_roles


def _reason(error: Exception) -> str:
    """What Google says, without the request that it answers."""
    text = told(error).found.partition("BigQuery answered: ")[2] or told(error).found
    return _REQUEST.sub("", text).partition(" Location: ")[0]


def _unanswered(name: str, error: MixpanelDataError) -> Check:
    fault = network_fault(error)
    answer = _reason(innermost(error)).rstrip(".")
    found = f"BigQuery cannot be reached: {fault.reason}." if fault else f"BigQuery answered: {answer}."
    return Check(SUBJECT, name, Verdict.FAILED, found, "Check the network, and run this again.")


def _queries(settings: Settings, rights: Rights) -> Check:
    try:
        rights.run_queries()
    except AuthenticationError as error:
        remedy = _remedy(error, _RUN_QUERIES.format(project=settings.gcp_project_id))
        return Check(SUBJECT, _QUERIES, Verdict.FAILED, _reason(error), remedy)
    except MixpanelDataError as error:
        return _unanswered(_QUERIES, error)
    return Check(SUBJECT, _QUERIES, Verdict.OK, "The account may run queries; none was run.")


def _rights(settings: Settings, rights: Rights) -> Check:
    """What the account may do with the first of two tables that is there."""
    for table in _RIGHTS_OF:
        try:
            lacking = rights.lacking(table, WRITING)
        except TableNotFoundError:
            continue
        except MixpanelDataError as error:
            return _unanswered(_RIGHTS, error)
        if set(lacking) & set(READING):
            found = f"The account may not read {table}: it lacks {', '.join(lacking)}."
            return Check(SUBJECT, _RIGHTS, Verdict.FAILED, found, _READ.format(dataset=settings.bigquery_dataset))
        if lacking:
            found = f"The account may read {table} and not write it: it lacks {', '.join(lacking)}."
            return Check(SUBJECT, _RIGHTS, Verdict.WARNING, found, _WRITE.format(dataset=settings.bigquery_dataset))
        return Check(SUBJECT, _RIGHTS, Verdict.OK, "The account may read and write the tables.")
    return Check(SUBJECT, _RIGHTS, Verdict.SKIPPED, "There is no table yet whose rights could be asked for.")
