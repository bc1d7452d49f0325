"""The user sync's statements that are rendered: every template has a golden file that a reviewer can read.

RENEW_GOLDEN=1 writes the golden files instead: review their diff, and commit them with the template.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mixpanel_data
from mixpanel_data.base.identifiers import IDENTIFIER
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.user_metrics import UserMetrics
from mixpanel_data.users.metrics import metrics_of
from mixpanel_data.users.metrics.identifiers import identifiers
from mixpanel_data.users.statements import STATE, Statements
from mixpanel_data.warehouse.statements import Statement
from support.engines import Engine
from support.published_events import PublishedEvent, visit
from support.user_sync_world import UserSyncWorld
from users.awkward_metrics import ALIKE, TAKEN, VALUES, called, reading

GOLDEN = Path(__file__).parent / "golden"
TEMPLATES = sorted((Path(mixpanel_data.__file__).parent / "users").glob("*.sql.jinja"))
IS_RENEWED = os.environ.get("RENEW_GOLDEN") == "1"
# Every kind of metric, every type, every kind of condition, and a property whose name is not an identifier.
METRICS: Mapping[str, Any] = {
    "counters": {
        "total_copies": {"event": "Portfolio Copied"},
        "gold_deposits": {
            "event": "Deposit Made",
            "sum": "$amount (USD)",
            "where": {"plan": ["gold", "silver", 1], "isFirst": True},
        },
    },
    "latest": {
        "plan": {"property": "plan", "type": "STRING", "events": ["Deposit Made", "Plan Changed"]},
        "deposit_count": {"property": "depositCount", "type": "INT64"},
        "linked_bank": {"property": "linkedBank", "type": "BOOL"},
    },
    "current": {
        "buying_power": {"property": "buyingPower", "type": "NUMERIC"},
        "trial_ends_at": {"property": "trialEndsAt", "type": "TIMESTAMP"},
    },
}
ANY_EVENT = EventsConfig.model_validate({"events": [{"name": "*"}]})


def rendered() -> dict[str, str]:
    """The rendered text of each template, by the template's file name."""
    metrics = metrics_of(UserMetrics.model_validate(METRICS), ANY_EVENT)
    made = Statements(metrics)
    changed = dict.fromkeys(("gone_days", "changed_days", "new_days"), 1)
    statements: list[Statement] = [
        STATE,
        *(made.fresh_daily(), made.daily_changes(), made.key_changes(), made.moved_keys()),
        *made.publish_days({**changed, "dirty_totals": 0}, has_targets=True),
        *made.publish_days({**changed, "dirty_totals": 1}, has_targets=True),
        *made.empty_columns(list(metrics.columns)),
    ]
    return {Path(str(each)).name: f"{each.sql.rstrip()}\n" for each in statements if str(each).endswith(".jinja")}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_renders_as_its_golden_file(template: Path) -> None:
    golden = GOLDEN / template.name.removesuffix(".jinja")
    if IS_RENEWED:
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(rendered()[template.name], encoding="utf-8")
    assert rendered()[template.name] == golden.read_text(encoding="utf-8"), "RENEW_GOLDEN=1 renews the golden files"


def test_every_golden_file_has_its_template() -> None:
    assert {f"{path.name}.jinja" for path in GOLDEN.iterdir()} == {path.name for path in TEMPLATES}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_rendered_statement_reads_as_one_that_was_written_by_hand(template: Path) -> None:
    lines = rendered()[template.name].splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        assert line.strip()
        assert line == line.rstrip()
        assert len(line) <= 120
        assert not (before.endswith(",") and re.match(r"\s*(FROM|WHERE|\))", line)), "a comma behind the last column"
    assert any(line.startswith(("-- One row", "-- No row")) for line in lines), "the grain of the statement"
    for number, line in enumerate(lines):
        if re.fullmatch(r"  \w+ AS \(", line):
            assert lines[number - 1].startswith("  -- "), f"the grain of {line}"


@given(st.lists(st.text() | st.text("aA_ 1.$")))
def test_identifiers_are_safe_and_differ_in_more_than_case(names: list[str]) -> None:
    found = identifiers(names)
    assert found.keys() == set(names)
    assert len({identifier.lower() for identifier in found.values()}) == len(found)
    assert all(IDENTIFIER.fullmatch(identifier) and identifier[0].isalpha() for identifier in found.values())
    assert identifiers(list(found)) == found


@pytest.mark.sequences
def test_properties_that_are_spelt_alike_are_told_apart(engine: Engine) -> None:
    places = {name: place for place, name in enumerate(ALIKE)}
    world = UserSyncWorld(engine, reading(ALIKE), PublishedEvent(properties=places))
    world.bring(
        *(PublishedEvent(person=type_, properties=dict.fromkeys(ALIKE, value)) for type_, value in VALUES.items())
    )
    world.sync()
    ann = world.insights()["ann"]
    assert [ann[f"a{place}"] for place in places.values()] == list(places.values())
    world.assert_settled()


@pytest.mark.sequences
def test_a_metric_may_be_called_as_anything_that_its_statements_name(engine: Engine) -> None:
    first = PublishedEvent(properties={"net worth": 3, "event": "2040-01-01"})
    world = UserSyncWorld(engine, called(TAKEN), first, visit("bob", mark="b"))
    world.sync()
    assert {world.insights()["ann"][name] for name in TAKEN} == {3}
    world.bring(PublishedEvent(at="2040-03-11 10:00:00", properties={"net worth": 3}), gone="b")
    world.move("ann", "eve")
    world.sync()
    assert {world.insights()["eve"][name] for name in TAKEN[::2]} == {6}
    world.assert_settled()
