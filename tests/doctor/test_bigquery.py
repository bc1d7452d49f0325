"""The rows of a dataset on BigQuery, with each thing wrong in turn; nothing is run or made."""

from collections.abc import Iterator

import pytest

from cli.shell import Mp
from doctor.bigquery_server import DATASET, OF_DATASET, OF_JOBS, OF_RIGHTS, PROJECT, BigQueryServer, bigquery_server
from doctor.diagnosis import checks_of, failed, text_of

DENIED = f"Access Denied: Project {PROJECT}: User does not have bigquery.jobs.create permission in project {PROJECT}."
HIDDEN = f"Access Denied: Dataset {PROJECT}:{DATASET}: Permission bigquery.datasets.get denied (or it may not exist)."
DISABLED = "BigQuery API has not been used in project 1 before or it is disabled."


@pytest.fixture
def bigquery(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> Iterator[BigQueryServer]:
    """A BigQuery with an empty dataset, which the environment leads to."""
    with bigquery_server() as running:
        for name, value in {"WAREHOUSE": "bigquery", "GCP_PROJECT_ID": PROJECT}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", running.url)
        yield running


def test_a_dataset_and_the_rights_in_it_are_looked_at_without_running_a_query(mp: Mp, bigquery: BigQueryServer) -> None:
    checks = checks_of(mp)
    assert failed(checks) == []
    assert [checks[f"warehouse {name}"]["verdict"] for name in ("dataset", "queries", "rights")] == ["ok"] * 3
    sent = [body for method, _, body in bigquery.asked if method == "POST"]
    assert [body.get("configuration", {}).get("dryRun") for body in sent] == [True, None]
    assert list(sent[1]) == ["permissions"]


@pytest.mark.parametrize(
    ("path", "status", "message", "row", "words"),
    [
        (OF_DATASET, 404, f"Not found: Project {PROJECT}", "dataset", ["Not found: Project", "Set GCP_PROJECT_ID"]),
        (OF_DATASET, 403, HIDDEN, "dataset", ["datasets.get denied", "BIGQUERY_DATASET, or grant", "dataViewer"]),
        (OF_DATASET, 403, DISABLED, "dataset", ["is disabled", "gcloud services enable bigquery.googleapis.com"]),
        (OF_DATASET, 401, "Invalid credentials", "dataset", ["refused the credentials", "gcloud auth application"]),
        (OF_JOBS, 403, DENIED, "queries", ["bigquery.jobs.create", "roles/bigquery.jobUser"]),
    ],
    ids=["project", "hidden", "API", "credential", "jobs"],
)
def test_a_refusal_fails_its_row_with_the_cause(
    mp: Mp, bigquery: BigQueryServer, path: str, status: int, message: str, row: str, words: list[str]
) -> None:
    bigquery.refuse(path, status, "accessDenied", message)
    checks = checks_of(mp)
    assert failed(checks) == [f"warehouse {row}"]
    text = text_of(checks, f"warehouse {row}")
    assert [word for word in words if word not in text] == []
    assert "http://" not in text
    assert checks["warehouse tables"]["found"] == f"Not checked: see {row}."


def test_a_dataset_that_is_missing_or_elsewhere_and_rights_that_are_missing_are_told(
    mp: Mp, bigquery: BigQueryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bigquery.answers[OF_RIGHTS] = (200, {"permissions": ["bigquery.tables.getData"]})
    assert "grant it roles/bigquery.dataEditor" in text_of(checks_of(mp), "warehouse rights")
    bigquery.answers[OF_RIGHTS] = (200, {})
    assert failed(checks_of(mp)) == ["warehouse rights"]
    bigquery.answers[OF_DATASET] = (200, {**bigquery.answers[OF_DATASET][1], "location": "EU"})
    assert "Set BIGQUERY_LOCATION=EU" in text_of(checks_of(mp), "warehouse dataset")
    bigquery.refuse(OF_DATASET, 404, "notFound", f"Not found: Dataset {PROJECT}:{DATASET}")
    assert checks_of(mp)["warehouse dataset"]["verdict"] == "warning"
    monkeypatch.setenv("CREATE_TABLES", "false")
    assert failed(checks_of(mp)) == ["warehouse dataset"]
