"""The verdicts over a world of drift, held to what was put in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mixpanel_data.base.choices import ChangeKind
from mixpanel_data.registry.judging.events import Planned, judge_event
from mixpanel_data.registry.judging.properties import judge_property
from mixpanel_data.registry.judging.shapes import Change
from mixpanel_data.registry.judging.typos import PropertySet, names_in, pairs, resemblances
from support.drift_world import AT, START, Drift, World


@dataclass(frozen=True)
class Verdicts:
    """What was found: drifts on another day or not at all, changes that nobody put in, and how many were judged."""

    drifts: int
    missed: Sequence[Drift]
    others: Sequence[Change]
    properties: int


def verdicts(world: World, at: date = AT) -> Verdicts:
    """Hold the changes up to a day to the drifts."""
    found = [*changes_of_events(world, at), *changes_of_properties(world, at)]
    expected = {_key(drift.begins, drift.kind, drift.event_name, drift.property): drift for drift in world.drifts}
    keys = {_key(change.day, change.kind, change.event_name, change.property): change for change in found}
    missed = [drift for key, drift in expected.items() if key not in keys]
    others = [change for key, change in keys.items() if key not in expected and not _follows(change, world.drifts)]
    return Verdicts(len(expected), missed, others, sum(len(world.keys(name)) for name in world.events))


def changes_of_events(world: World, at: date) -> list[Change]:
    every = {name: [day for day in world.event_days(name) if day.day <= at] for name in world.events}
    histories = {name: days for name, days in every.items() if days}
    similar = pairs(histories)
    sets = {name: _property_set(world, name) for name in names_in(similar)}
    resembling = resemblances(histories, similar, sets)
    found = []
    for name, days in histories.items():
        resemblance = resembling.get(name)
        found += judge_event(name, days, at, history=START, planned=Planned(), resemblance=resemblance)[1]
    return found


def changes_of_properties(world: World, at: date) -> list[Change]:
    return [
        change
        for name in world.events
        for key in sorted(world.keys(name))
        for change in judge_property(name, key, "", world.property_days(name, key), at)[1]
    ]


def _property_set(world: World, name: str) -> PropertySet:
    events = sum(day.events for day in world.event_days(name))
    days = {key: world.property_days(name, key) for key in world.keys(name)}
    return PropertySet.of({key: sum(sum(d.types.values()) for d in of_key) / events for key, of_key in days.items()})


def _key(day: date, kind: str, name: str, key: str | None) -> tuple[date, str, str, str | None]:
    return day, str(kind), name, key


def _follows(change: Change, drifts: Sequence[Drift]) -> bool:
    """Whether a change follows from one that was put in: what is lost is dormant in the end, a typo is a new event."""
    reasons = {ChangeKind.BECAME_DORMANT: "became_sparse", ChangeKind.NEW_EVENT: "likely_typo"}
    return any(
        drift.kind == reasons.get(change.kind)
        and (drift.event_name, drift.property) == (change.event_name, change.property)
        for drift in drifts
    )
