"""What the registry's lists find comes out the same on both engines, where invented rows would seldom meet it."""

import json
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest

from mixpanel_data.configuration.tracking_plan.formats import FORMATS
from mixpanel_data.registry.inspecting.statements import UNMATCHED
from mixpanel_data.registry.reading.statements import EVENT_BY_HASH, PROPERTY_BY_HASH, VIOLATIONS
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES
from sql.same import outcome
from sql.zetasql_engine import Row, Rows

SEEN = datetime(2024, 3, 1, 10, tzinfo=UTC)
NAMES = ["", "/home", "Purchase", "Ünïcode 🎉", 'it\'s "quoted"\n']
ALL: dict[str, Any] = {
    "first_day": date(1, 1, 1),
    "end_day": date(9999, 12, 31),
    "event_names": [],
    "property_names": [],
    "rules": [],
    "is_first": True,
    "after_day": date(1, 1, 1),
    "after_events": 0,
    "after": "",
    "most": 10,
}


def same_rows(statement: Statement, rows: Rows, **parameters: Any) -> list[Row]:
    """The rows, after they were found to be the same on both engines, in the same order."""
    both = outcome(statement, rows, parameters)
    assert not (differences := both.differences()), "\n".join(differences)
    return both.google


def violation(day: date, event_name: str, events: int, **given: Any) -> dict[str, Any]:
    return {
        "day": day,
        "event_name": event_name,
        "property": "p",
        "path": "",
        "rule": "type",
        "expected": "number",
        "events": events,
        "is_sampled": False,
        "first_seen": SEEN,
        "last_seen": SEEN,
        "examples": ["e1"],
        "versions": "{}",
        **given,
    }


STORED = {
    "schema_violations": [
        violation(date(2024, 3, 1), "A", 3),
        violation(date(2024, 3, 1), "A", 3, property=None, rule="blocked", expected=None),
        violation(date(2024, 3, 1), "A", 3, property="", rule="blocked", expected=None),
        violation(date(2024, 3, 1), "B", 30, path=".x"),
        violation(date(2024, 3, 2), "A", 1, rule="enum"),
    ]
}


def test_violations_come_in_the_same_order_with_the_same_ids() -> None:
    found = same_rows(VIOLATIONS, STORED, **ALL)
    assert [row["events"] for row in found] == [1, 30, 3, 3, 3]
    assert len({row["violation_id"] for row in found}) == 5


@pytest.mark.parametrize("place", range(5))
def test_violations_go_on_behind_any_of_them(place: int) -> None:
    found = same_rows(VIOLATIONS, STORED, **ALL)
    last = found[place]
    behind = {"after_day": last["day"], "after_events": last["events"], "after": last["violation_id"]}
    assert same_rows(VIOLATIONS, STORED, **{**ALL, **behind, "is_first": False}) == found[place + 1 :]


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"event_names": ["B", "C"]}, 1),
        ({"property_names": [""]}, 1),
        ({"rules": ["enum", "blocked"]}, 3),
        ({"first_day": date(2024, 3, 2)}, 1),
        ({"end_day": date(2024, 3, 2)}, 4),
    ],
)
def test_violations_are_filtered_alike(given: dict[str, Any], count: int) -> None:
    assert len(same_rows(VIOLATIONS, STORED, **{**ALL, **given})) == count


def whole(table: str, **given: Any) -> dict[str, Any]:
    """A row of which only these columns matter."""
    empty: dict[str, Any] = {column.name: [] if column.is_array else None for column in TABLES[table].columns}
    return {**empty, **given}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_found_by_its_hash(name: str) -> None:
    of_events = {"event_registry": [whole("event_registry", event_name=each) for each in NAMES]}
    of_properties = {"property_dictionary": [whole("property_dictionary", property=each) for each in NAMES]}
    name_hash = sha256(name.encode()).hexdigest()
    assert same_rows(EVENT_BY_HASH, of_events, name_hash=name_hash) == [{"name": name}]
    assert same_rows(PROPERTY_BY_HASH, of_properties, name_hash=name_hash) == [{"name": name}]


def test_patterns_find_no_match_in_the_same_texts() -> None:
    pairs = [
        ("snake_case", r"\A[a-z_]+\z"),
        ("snake_case\n", r"\A[a-z_]+\z"),
        ("É", "[[:upper:]]"),
        ("É", r"\p{Lu}"),
        ("ab", "^b"),
        ("ab", "b$"),
        *((text, pattern) for text in ("2024-02-29", "2023-02-29", "x@y") for pattern in FORMATS.values()),
    ]
    given = [
        json.dumps({"number": number, "text": text, "pattern": pattern}) for number, (text, pattern) in enumerate(pairs)
    ]
    found = [row["number"] for row in same_rows(UNMATCHED, {}, given=given)]
    assert found[:3] == [1, 2, 4]
    assert len(found) == 3 + 3 * len(FORMATS) - 2
