"""Every report of a workspace on BigQuery too, beside plain Python: the way there, and what the engine makes of it."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from mixpanel_data import Answer
from mixpanel_data.cli import main
from mixpanel_data.configuration.base import Configuration
from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.configuration.reports.definitions import AnyReport, Report
from mixpanel_data.configuration.reports.saved import definition_of
from mixpanel_data.configuration.reports.segments import Did, Ids
from mixpanel_data.warehouse.base import Value, Warehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.workspace.workspace import Workspace
from reports.small_histories import BERLIN, DAY, did, local
from reports.stored_histories import differences, store
from support.consoles import dataset_in_console, in_console
from support.engines import PROJECT, BigQuery, DuckDB, Engine, opened
from support.reports import people
from support.reports.answers import answer
from support.reports.events import Event, Row, World

pytestmark = pytest.mark.both_engines

CLUSTERS = {"ann": ("ann", "ann's phone")}
SEGMENTS: Mapping[str, Configuration] = {"buyers": Did(did=("Buy",)), "some": Ids(ids=("ann", "cat"))}


def happened(name: str, clock: str, user: str, days: int = 0, /, **properties: object) -> Event:
    event = did(name, local(clock, DAY + timedelta(days=days)), user, properties)
    return replace(event, cluster="ann" if user in CLUSTERS["ann"] else None)


EVENTS = (
    happened("Sign Up", "09:00", "ann", plan="free", item="shirt"),
    happened("View", "09:00", "ann", amount=3),
    happened("Buy", "09:00:01", "ann", plan="pro", amount=10, item="shirt", **{"$email": "ann@example.com"}),
    happened("Buy", "09:20", "ann's phone", plan="pro", amount=2.5, item="shoes"),
    happened("View", "09:50:00.000001", "ann", amount=None),
    happened("Sign Up", "23:59:59.999999", "bob", plan="free", item="shoes"),
    happened("View", "00:00", "bob", 1, plan="größer '😀'"),
    happened("Buy", "11:00", "bob", 2, amount=-0.5, item="shoes", email="bob@example.com"),
    happened("Cancel", "12:00", "bob", 2, plan=None, items=[1, {"a": 2.0}]),
    happened("Sign Up", "08:00", "cat", 3),
    happened("Buy", "08:00", "cat", 3, amount=10, is_gift=True),
    happened("View", "10:00", "", 3),
    happened("Buy", "10:00", "ann", 9, amount=1),
)
DAYS = {"from_date": DAY, "to_date": DAY + timedelta(days=8)}
STEPS = ["Sign Up", {"events": "Buy", "where": {"amount": {"at_least": -1}}}]
OVER_DAYS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("segmentation", {"events": ["Buy", {}], "measure": "median", "property": "amount", "on": "plan", "unit": "week"}),
    ("segmentation", {"events": "Buy", "measure": "sum", "property": "amount", "on": "amount", "edges": [0, 2.5]}),
    ("segmentation", {"events": {}, "measure": "unique", "segments": ["buyers", {"not": "some"}], "by": "cluster"}),
    ("active_users", {"segment": {"first_did": "Sign Up", "within_days": 3}, "as_of": local("12:00")}),
    ("frequency", {"unit": "week", "compare": "previous"}),
    ("funnel", {"steps": STEPS, "on": "plan", "by": "cluster", "unit": "day"}),
    ("funnel", {"steps": STEPS, "count": "attempts", "hold": ["item"], "exclude": ["View", {"events": "Cancel"}]}),
    ("funnel", {"steps": ["Buy", "View"], "count": "sessions", "order": "any", "timezone": "Asia/Kathmandu"}),
    ("retention", {"born": "Sign Up", "buckets": 3, "on": "item", "counting": "on_or_after"}),
    ("retention", {"mode": "recurring", "align": "calendar", "brackets": [1, 3], "counting": "streak"}),
    ("sessions", {"exclude": ["Cancel"], "segment": "some"}),
    ("paths", {"anchor": "Sign Up", "forward": 2, "backward": 1, "top": 1, "collapse": True, "hidden": ["Cancel"]}),
)
THEIRS = "event_name STRING, event_time DATETIME, distinct_id STRING, insert_id STRING, properties STRING"
_OF_2026 = "event_timestamp >= TIMESTAMP '2026-01-01' AND event_timestamp < TIMESTAMP '2027-01-01'"
COPY = Statement(
    "events with columns of other types",
    "INSERT INTO own (event_name, event_time, distinct_id, insert_id, properties)"
    " SELECT event_name, DATETIME(event_timestamp, 'UTC'), distinct_id, event_id,"
    # What is no JSON has no properties.
    " COALESCE(NULLIF(TO_JSON_STRING(properties), '{}'), '{')"
    f" FROM mixpanel_events WHERE {_OF_2026}",
    undeclared={"own": "events"},
)
NO_BUY_OF_ANN = Statement(
    "a purchase is none",
    "UPDATE mixpanel_events SET event_name = 'View'"
    f" WHERE event_name = 'Buy' AND distinct_id IN UNNEST(@ids) AND {_OF_2026}",
    {"ids": "ARRAY<STRING>"},
)
DEFINITION: TypeAdapter[AnyReport] = TypeAdapter(AnyReport)


def the_world() -> World:
    return World(BERLIN, now=datetime.now(UTC), saved=SEGMENTS, clusters=CLUSTERS)


@pytest.fixture
def workspace(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose settings lead to the events, on either engine."""
    with opened(engine) as warehouse:
        store(EVENTS, the_world(), warehouse)
    if isinstance(engine, DuckDB):
        place = {"WAREHOUSE": f"duckdb:///{engine.path}"}
    else:
        assert isinstance(engine, BigQuery)
        place = {"WAREHOUSE": "bigquery", "GCP_PROJECT_ID": PROJECT, "BIGQUERY_DATASET": engine.dataset}
    access = {"MP_USERNAME": "name", "MP_SECRET": "secret", "MP_PROJECT_ID": "1", "MP_REGION": "us"}
    monkeypatch.chdir(tmp_path)
    for name, value in {
        **place,
        **access,
        "MP_CONFIG_PATH": str(tmp_path / "config.toml"),
        "MP_DATA_DIR": str(tmp_path / "data"),
        "MIXPANEL_TIMEZONE": BERLIN.key,
        "SEGMENTS_CONFIG": json.dumps({name: definition_of(one) for name, one in SEGMENTS.items()}),
    }.items():
        monkeypatch.setenv(name, value)
    return Workspace()


