"""What random events break of random plans is the same to both engines, statement by statement."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest

from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.registry.context.version_parameters import version_parameters
from mixpanel_data.registry.validating import statements
from mixpanel_data.registry.validating.violations import plan_parameters
from mixpanel_data.warehouse.statements import Statement
from registry.planned_traffic import some_events, some_plan
from registry.registry_truth import json_type
from sql.same import outcome
from sql.zetasql_engine import Row
from support.published_events import PublishedEvent

_TIMES = {"from_time": datetime(2040, 3, 1, tzinfo=UTC), "to_time": datetime(2040, 3, 3, tzinfo=UTC)}
_EMPTY_COUNTS = dict.fromkeys(
    (
        *("type", "events", "sampled", "first_seen", "last_seen", "least", "greatest"),
        *("distinct_values", "top_values", "documents"),
    )
)


@pytest.mark.parametrize("seed", range(6))
def test_both_engines_find_the_same_violations(seed: int) -> None:
    random = Random(seed)
    plan = parsed(TrackingPlan, json.dumps(some_plan(random)), "TRACKING_PLAN")
    events = some_events(random, 80, days=2)
    tables = _tables(events)
    parameters = {
        **_TIMES,
        **plan_parameters(plan, {event.name for event in events}),
        **version_parameters(plan.version_properties),
    }
    tables["suspected_rules"] = _same(statements.SUSPECTED_RULES, tables, parameters)
    for counting, _ in statements.BROKEN_BY.values():
        tables[str(counting.creates)] = _same(counting, tables, parameters)
    tables["broken_rules"] = _same(statements.BROKEN_RULES, tables, parameters)
    assert len(_same(statements.FRESH_VIOLATIONS, tables, parameters)) > 10


def _same(statement: Statement, tables: Mapping[str, Sequence[Row]], parameters: Mapping[str, Any]) -> list[Row]:
    both = outcome(statement, tables, parameters)
    assert not (differences := both.differences()), f"{statement}:\n" + "\n".join(differences)
    return both.google


def _tables(events: Sequence[PublishedEvent]) -> dict[str, Sequence[Row]]:
    units = sorted({(event.happened_at.date(), event.name) for event in events})
    counts = [
        _counted(number, [event.properties for event in events if (event.happened_at.date(), event.name) == unit])
        for number, unit in enumerate(units, 1)
    ]
    return {
        "part_units": [
            # Half of the units are sampled.
            {"unit": number, "day": day, "event_name": name, "sample_bound": "8" if number % 2 else None}
            for number, (day, name) in enumerate(units, 1)
        ],
        "mixpanel_events": [_event(event) for event in events],
        "fresh_observations": [row for unit in units for row in _observed(*unit, events)],
        "member_counts": [row for rows in counts for row in rows],
    }


def _observed(day: date, name: str, events: Iterable[PublishedEvent]) -> Iterable[Row]:
    """What is kept of the observations: on the second day not all properties."""
    for row in _observations(day, name, events):
        if day.day == 1 or row["property"] not in ("camelCase", "amount"):
            yield row
        elif row["type"] == "string":
            yield {**row, "property": None, "type": "others"}


def _counted(unit: int, properties: Iterable[Mapping[str, Any]]) -> Iterable[Row]:
    """A row for each property of a unit, as the counts have it."""
    keys = sorted({key for each in properties for key in each})
    return [{**_EMPTY_COUNTS, "unit": unit, "property": key} for key in keys]


def _event(event: PublishedEvent) -> Row:
    return {
        "event_timestamp": event.happened_at,
        "inserted_at": event.happened_at,
        "event_name": event.name,
        "properties": json.dumps(event.properties),
        "distinct_id": event.person,
        "event_id": event.event_id,
        "mp_processing_time_ms": None,
        "read_at": None,
        "contents_fingerprint": None,
        "event_key": None,
    }


def _observations(day: object, name: str, events: Iterable[PublishedEvent]) -> Iterable[Row]:
    """What concerns properties themselves, and the row of the event."""
    own = [event for event in events if (event.happened_at.date(), event.name) == (day, name)]
    found: dict[tuple[str | None, str], list[object]] = defaultdict(list)
    found[None, "event"] = list(own)
    for event in own:
        for key, value in event.properties.items():
            found[key, json_type(value)].append(value)
    for (property_name, type_), values in found.items():
        numbers = [float(value) for value in values if type_ in ("integer", "number")]  # type: ignore[arg-type]
        lengths = [len(value) for value in values if isinstance(value, str)]
        yield {
            "day": day,
            "event_name": name,
            "property": property_name,
            "path": "",
            "type": type_,
            "events": len(values),
            "first_seen": own[0].happened_at,
            "last_seen": own[0].happened_at,
            "min_length": min(lengths, default=None),
            "max_length": max(lengths, default=None),
            "least": min(numbers, default=None),
            "greatest": max(numbers, default=None),
            "sampled": 0,
            "distinct_values": None,
            "top_values": None,
        }
