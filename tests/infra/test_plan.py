"""Terraform's plan: the library's tables, and no right beyond those below."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.descriptions import describe, descriptions, problems
from infra.terraform import ROOT, Plan, PlanError, copied, keep_state, plan
from mixpanel_data.warehouse.tables import TABLES

pytestmark = pytest.mark.terraform

PROJECT = "acme-data"
BUILDS = f"serviceAccount:mixpanel-data-builds@{PROJECT}.iam.gserviceaccount.com"
CONNECTOR = "serviceAccount:project-2195193@mixpanel-warehouse-1.iam.gserviceaccount.com"
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
    """The differences between the library's declarations and the planned tables."""
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
    describe(root, "detector", reads=["mixpanel_events", "event_minutes", "event_arrivals"])
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


# An upgrade

FORMER = "job_leases"
"""A table of an earlier version, which the library no longer declares."""


def test_an_upgrade_forgets_a_former_table_and_destroys_nothing(tmp_path: Path, planned: Plan) -> None:
    """Its deletion_protection would stop an apply that destroys it, and its rows are the user's to drop."""
    root = copied(tmp_path)
    table = planned.values("google_bigquery_table")['fixed["job_locks"]']
    keep_state(root, "google_bigquery_table", "fixed", FORMER, {**table, "table_id": FORMER})
    changes = plan(root, refresh=False).changes
    assert changes[f'google_bigquery_table.retired["{FORMER}"]'] == ("forget",)
    assert {address for address, actions in changes.items() if "delete" in actions} == set()


# Rights


def bindings(made: Plan) -> set[Binding]:
    """Every right that is granted to anybody."""
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
    """Every right that can be granted: to the builds, and to each function by its description."""
    found = set(OF_BUILDS)
    for name, description in descriptions(root).items():
        member = f"serviceAccount:{name}@{PROJECT}.iam.gserviceaccount.com"
        granted = {
            (f"project {PROJECT}", "roles/bigquery.jobUser"),
            (f"bucket {PROJECT}-mixpanel-data-config", "roles/storage.objectViewer"),
            *((f"table {table}", "roles/bigquery.dataEditor") for table in description["writes"]),
            *((f"table {table}", "roles/bigquery.dataViewer") for table in description["reads"]),
            *(
                (f"secret {secret.lower().replace('_', '-')}", "roles/secretmanager.secretAccessor")
                for secret in description["secrets"]
            ),
        }
        if description["uses_staging"]:
            granted.add(("dataset mixpanel_data_staging", "roles/bigquery.dataEditor"))
        found |= {(where, role, member, "") for where, role in granted}
    return found


def test_the_rights_are_those_that_the_descriptions_ask_for(planned: Plan) -> None:
    assert bindings(planned) == allowed(ROOT)


def test_only_the_collector_can_write_events(planned: Plan) -> None:
    editors = {
        member
        for where, role, member, _ in bindings(planned)
        if where == "table mixpanel_events" and role != "roles/bigquery.dataViewer"
    }
    assert editors == {f"serviceAccount:collector@{PROJECT}.iam.gserviceaccount.com"}


def test_tables_can_be_created_only_in_the_staging_dataset(planned: Plan) -> None:
    assert {where for where, *_ in bindings(planned) if where.startswith("dataset")} == {
        "dataset mixpanel_data_staging"
    }