def transact_once(warehouse: Warehouse, statement: Statement, **parameters: Value) -> None:
    """Run a change under a name that no other test has."""
    warehouse.transact(uuid.uuid4().hex, [statement], grace_seconds=0.0, **parameters)


def expected_of(found: Answer, world: World) -> list[Row]:
    """The parts that plain Python has for the definition of an answer."""
    definition = DEFINITION.validate_python(found.definition)
    assert isinstance(definition, Report)
    return answer(definition, EVENTS, replace(world, as_of=found.as_of))


def test_every_report_has_the_figures_of_plain_python(workspace: Workspace) -> None:
    world = the_world()
    for name, fields in OVER_DAYS:
        found: Answer = getattr(workspace.report, name)(**DAYS, **fields)
        assert found.source.startswith("mixpanel_events in ")
        assert not differences(found.parts, expected_of(found, world)), found.definition


def test_reports_about_people_have_the_figures_of_plain_python(workspace: Workspace) -> None:
    world, report, by = the_world(), workspace.report, By.CLUSTER
    of_ann = people.profile("ann's phone", EVENTS, world, by)
    assert of_ann is not None
    buyers = people.cohort(SEGMENTS["buyers"], EVENTS, world, (DAYS["from_date"], DAYS["to_date"]), by=by)
    for found, expected in (
        (report.journey("ann's phone", by=by), {"rows": people.journey("ann's phone", EVENTS, world, by)}),
        (report.profile("ann's phone", by=by), of_ann | {"rows": of_ann.pop("changes")}),
        (report.profiles(email="bob@example.com"), {"rows": people.profiles(EVENTS, world, email="bob@example.com")}),
        (report.profiles(), {"rows": people.profiles(EVENTS, world)}),
        (report.cohort("buyers", by=by, **DAYS), buyers),
    ):
        (part,) = found.parts
        assert not differences([{name: part[name] for name in expected}], [expected]), found.definition


def test_a_table_of_somebody_s_own_has_other_types(workspace: Workspace, engine: Engine) -> None:
    in_console(engine, f"CREATE TABLE {dataset_in_console(engine)}.events ({THEIRS})")
    with opened(engine) as warehouse:
        transact_once(warehouse, COPY)
    found = workspace.report.funnel(steps=STEPS, on="plan", table="events", **DAYS)
    assert found.source.startswith("events in ")
    assert not differences(found.parts, expected_of(found, the_world()))


def test_a_frozen_segment_stays_when_the_events_change(
    workspace: Workspace, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen = workspace.segments.freeze("buyers", as_of=local("23:00"), by="cluster")
    assert workspace.segments.members(frozen.use) == ["ann"]
    with opened(engine) as warehouse:
        transact_once(warehouse, NO_BUY_OF_ANN, ids=list(CLUSTERS["ann"]))
    asked = {"events": "Sign Up", "measure": "unique", "segments": [frozen.use, "buyers"], "by": "cluster"}
    found = workspace.report.segmentation(**asked, **DAYS)
    assert [part["totals"][0]["value"] for part in found.parts] == [1, 2]
    assert found.segments[frozen.use] == frozen.version
    days = ("--from", f"{DAYS['from_date']}", "--to", f"{DAYS['to_date']}")
    capsys.readouterr()
    assert (
        main(("report", "segmentation", "--event", "Sign Up", "--segment", frozen.use, "--by", "cluster", *days)) == 0
    )
    printed = json.loads(capsys.readouterr().out)
    assert [row["value"] for row in printed["parts"][0]["rows"]] == [1, 0, 0, 0, 0, 0, 0, 0, 0]
    kinds = {(one.name, one.kind) for one in workspace.segments.list() if one.saved_at}
    assert kinds == {("buyers", "frozen"), ("buyers", "dynamic")}
