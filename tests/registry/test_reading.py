"""The registry is read in pages, filtered and redacted, and reading writes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from mixpanel_data.base.errors import NotFoundError, RequestError, TableNotFoundError
from mixpanel_data.base.redaction import REDACTED, Redactor
from mixpanel_data.registry import reading
from support.engines import DuckDB, opened
from support.registry_rows import add, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mixpanel_data.base.parameters import Page
    from mixpanel_data.warehouse.base import Warehouse

ANN = "ann@example.com"

EVIDENCE = {
    "before": {"integer": 5},
    "after": {"integer": 3, "string": 2},
    "event_ids": ["00aa", "00bb"],
    "versions": {
        "$app_version_string": {
            "4.1.0.2": {"good": 1, "bad": 2},
            ANN: {"good": 1, "bad": 0},
            f"x{ANN}": {"good": 2, "bad": 0},
        }
    },
    "version_property": "$app_version_string",
    "first_bad": "4.1.0.2",
    "note": ANN,
}


@pytest.fixture
def engine(tmp_path: Path) -> DuckDB:
    """A dataset of its own for each test."""
    return DuckDB(tmp_path)


@pytest.fixture
def warehouse(engine: DuckDB) -> Iterator[Warehouse]:
    """A warehouse of the dataset."""
    with opened(engine) as warehouse:
        yield warehouse


def events(warehouse: Warehouse, **given: Any) -> Page:
    return reading.events(warehouse, reading.EventsRequest.model_validate(given), Redactor())


def properties(warehouse: Warehouse, **given: Any) -> Page:
    return reading.properties(warehouse, reading.PropertiesRequest.model_validate(given), Redactor())


def changes(warehouse: Warehouse, **given: Any) -> Page:
    return reading.changes(warehouse, reading.ChangesRequest.model_validate(given), Redactor())


def violations(warehouse: Warehouse, **given: Any) -> Page:
    return reading.violations(warehouse, reading.ViolationsRequest.model_validate(given), Redactor())


def details(warehouse: Warehouse, name: str, **given: Any) -> reading.EventDetails:
    return reading.event(warehouse, reading.EventRequest(name=name, **given), Redactor())


def all_pages(read: Callable[..., Page], warehouse: Warehouse, limit: int) -> list[Any]:
    """The items of all pages, of so many items each."""
    page = read(warehouse, limit=limit)
    found = [*page.items]
    while page.next is not None:
        assert len(page.items) == limit
        page = read(warehouse, limit=limit, after=page.next)
        found += page.items
    return found


# Pages


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_together_are_the_whole_list_in_order(engine: DuckDB, warehouse: Warehouse, limit: int) -> None:
    every = ["", "/home", "Purchase", f"Signup {ANN}", f"Signup {ANN}!", "Ünïcode 🎉", "purchase"]
    add(engine, "event_registry", *({"event_name": name} for name in every))
    add(engine, "property_dictionary", *({"property": name} for name in every))
    shown = [name.replace(ANN, REDACTED) for name in sorted(every, key=str.encode)]
    assert names(all_pages(events, warehouse, limit)) == shown
    assert names(all_pages(properties, warehouse, limit), "property") == shown


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_changes_are_listed_newest_first_over_all_pages(engine: DuckDB, warehouse: Warehouse, limit: int) -> None:
    add(
        engine,
        "schema_changes",
        {"event_name": "B", "property": "p", "day": "2024-03-01"},
        {"event_name": "A", "property": "p", "day": "2024-03-01"},
        {"event_name": "A", "property": None, "day": "2024-03-01", "kind": "new_event"},
        {"event_name": "C", "property": "p", "day": "2024-03-02"},
        {"event_name": "C", "property": "p", "path": ".x", "day": "2024-02-01"},
    )
    found = [(each["event_name"], each["property"], each["path"]) for each in all_pages(changes, warehouse, limit)]
    assert found == [("C", "p", ""), ("A", None, ""), ("A", "p", ""), ("B", "p", ""), ("C", "p", ".x")]


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_violations_are_listed_newest_and_most_frequent_first(engine: DuckDB, warehouse: Warehouse, limit: int) -> None:
    add(
        engine,
        "schema_violations",
        {"event_name": "A", "property": "p", "events": 2},
        {"event_name": "B", "property": "p", "events": 30},
        {"event_name": "B", "property": None, "events": 2, "rule": "blocked"},
        {"event_name": "B", "property": "", "events": 2, "rule": "blocked"},
        {"event_name": "A", "property": "p", "events": 1, "day": "2024-03-02"},
    )
    found = all_pages(violations, warehouse, limit)
    assert [each["events"] for each in found] == [1, 30, 2, 2, 2]
    assert len({each["violation_id"] for each in found}) == 5


@pytest.mark.parametrize("read", [events, properties, changes, violations])
def test_an_empty_registry_has_one_empty_page(warehouse: Warehouse, read: Callable[..., Page]) -> None:
    page = read(warehouse)
    assert (list(page.items), page.next) == ([], None)


@pytest.mark.parametrize("read", [events, properties, changes, violations])
def test_a_key_that_leads_nowhere_is_refused(warehouse: Warehouse, read: Callable[..., Page]) -> None:
    after = "sha256:" + "0" * 64
    with pytest.raises(RequestError, match=r"after is 'sha256:0.*`next`"):
        read(warehouse, after=after)


@pytest.mark.parametrize("read", [changes, violations])
def test_a_key_that_looks_personal_is_not_repeated(warehouse: Warehouse, read: Callable[..., Page]) -> None:
    with pytest.raises(RequestError, match=r"after is '\[redacted\]'"):
        read(warehouse, after=ANN)


@pytest.mark.parametrize("limit", [0, 1001, "many"])
@pytest.mark.parametrize("request_type", [reading.EventsRequest, reading.ChangesRequest])
def test_a_limit_outside_1_to_1000_is_refused(request_type: Any, limit: object) -> None:
    with pytest.raises(ValidationError, match="limit"):
        request_type(limit=limit)


# Filters


def test_events_are_filtered_by_status_name_and_time(engine: DuckDB, warehouse: Warehouse) -> None:
    add(
        engine,
        "event_registry",
        {"event_name": "A"},
        {"event_name": "B", "status": "dormant", "last_seen": "2024-04-01 00:00:00+00"},
        {"event_name": "C", "status": "likely_typo", "similar_to": "A"},
    )
    assert names(events(warehouse, status="dormant").items) == ["B"]
    assert names(events(warehouse, status=["dormant", "active"]).items) == ["A", "B"]
    assert names(events(warehouse, event=["A", "C", "D"]).items) == ["A", "C"]
    assert names(events(warehouse, **{"from": "2024-03-15"}).items) == ["B"]
    assert names(events(warehouse, to="2024-03-01").items) == []
    assert names(events(warehouse, to="2024-03-02", event='["A", "B"]').items) == ["A", "B"]


def test_properties_are_filtered_by_what_they_are_in_an_event(engine: DuckDB, warehouse: Warehouse) -> None:
    add(engine, "property_dictionary", *({"property": name, "event_names": ["A", "B"]} for name in ("p", "q", "r")))
    add(
        engine,
        "event_properties",
        {"event_name": "A", "property": "p", "status": "type_changed"},
        {"event_name": "B", "property": "p"},
        {"event_name": "B", "property": "q", "status": "unstable"},
        {"event_name": "B", "property": "q", "path": ".x", "status": "dormant"},
    )
    assert names(properties(warehouse, event="A").items, "property") == ["p"]
    assert names(properties(warehouse, event="B", status="type_changed").items, "property") == []
    assert names(properties(warehouse, status=["type_changed", "dormant"]).items, "property") == ["p", "q"]
    assert names(properties(warehouse, property=["q", "r"]).items, "property") == ["q", "r"]
    statuses = {each["property"]: each["statuses"] for each in properties(warehouse).items}
    assert statuses == {"p": {"type_changed": ["A"]}, "q": {"dormant": ["B"], "unstable": ["B"]}, "r": {}}


def test_changes_are_filtered_and_retracted_ones_are_shown_on_request(engine: DuckDB, warehouse: Warehouse) -> None:
    add(
        engine,
        "schema_changes",
        {"event_name": "A", "property": "p"},
        {"event_name": "A", "property": None, "kind": "new_event", "day": "2024-03-02"},
        {"event_name": "B", "property": "p", "retracted_at": "2024-03-05 00:00:00+00"},
    )
    assert names(changes(warehouse).items) == ["A", "A"]
    assert names(changes(warehouse, status="retracted").items) == ["B"]
    assert len(changes(warehouse, status=["retracted", "holds"]).items) == 3
    assert names(changes(warehouse, kind="new_event").items, "kind") == ["new_event"]
    assert names(changes(warehouse, property="p", event=["A", "B"]).items) == ["A"]
    assert names(changes(warehouse, **{"from": "2024-03-01T00:00:01Z"}).items, "kind") == ["new_event"]
    assert names(changes(warehouse, to="2024-03-02").items, "kind") == ["type_changed"]


def test_violations_are_filtered(engine: DuckDB, warehouse: Warehouse) -> None:
    add(
        engine,
        "schema_violations",
        {"event_name": "A", "property": "p"},
        {"event_name": "A", "property": "q", "rule": "enum"},
        {"event_name": "B", "property": "p", "day": "2024-03-05"},
    )
    assert names(violations(warehouse, rule=["enum", "naming"]).items, "property") == ["q"]
    assert names(violations(warehouse, property="p").items) == ["B", "A"]
    assert names(violations(warehouse, event="A", to="2024-03-02").items) == ["A", "A"]


@pytest.mark.parametrize(
    ("request_type", "given", "word"),
    [
        (reading.EventsRequest, {"status": "gone"}, "dormant"),
        (reading.PropertiesRequest, {"status": "blocked"}, "unstable"),
        (reading.ChangesRequest, {"kind": "new_evnt"}, "new_event"),
        (reading.ChangesRequest, {"status": "active"}, "retracted"),
        (reading.ViolationsRequest, {"rule": "typo"}, "unknown_event"),
        (reading.ViolationsRequest, {"rule": ""}, "unknown_event"),
        (reading.EventsRequest, {"event": ""}, "event"),
        (reading.EventsRequest, {"rule": "enum"}, "rule"),
        (reading.EventsRequest, {"from": "2024-03-02", "to": "2024-03-01"}, "ends after it starts"),
        (reading.ChangesRequest, {"from": "yesterday"}, "ISO 8601"),
    ],
)
def test_a_wrong_filter_is_refused_and_named(request_type: Any, given: dict[str, str], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        request_type.model_validate(given)


def test_any_days_can_be_asked_for(warehouse: Warehouse) -> None:
    for given in ({"to": "9999-12-31T23:59:59Z"}, {"from": "0001-01-01"}, {"from": "9999-12-31T12:00:00Z"}):
        assert list(changes(warehouse, **given).items) == []
        assert list(events(warehouse, **given).items) == []


# One event


def test_an_event_is_shown_with_its_properties_changes_and_violations(engine: DuckDB, warehouse: Warehouse) -> None:
    add(engine, "event_registry", {"event_name": "A"}, {"event_name": "B"})
    add(
        engine,
        "event_properties",
        {"event_name": "A", "property": "q"},
        {"event_name": "A", "property": "p", "path": ".x"},
        {"event_name": "A", "property": "p"},
        {"event_name": "B", "property": "p"},
    )
    add(
        engine,
        "schema_changes",
        {"event_name": "A", "property": "p"},
        {"event_name": "A", "property": "q", "day": "2024-03-03"},
        {"event_name": "A", "property": "r", "retracted_at": "2024-03-05 00:00:00+00"},
        {"event_name": "B", "property": "p"},
    )
    add(engine, "schema_violations", {"event_name": "A", "property": "q"}, {"event_name": "B", "property": "q"})
    found = details(warehouse, "A")
    assert found.event["event_name"] == "A"
    assert [(each["property"], each["path"]) for each in found.properties] == [("p", ""), ("p", ".x"), ("q", "")]
    assert names(found.changes, "property") == ["q", "p"]
    assert names(found.violations, "property") == ["q"]
    assert names(details(warehouse, "A", limit=1).changes, "property") == ["q"]


def test_the_event_with_the_empty_name_is_an_event(engine: DuckDB, warehouse: Warehouse) -> None:
    for table in ("event_registry", "event_properties", "schema_changes", "schema_violations"):
        own = {} if table == "event_registry" else {"property": "p"}
        add(engine, table, *({"event_name": name, **own} for name in ("", "A")))
    found = details(warehouse, "")
    assert found.event["event_name"] == ""
    assert [len(each) for each in (found.properties, found.changes, found.violations)] == [1, 1, 1]


@pytest.mark.parametrize("name", ["Purchaze", "", "a", "/"])
def test_an_unknown_event_is_not_found(engine: DuckDB, warehouse: Warehouse, name: str) -> None:
    add(engine, "event_registry", {"event_name": "A"})
    with pytest.raises(NotFoundError, match=r"no event.*/events"):
        details(warehouse, name)


def test_times_are_utc_and_json_is_decoded(engine: DuckDB, warehouse: Warehouse) -> None:
    add(engine, "event_registry", {"event_name": "A"})
    add(engine, "event_properties", {"event_name": "A", "property": "p", "top_values": [{"value": "x", "events": 2}]})
    found = details(warehouse, "A")
    assert found.event["first_seen"] == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert found.properties[0]["types"] == {"string": 10}
    assert found.properties[0]["top_values"] == [{"value": "x", "events": 2}]


# Redaction


def test_names_and_values_that_look_personal_are_hidden(engine: DuckDB, warehouse: Warehouse) -> None:
    name = f"Mail to {ANN}"
    add(engine, "event_registry", {"event_name": name, "similar_to": ANN, "owner": ANN, "description": ANN})
    add(
        engine,
        "event_properties",
        {"event_name": name, "property": "note", "top_values": [{"value": f"ask {ANN}", "events": 2}]},
        {"event_name": name, "property": ANN, "description": ANN},
        {"event_name": name, "property": "$phone", "least": 4915112345678.0, "greatest": 4915112345679.0},
        {"event_name": name, "property": "card", "path": f"['{ANN}']"},
        {"event_name": name, "property": "user", "path": ".first_name", "top_values": [{"value": "Ann", "events": 1}]},
        {"event_name": name, "property": "email", "path": "[*].kind", "top_values": [{"value": "Ann", "events": 1}]},
    )
    add(
        engine,
        "schema_changes",
        {"event_name": name, "property": ANN, "path": f".{ANN}", "before": ANN, "after": ANN, "evidence": EVIDENCE},
    )
    add(
        engine,
        "schema_violations",
        {"event_name": name, "property": ANN, "expected": ANN, "versions": {"mp_lib": {ANN: 1, "4.1.0.2": 2}}},
    )
    add(engine, "property_dictionary", {"property": ANN, "event_names": [name], "conflicts": [name], "similar_to": ANN})
    add(engine, "event_properties", {"event_name": name, "property": ANN, "path": ".x", "status": "unstable"})
    found = details(warehouse, name)
    pages = [read(warehouse, limit=1) for read in (events, properties, changes, violations)]
    assert ANN not in json.dumps([found.properties, found.changes, found.violations], default=str)
    assert "Ann" not in json.dumps(found.properties, default=str)
    assert "@" not in "".join(map(str, [found, *pages]))
    assert "49151" not in str(found)
    assert found.violations[0]["versions"] == {"mp_lib": {REDACTED: 1, "4.1.0.2": 2}}


def test_evidence_keeps_versions_and_ids_of_events(engine: DuckDB, warehouse: Warehouse) -> None:
    add(engine, "schema_changes", {"event_name": "A", "property": "p", "evidence": EVIDENCE})
    (change,) = changes(warehouse).items
    assert change["evidence"] == EVIDENCE | {
        "versions": {"$app_version_string": {"4.1.0.2": {"good": 1, "bad": 2}, REDACTED: {"good": 3, "bad": 0}}},
        "note": REDACTED,
    }


def test_what_the_events_configuration_hides_is_hidden_too(engine: DuckDB, warehouse: Warehouse) -> None:
    add(engine, "event_registry", {"event_name": "A"}, {"event_name": "Pay DE12"})
    top = [{"value": "gold", "events": 2}]
    add(
        engine,
        "event_properties",
        {"event_name": "A", "property": "tier", "top_values": top},
        {"event_name": "A", "property": "plan", "path": ".tier", "top_values": top},
        {"event_name": "A", "property": "iban", "top_values": [{"value": "DE99", "events": 1}]},
    )
    redactor = Redactor(["tier"], ["DE[0-9]{2}"])
    found = reading.event(warehouse, reading.EventRequest(name="A"), redactor)
    assert {each["top_values"][0]["value"] for each in found.properties} == {REDACTED}
    first = reading.events(warehouse, reading.EventsRequest(limit=1), redactor)
    second = reading.events(warehouse, reading.EventsRequest(limit=1, after=first.next), redactor)
    assert names([*first.items, *second.items]) == ["A", f"Pay {REDACTED}"]


# Reading writes nothing


def test_reading_makes_no_table(engine: DuckDB) -> None:
    warehouse = engine.open(create_tables=False)
    with pytest.raises(TableNotFoundError):
        events(warehouse)
    warehouse.close()
    assert not engine.path.exists()
