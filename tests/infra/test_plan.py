"""What Terraform would make: the library's tables, and no right beyond the list below."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.function_list import change, entries, problems
from infra.terraform import ROOT, Plan, PlanError, copied, plan
from mixpanel_data.warehouse.tables import TABLES

pytestmark = pytest.mark.terraform

PROJECT = "acme-data"
BUILDS = f"serviceAccount:mixpanel-data-builds@{PROJECT}.iam.gserviceaccount.com"
OF_GCF = 'resource.name.startsWith("projects/_/buckets/gcf-v2-")'

Binding = tuple[str, str, str, str]
"""Where (a resource's kind and name), role, member, condition."""

OF_BUILDS: set[Binding] = {
    (f"project {PROJECT}", "roles/logging.logWriter", BUILDS, ""),
    (f"project {PROJECT}", "roles/storage.objectViewer", BUILDS, OF_GCF),
}

_PLACES: Mapping[str, tuple[str, str]] = {
    "google_project_iam_member": ("project", "project"),
    "google_bigquery_dataset_iam_member": ("dataset", "dataset_id"),
    "google_bigquery_table_iam_member": ("table", "table_id"),
    "google_secret_manager_secret_iam_member": ("secret", "secret_id"),
    "google_storage_bucket_iam_member": ("bucket", "bucket"),
}


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of the project as it is."""
    return plan(copied(tmp_path_factory.mktemp("terraform")))


def edit(root: Path, file: str, old: str, new: str) -> None:
    """A change of a copy."""
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# Tables


def differences(made: Plan) -> Iterator[str]:
    """What of the library's declarations the planned tables do not have."""
    tables = {one["table_id"]: one for one in made.values("google_bigquery_table").values()}
    for name, table in TABLES.items():
        if name not in tables:
            yield f"{name} is missing"
            continue
        resource, values = table.resource, tables[name]
        fields = json.loads(values["schema"])
        for field in [field for field in resource["schema"]["fields"] if field not in fields]:
            yield f"{name}.{field['name']} is not as declared"
        if [field["name"] for field in fields] != [column.name for column in table.columns]:
            yield f"{name} has other columns, or in another order"
        if (values["clustering"] or []) != resource.get("clustering", {}).get("fields", []):
            yield f"{name} is clustered otherwise"
        if bool(values["require_partition_filter"]) != resource.get("requirePartitionFilter", False):
            yield f"{name} wants a partition filter where the declaration does not, or the other way round"
        if _partitioning(values["time_partitioning"]) != resource.get("timePartitioning", {}):
            yield f"{name} is partitioned otherwise"
    yield from (f"{name} is made and not declared" for name in tables.keys() - TABLES.keys())


def _partitioning(blocks: list[Mapping[str, Any]]) -> dict[str, Any]:
    if not blocks:
        return {}
    (block,) = blocks
    expiration = {"expirationMs": str(block["expiration_ms"])} if block.get("expiration_ms") else {}
    return {"type": block["type"], "field": block["field"], **expiration}


def test_the_tables_are_those_of_the_library(planned: Plan) -> None:
    assert [*differences(planned)] == []


def test_tables_are_protected_against_deletion(planned: Plan) -> None:
    assert all(table["deletion_protection"] for table in planned.values("google_bigquery_table").values())


def test_a_table_that_is_missing_or_differs_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    schemas = "shared/mixpanel_data/warehouse/schemas"
    edit(root, f"{schemas}/job_runs.json", '"type": "JSON"', '"type": "STRING"')
    edit(root, f"{schemas}/alerts.json", '"name": "is_muted"', '"name": "muted"')
    edit(root, f"{schemas}/mixpanel_events.json", '"requirePartitionFilter": true', '"requirePartitionFilter": false')
    edit(root, f"{schemas}/event_minutes.json", '"type": "DAY"', '"type": "HOUR"')
    edit(root, f"{schemas}/rejected_events.json", "7776000000", "777600000000")
    edit(root, f"{schemas}/event_arrivals.json", '"seq"\n', '"day"\n')
    change(root, "detector", reads=["mixpanel_events", "event_minutes", "event_arrivals"])
    (root / schemas / "alert_mutes.json").unlink()
    assert sorted(differences(plan(root))) == [
        "alert_mutes is missing",
        "alerts has other columns, or in another order",
        "alerts.is_muted is not as declared",
        "event_arrivals is clustered otherwise",
        "event_minutes is partitioned otherwise",
        "job_runs.figures is not as declared",
        "mixpanel_events wants a partition filter where the declaration does not, or the other way round",
        "rejected_events is partitioned otherwise",
    ]


# Rights


def bindings(made: Plan) -> set[Binding]:
    """All that is granted to anybody."""
    found = set()
    for one in made.resources:
        values = one["values"]
        # Rights in a dataset's own list replace what others granted, and are not seen here.
        assert not values.get("access"), f"{one['address']} lists rights of its own"
        if not re.search("_iam_|_access$", one["type"]):
            continue
        assert one["type"] in _PLACES, f"{one['address']} is a kind of grant that is not known here"
        kind, key = _PLACES[one["type"]]
        where = f"{kind} {values[key]}"
        condition = "".join(each["expression"] for each in values["condition"])
        found.add((where, values["role"], values["member"], condition))
    return found


def allowed(root: Path) -> set[Binding]:
    """All that may be granted: to the builds, and to each function by its entry in the list."""
    found = set(OF_BUILDS)
    for name, entry in entries(root).items():
        member = f"serviceAccount:{name}@{PROJECT}.iam.gserviceaccount.com"
        granted = {
            (f"project {PROJECT}", "roles/bigquery.jobUser"),
            (f"bucket {PROJECT}-mixpanel-data-config", "roles/storage.objectViewer"),
            *((f"table {table}", "roles/bigquery.dataEditor") for table in entry["writes"]),
            *((f"table {table}", "roles/bigquery.dataViewer") for table in entry["reads"]),
            *(
                (f"secret {secret.lower().replace('_', '-')}", "roles/secretmanager.secretAccessor")
                for secret in entry["secrets"]
            ),
        }
        if entry["uses_staging"]:
            granted.add(("dataset mixpanel_data_staging", "roles/bigquery.dataEditor"))
        found |= {(where, role, member, "") for where, role in granted}
    return found


def test_what_is_granted_is_what_the_list_allows(planned: Plan) -> None:
    assert bindings(planned) == allowed(ROOT)


def test_the_collector_alone_may_write_events(planned: Plan) -> None:
    editors = {
        member
        for where, role, member, _ in bindings(planned)
        if where == "table mixpanel_events" and role != "roles/bigquery.dataViewer"
    }
    assert editors == {f"serviceAccount:collector@{PROJECT}.iam.gserviceaccount.com"}


def test_tables_can_be_created_in_the_staging_dataset_alone(planned: Plan) -> None:
    assert {where for where, *_ in bindings(planned) if where.startswith("dataset")} == {
        "dataset mixpanel_data_staging"
    }


def test_a_binding_that_is_wider_is_found(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edit(root, "infra/functions.tf", "roles/bigquery.dataViewer", "roles/bigquery.dataOwner")
    edit(root, "infra/config.tf", "google_service_account.function[each.key].member", '"allAuthenticatedUsers"')
    edit(root, "infra/accounts.tf", "gcf-v2-", "")
    edit(root, "infra/accounts.tf", "roles/bigquery.jobUser", "roles/editor")
    wider = {(where, role) for where, role, _, _ in bindings(plan(root)) - allowed(ROOT)}
    assert wider == {
        *((f"table {table}", "roles/bigquery.dataOwner") for one in entries(ROOT).values() for table in one["reads"]),
        (f"bucket {PROJECT}-mixpanel-data-config", "roles/storage.objectViewer"),
        (f"project {PROJECT}", "roles/storage.objectViewer"),
        (f"project {PROJECT}", "roles/editor"),
    }


def test_terraform_knows_no_secret_and_no_function(planned: Plan) -> None:
    types = {one["type"] for one in planned.resources}
    assert "google_secret_manager_secret" in types
    assert {name for name in types if name.endswith("_version") or "cloud_run" in name or "function" in name} == set()


def test_an_absence_that_no_policy_can_watch_for_is_refused(tmp_path: Path) -> None:
    root = copied(tmp_path)
    change(root, "detector", stale_after_seconds=86_400)
    with pytest.raises(PlanError, match="watched for at most 84600 s"):
        plan(root)


def test_what_the_connector_gets_waits_for_the_apis(planned: Plan) -> None:
    by_address = {one["address"]: one for one in planned.configuration}
    for address in ("google_project_iam_member.connector_queries", "google_bigquery_dataset.connector"):
        assert by_address[address].get("depends_on") == ["google_project_service.api"]


def test_the_connector_reads_what_it_is_given(tmp_path: Path) -> None:
    connector = {"project_id": "2195193", "tables": ["event_minutes"], "mirror": True}
    member = "serviceAccount:project-2195193@mixpanel-warehouse-1.iam.gserviceaccount.com"
    made = plan(copied(tmp_path), mixpanel_connector=connector)
    assert bindings(made) - allowed(ROOT) == {
        (f"project {PROJECT}", "roles/bigquery.jobUser", member, ""),
        ("table event_minutes", "roles/bigquery.dataViewer", member, ""),
        ("dataset mixpanel", "roles/bigquery.dataOwner", member, ""),
    }


# A further function

SIXTH: dict[str, Any] = {
    "target": "sixth",
    "memory": "256Mi",
    "timeout_seconds": 120,
    "stale_after_seconds": 86400,
    "secrets": ["SLACK_BOT_TOKEN"],
    "uses_staging": False,
    "writes": ["sixth_things", "job_runs"],
    "reads": ["event_arrivals"],
}


def test_a_sixth_function_needs_its_folder_its_tables_and_its_entry(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "functions/sixth-sense").mkdir()
    (root / "functions/sixth-sense/main.py").write_text("def sixth(request): ...\n", encoding="utf-8")
    schemas = root / "shared/mixpanel_data/warehouse/schemas"
    (schemas / "sixth_things.json").write_text((schemas / "job_runs.json").read_text("utf-8"), "utf-8")
    change(root, "sixth-sense", **SIXTH)
    assert problems(root) == problems(ROOT)
    made = plan(root)
    assert bindings(made) == allowed(root)
    assert 'function["sixth-sense"]' in made.values("google_service_account")
    assert [*differences(made)] == ["sixth_things is made and not declared"]
    assert made.values("google_monitoring_alert_policy").keys() >= {
        'job_fails["sixth-sense"]',
        'job_is_late["sixth-sense"]',
    }


# What is refused


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"project_id": ""}, "project_id is the project's id"),
        ({"region": ""}, "region is a region of Google Cloud"),
        ({"bigquery_location": "E U"}, "bigquery_location is a location of BigQuery"),
        ({"dataset": "my-data"}, "dataset is made of letters, digits and _"),
        ({"events_table": "job_runs"}, "events_table is job_runs, which is another table of ours"),
        ({"events_table": "JOB_RUNS"}, "events_table is JOB_RUNS, which is another table of ours"),
        ({"config_bucket": ""}, "config_bucket is 3 to 63"),
        ({"environment": "Prod"}, "environment is a label's value"),
        ({"labels": {"app": "other"}}, "app and environment are taken"),
        ({"alert_email": "oncall"}, "alert_email is one address"),
        ({"alert_email": None}, "Nobody would hear of an alert"),
        ({"notification_channels": ["#ops"]}, "notification_channels are full names"),
        ({"failures_before_alert": 0}, "failures_before_alert is a whole number"),
        ({"failures_before_alert": 7}, "failures_before_alert is a whole number from 1 to 6"),
        ({"mixpanel_connector": {"project_id": "acme", "tables": ["alerts"]}}, "is the number of the Mixpanel project"),
        ({"mixpanel_connector": {"project_id": "1", "tables": []}}, "names at least one table"),
        ({"mixpanel_connector": {"project_id": "1", "tables": ["alert"]}}, "tables names alert, which is none of"),
        (
            {"mixpanel_connector": {"project_id": "1", "tables": ["alerts"], "mirror": True}, "dataset": "mixpanel"},
            "mirror mode takes the dataset mixpanel for itself",
        ),
    ],
    ids=str,
)
def test_a_wrong_variable_is_named(
    tmp_path_factory: pytest.TempPathFactory, variables: dict[str, Any], words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        plan(copied(tmp_path_factory.mktemp("refused")), **variables)
