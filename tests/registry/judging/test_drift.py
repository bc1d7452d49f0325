"""Drift is found on its day, and little else: over worlds of 60 days in which one knows what changed."""

from datetime import timedelta

import pytest

from mixpanel_data.registry.judging.versions import Counts, first_bad
from support.drift_verdicts import changes_of_properties, verdicts
from support.drift_world import AT, DAYS, VERSION_PROPERTY, World, drifting_world, kind_of


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_drift_is_found_on_its_day_and_at_most_one_other_change_per_100_properties(seed: int) -> None:
    found = verdicts(drifting_world(seed))
    assert not found.missed
    assert 100 * len(found.others) <= found.properties, found.others


def test_a_change_stays_as_it_was_found_while_days_pass() -> None:
    world = drifting_world(4)
    before: set[str] = set()
    for back in (30, 20, 10, 5, 0):
        changes = {change.change_id for change in changes_of_properties(world, AT - timedelta(days=back))}
        assert before <= changes
        before = changes
    assert before


def test_the_version_that_brought_a_drift_is_found() -> None:
    world = drifting_world(5)
    brought = [drift for drift in world.drifts if drift.first_bad]
    assert brought
    for drift in brought:
        assert first_bad(_versions(world, drift.event_name, str(drift.property), drift.day)) == drift.first_bad


def test_no_version_brought_what_all_have() -> None:
    world = drifting_world(6)
    (price,) = [drift for drift in world.drifts if drift.property == "price"]
    assert first_bad(_versions(world, "Purchase", "price", price.day)) is None


def _versions(world: World, name: str, key: str, day: int) -> dict[str, Counts]:
    """Events of three days by version; bad are those without the type that the property had on the first day."""
    events = world.events[name]
    usual = kind_of(next(event[key] for event in events[0] if key in event))
    usual = {"integer": "number"}.get(usual, usual)
    counts: dict[str, Counts] = {}
    for event in (event for number in range(day, min(day + 3, DAYS)) for event in events[number]):
        kind = kind_of(event[key]).replace("integer", "number") if key in event else ""
        known = counts.get(event[VERSION_PROPERTY], Counts(0, 0))
        is_bad = kind != usual
        counts[event[VERSION_PROPERTY]] = Counts(known.good + (not is_bad), known.bad + is_bad)
    return counts
