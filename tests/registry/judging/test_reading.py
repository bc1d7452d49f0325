"""The observations as the verdicts take them: what SQL leaves out would have had nothing to say."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from mixpanel_data.base.choices import PropertyStatus
from mixpanel_data.registry.judging.event_days import event_days
from mixpanel_data.registry.judging.properties import judge_history, judge_property
from mixpanel_data.registry.judging.reading import candidates, property_sets
from mixpanel_data.registry.judging.shapes import Change
from mixpanel_data.registry.judging.typos import PropertySet
from mixpanel_data.warehouse.base import OpenWarehouse
from support.drift_world import AT, START, World, drifting_world
from support.observed_rows import observed, rows_of, store

Verdict = tuple[str, list[str]]


def of_candidates(warehouse: OpenWarehouse, names: Iterable[str], at: date) -> dict[tuple[str, str, str], Verdict]:
    found = {}
    for history in candidates(warehouse, sorted(names), at, event_days(warehouse)):
        place = history.event_name, history.property, history.path
        found[place] = _verdict(*judge_history(history, at))
    return {place: verdict for place, verdict in found.items() if verdict != ("active", [])}


def of_all(world: World, at: date) -> dict[tuple[str, str, str], Verdict]:
    found = {}
    for name in world.events:
        for key in world.keys(name):
            days = [day for day in world.property_days(name, key) if day.day <= at]
            if any(day.types for day in days):
                found[name, key, ""] = _verdict(*judge_property(name, key, "", days, at))
    return {place: verdict for place, verdict in found.items() if verdict != ("active", [])}


def _verdict(status: PropertyStatus, changes: list[Change]) -> Verdict:
    return str(status), sorted(change.change_id for change in changes)


@pytest.mark.sequences
def test_the_candidates_have_all_changes_and_statuses(warehouse: OpenWarehouse) -> None:
    world = drifting_world(7)
    store(warehouse, rows_of(world))
    for back in (30, 14, 5, 1, 0):
        at = AT - timedelta(days=back)
        found = of_candidates(warehouse, world.events, at)
        assert {place: verdict for place, verdict in found.items() if not place[2]} == of_all(world, at)


def test_most_properties_of_a_quiet_event_are_no_candidates(warehouse: OpenWarehouse) -> None:
    event = {"$os": "iOS", "plan": "free", "seats": 3, "price": 2.5, "tags": ["a"], "address": {"city": "Rom"}}
    store(warehouse, _days("Purchase", [event] * 50, 90))
    assert not list(candidates(warehouse, ["Purchase"], START + timedelta(days=89), event_days(warehouse)))


def test_what_changed_below_a_property_is_found_at_its_path(warehouse: OpenWarehouse) -> None:
    before = {"items": [{"sku": "a"}, {"sku": "b"}], "address": {"zip": "00100", "city": "Rom"}}
    after = {"items": [{"sku": 1}, {"sku": 2}], "address": {"city": "Rom"}}
    store(warehouse, [*_days("Purchase", [before] * 50, 20), *_days("Purchase", [after] * 50, 20, first=20)])
    assert _changes(warehouse, 39) == {
        ("items", "[*].sku", "type_changed", 20, "string", "integer"),
        ("address", ".zip", "became_sparse", 20, "always", "never"),
    }


def test_of_a_property_that_is_lost_the_parts_are_not_told_too(warehouse: OpenWarehouse) -> None:
    before: Mapping[str, Any] = {"plan": "free", "address": {"zip": "00100", "city": "Rom"}}
    store(warehouse, [*_days("Purchase", [before] * 50, 20), *_days("Purchase", [{"plan": "free"}] * 50, 20, first=20)])
    assert _changes(warehouse, 39) == {("address", "", "became_sparse", 20, "always", "never")}


def test_a_property_that_may_go_unlisted_is_not_missed(warehouse: OpenWarehouse) -> None:
    listed = list(_days("Purchase", [{"plan": "free", "seats": 3}] * 50, 20))
    crowded = list(_days("Purchase", [{"plan": "free"}] * 50, 20, first=20))
    others = [{**row, "type": "others", "distinct_values": 700} for row in crowded if row["property"] is None]
    store(warehouse, [*listed, *crowded, *others])
    assert _changes(warehouse, 39) == set()


def test_events_and_their_properties_are_read_up_to_a_day(warehouse: OpenWarehouse) -> None:
    purchases = [{"plan": "free", "$os": "iOS"}, {"plan": "pro", "$os": "iOS", "code": "x"}, {"plan": "pro"}]
    store(warehouse, [*_days("Purchase", purchases, 10), *_days("Visit", [{}], 3, first=5)])
    histories = event_days(warehouse).histories(START + timedelta(days=6))
    assert {name: [each.events for each in days] for name, days in histories.items()} == {
        "Purchase": [3] * 7,
        "Visit": [1] * 2,
    }
    sets = property_sets(warehouse, ["Purchase", "Visit"], START)
    assert sets == {
        "Purchase": PropertySet(frozenset(["plan", "code"]), frozenset(["plan"])),
        "Visit": PropertySet(frozenset(), frozenset()),
    }


@pytest.mark.parametrize("name", ["", "Käufe 🛒", "it's", 'quo"te', "a.b"])
def test_any_name_is_read(warehouse: OpenWarehouse, name: str) -> None:
    before, after = [{name: "x"}] * 50, [{name: 1}] * 50
    store(warehouse, [*_days(name, before, 20), *_days(name, after, 20, first=20)])
    (history,) = candidates(warehouse, [name, "unknown"], START + timedelta(days=39), event_days(warehouse))
    assert (history.event_name, history.property, len(history.days)) == (name, name, 40)


def _days(name: str, events: Sequence[Mapping[str, Any]], number: int, *, first: int = 0) -> Iterable[dict[str, Any]]:
    for day in range(first, first + number):
        yield from observed(name, START + timedelta(days=day), events)


def _changes(warehouse: OpenWarehouse, at: int) -> set[tuple[str, str, str, int, str, str]]:
    end = START + timedelta(days=at)
    return {
        (change.property or "", change.path, change.kind, (change.day - START).days, change.before, change.after)
        for history in candidates(warehouse, ["Purchase"], end, event_days(warehouse))
        for change in judge_history(history, end)[1]
    }
