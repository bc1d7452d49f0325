"""The events to judge, a batch at a time: their properties, and the changes of these."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.choices import PropertyStatus
from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.evidence import Subject
from mixpanel_data.registry.judging.properties import judge_history
from mixpanel_data.registry.judging.reading import candidates
from mixpanel_data.registry.judging.shapes import Change
from mixpanel_data.registry.publishing import changes
from mixpanel_data.registry.publishing.judgement import ALL_DAYS, Judging
from mixpanel_data.registry.publishing.planned import PlanNotes
from mixpanel_data.registry.publishing.statements import (
    BATCH_NAMES,
    BATCH_PROPERTIES,
    COUNT_NEW_PROPERTIES,
    FRESH_PROPERTIES,
    GIVEN_PROPERTIES,
    PROPERTY_CHANGES,
    PUBLISH_BATCH,
    RECENT_VALUES,
    STANDING_CHANGES,
    UNJUDGED_NAMES,
)
from mixpanel_data.warehouse.base import Staging
from mixpanel_data.warehouse.json_rows import json_row

log = logging.getLogger(__name__)

# A batch has at least one name, and otherwise no more observations or properties than these.
OBSERVATIONS_PER_PART = 200_000
# Each of them brings up to 20 values, which are merged in memory.
PROPERTIES_PER_PART = 50_000


@dataclass(frozen=True, slots=True)
class UnjudgedName:
    """An event to judge, with about how many observations; `a_day` is how many there are on one of its days."""

    event_name: str
    observations: int
    a_day: int


def unjudged(registry_run: RegistryRun, judging: Judging) -> list[UnjudgedName]:
    """The events to judge, in order of their names."""
    rows = registry_run.warehouse.rows(UNJUDGED_NAMES, at=judging.at)
    return [
        UnjudgedName(row["event_name"], row["a_day"] * judging.days.number_of(row["event_name"]), row["a_day"])
        for row in rows
    ]


def batches(names: Iterable[UnjudgedName]) -> Iterator[list[str]]:
    """The names in batches."""
    batch: list[str] = []
    observations = properties = 0
    for name in names:
        observations, properties = observations + name.observations, properties + name.a_day
        if batch and (observations > OBSERVATIONS_PER_PART or properties > PROPERTIES_PER_PART):
            yield batch
            batch, observations, properties = [], name.observations, name.a_day
        batch.append(name.event_name)
    if batch:
        yield batch


def judge_batch(registry_run: RegistryRun, names: Sequence[str], judging: Judging) -> Mapping[str, int]:
    """Judge the properties of these events, and publish them as one part.

    Returns the part's figures. Needs to be the only run at work; raises what the warehouse raises.
    """
    run = registry_run.run
    with closing(registry_run.warehouse.staging(run.run_id, run.parts + 1)) as staging:
        staging.materialise(BATCH_NAMES, names=list(names))
        _stage(registry_run, staging, names, judging)
        (new,) = staging.rows(COUNT_NEW_PROPERTIES)
        effects = changes.count(staging)
        figures = {**effects.figures, **new}
        statements = [*PUBLISH_BATCH, *effects.statements]
        runs.publish(run, statements, window=run.window, figures=figures, staging=staging)
    return figures


def _stage(registry_run: RegistryRun, staging: Staging, names: Sequence[str], judging: Judging) -> None:
    """Stage the properties of the events and what becomes of their changes, each against what is stored."""
    notes = PlanNotes(registry_run.plan)
    properties, found = _judged(registry_run, names, judging, notes)
    bounds: dict[str, Any] = {"first_name": names[0], "last_name": names[-1], "at": judging.at}
    staging.materialise(BATCH_PROPERTIES, **bounds)
    staging.materialise(RECENT_VALUES, **bounds)
    staging.materialise(FRESH_PROPERTIES, **bounds)
    staging.materialise(GIVEN_PROPERTIES, properties=properties)
    staging.materialise(PROPERTY_CHANGES)
    standing = staging.rows(STANDING_CHANGES, all_days=ALL_DAYS)
    changes.stage(
        staging,
        found,
        settled=[row["change_id"] for row in standing if not row["is_touched"]],
        # The events themselves are judged when all batches are: by then nothing says any more which days changed.
        renewed=[Subject.of_row(row) for row in standing if row["is_touched"] and row["property"] is None],
        at=judging.at,
        version_properties=notes.version_properties,
        is_of_events=False,
    )


def _judged(
    registry_run: RegistryRun, names: Sequence[str], judging: Judging, notes: PlanNotes
) -> tuple[list[str], list[Change]]:
    """What Python knows of the properties, a JSON text each, and their changes."""
    known: dict[tuple[str, str, str], dict[str, Any]] = {}
    for name in names:
        for note in notes.properties(name):
            status = PropertyStatus.DEPRECATED if note.is_deprecated else None
            known[name, note.property_name, ""] = {"status": status, "description": note.description}
    found: list[Change] = []
    for history in candidates(registry_run.warehouse, names, judging.at, judging.days):
        place = (history.event_name, history.property, history.path)
        status, of_property = judge_history(history, judging.at)
        found += of_property
        if status is not PropertyStatus.ACTIVE:
            of_plan = known.setdefault(place, {"status": None, "description": None})
            of_plan["status"] = of_plan["status"] or status
    return [_row(place, notes_of) for place, notes_of in known.items()], found


def _row(place: tuple[str, str, str], known: Mapping[str, Any]) -> str:
    event_name, property_name, path = place
    return json_row({"event_name": event_name, "property": property_name, "path": path, **known})