def test_a_binding_that_is_wider_is_found(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edit(root, "infra/tables.tf", "roles/bigquery.dataViewer", "roles/bigquery.dataOwner")
    edit(root, "infra/config_bucket.tf", "google_service_account.function[each.key].member", '"allAuthenticatedUsers"')
    edit(root, "infra/builds.tf", "gcf-v2-", "")
    edit(root, "infra/functions.tf", "roles/bigquery.jobUser", "roles/editor")
    wider = {(where, role) for where, role, _, _ in bindings(plan(root)) - allowed(ROOT)}
    assert wider == {
        *(
            (f"table {table}", "roles/bigquery.dataOwner")
            for one in descriptions(ROOT).values()
            for table in one["reads"]
        ),
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
    describe(root, "detector", stale_after_seconds=86_400)
    with pytest.raises(PlanError, match="watched for at most 84600 s"):
        plan(root)


def test_the_connector_s_rights_wait_for_the_apis(planned: Plan) -> None:
    by_address = {one["address"]: one for one in planned.configuration}
    for address in ("google_project_iam_member.connector_queries", "google_bigquery_dataset.connector"):
        assert by_address[address].get("depends_on") == ["google_project_service.api"]


def test_the_connector_reads_what_it_is_given(tmp_path: Path) -> None:
    connector = {"project_id": "2195193", "tables": ["event_minutes"], "mirror": True}
    made = plan(copied(tmp_path), mixpanel_connector=connector)
    assert bindings(made) - allowed(ROOT) == {
        (f"project {PROJECT}", "roles/bigquery.jobUser", CONNECTOR, ""),
        ("table event_minutes", "roles/bigquery.dataViewer", CONNECTOR, ""),
        ("dataset mixpanel", "roles/bigquery.dataOwner", CONNECTOR, ""),
    }


def test_the_mirror_of_the_identity_graph_reads_its_tables_and_no_other(tmp_path: Path) -> None:
    made = plan(copied(tmp_path), mixpanel_member=CONNECTOR, bigquery_location="EU")
    assert bindings(made) - allowed(ROOT) == {
        (f"project {PROJECT}", "roles/bigquery.jobUser", CONNECTOR, ""),
        ("table current_identity_graph", "roles/bigquery.dataViewer", CONNECTOR, ""),
        ("table identity_associations", "roles/bigquery.dataViewer", CONNECTOR, ""),
        ("table identity_permutations", "roles/bigquery.dataViewer", CONNECTOR, ""),
        ("dataset mixpanel", "roles/bigquery.dataOwner", CONNECTOR, ""),
    }
    assert made.values("google_bigquery_dataset")['connector["mixpanel"]']["location"] == "EU"


# A new function

SIXTH: dict[str, Any] = {
    "port": 8090,
    "memory": "256Mi",
    "timeout_seconds": 120,
    "stale_after_seconds": 86400,
    "secrets": ["SLACK_BOT_TOKEN"],
    "uses_staging": False,
    "writes": ["sixth_things", "job_runs"],
    "reads": ["event_arrivals"],
}


def test_a_new_function_needs_its_folder_and_its_tables(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "functions/sixth-sense").mkdir()
    (root / "functions/sixth-sense/main.py").write_text("def sixth_sense(request): ...\n", encoding="utf-8")
    schemas = root / "shared/mixpanel_data/warehouse/schemas"
    (schemas / "sixth_things.json").write_text((schemas / "job_runs.json").read_text("utf-8"), "utf-8")
    describe(root, "sixth-sense", **SIXTH)
    assert problems(root) == problems(ROOT)
    made = plan(root)
    assert bindings(made) == allowed(root)
    assert 'function["sixth-sense"]' in made.values("google_service_account")
    assert [*differences(made)] == ["sixth_things is made and not declared"]
    assert made.values("google_monitoring_alert_policy").keys() >= {
        'job_fails["sixth-sense"]',
        'job_is_late["sixth-sense"]',
    }


# Refusals


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"project_id": ""}, "Give project_id the project's id"),
        ({"region": ""}, "Give region a region of Google Cloud"),
        ({"bigquery_location": "E U"}, "Give bigquery_location a location of BigQuery"),
        ({"dataset": "my-data"}, "Give dataset a name of letters, digits and _"),
        (
            {"events_table": "job_runs"},
            "events_table is job_runs, but another table already has that name. Choose a different name",
        ),
        (
            {"events_table": "JOB_RUNS"},
            "events_table is JOB_RUNS, but another table already has that name. Choose a different name",
        ),
        ({"config_bucket": ""}, "Give config_bucket 3 to 63"),
        ({"environment": "Prod"}, "Give environment a label value"),
        ({"labels": {"app": "other"}}, "The keys app and environment are taken"),
        ({"alert_email": "oncall"}, "Give alert_email one address"),
        ({"alert_email": None}, "No alert would reach anybody. Set alert_email"),
        ({"notification_channels": ["#ops"]}, "Give notification_channels full names"),
        ({"failures_before_alert": 0}, "Give failures_before_alert a whole number"),
        ({"failures_before_alert": 7}, "Give failures_before_alert a whole number from 1 to 6"),
        (
            {"mixpanel_connector": {"project_id": "acme", "tables": ["alerts"]}},
            "Give mixpanel_connector.project_id the number",
        ),
        ({"mixpanel_connector": {"project_id": "1", "tables": []}}, "at least one table to read"),
        ({"mixpanel_connector": {"project_id": "1", "tables": ["alert"]}}, "tables names alert. Give some of"),
        (
            {"mixpanel_connector": {"project_id": "1", "tables": ["alerts"], "mirror": True}, "dataset": "mixpanel"},
            "Mirror mode needs the dataset name mixpanel for itself",
        ),
        ({"mixpanel_member": ""}, "Give mixpanel_member the connector's account"),
        ({"mixpanel_member": "user:ann@example.com"}, "Give mixpanel_member the connector's account"),
        ({"mixpanel_member": "serviceAccount:ann@example.com"}, "Give mixpanel_member the connector's account"),
        (
            {"mixpanel_member": CONNECTOR, "mixpanel_connector": {"project_id": "2195193", "tables": ["alerts"]}},
            "mixpanel_connector and mixpanel_member are both set. Keep mixpanel_connector",
        ),
        (
            {"mixpanel_member": CONNECTOR, "dataset": "mixpanel"},
            "Mirror mode needs the dataset name mixpanel for itself",
        ),
    ],
    ids=str,
)
def test_a_wrong_variable_is_named(
    tmp_path_factory: pytest.TempPathFactory, variables: dict[str, Any], words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        plan(copied(tmp_path_factory.mktemp("refused")), **variables)
