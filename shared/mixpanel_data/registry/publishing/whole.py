"""What concerns all events at once: the events themselves, their changes, and the dictionary of properties."""

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date
from typing import Any

from mixpanel_data import runs
from mixpanel_data.registry import notices
from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.judging import typos
from mixpanel_data.registry.judging.event_days import EventLife
from mixpanel_data.registry.judging.events import judge_event
from mixpanel_data.registry.judging.own_keys import PATTERN
from mixpanel_data.registry.judging.reading import property_sets
from mixpanel_data.registry.judging.shapes import Change, EventJudgement
from mixpanel_data.registry.judging.typos import Histories, Resemblance
from mixpanel_data.registry.notices.planning import Reader
from mixpanel_data.registry.publishing import changes
from mixpanel_data.registry.publishing.judgement import Judging
from mixpanel_data.registry.publishing.planned import PlanNotes
from mixpanel_data.registry.publishing.statements import (
    BATCH_NAMES,
    COUNT_NEW_EVENTS,
    DICTIONARY_CHANGES,
    EVENT_CHANGES,
    GIVEN_EVENTS,
    PUBLISH_EVENTS,
    STANDING_EVENT_CHANGES,
)
from mixpanel_data.warehouse.base import Staging, Warehouse
from mixpanel_data.warehouse.json_rows import json_row


def judge_whole(registry_run: RegistryRun, judging: Judging) -> Mapping[str, int]:
    """Judge all events, once their properties are judged, and publish them as the last part; returns its figures.

    The part also publishes the notice of breaking changes that nobody has heard of. Needs to be the only run at work;
    raises what the warehouse raises.
    """
    run, options = registry_run.run, registry_run.options
    with closing(registry_run.warehouse.staging(run.run_id, run.parts + 1)) as staging:
        _stage(registry_run, staging, judging)
        (new,) = staging.rows(COUNT_NEW_EVENTS)
        effects = changes.count(staging)
        figures = {**effects.figures, **new}
        reader = Reader(options.channel, registry_run.plan, options.redactor)
        newest = judging.days.newest(run.started_at.astimezone(UTC).date()) or judging.at
        notice = notices.planned(staging, reader, at=judging.at, newest_day=newest, now=run.started_at)
        given: Mapping[str, Any] = notices.parameters(notice)
        runs.publish(
            run,
            [*PUBLISH_EVENTS, *effects.statements, *notices.statements(notice)],
            window=run.window,
            figures=figures,
            staging=staging,
            **given,
        )
    return figures


def _stage(registry_run: RegistryRun, staging: Staging, judging: Judging) -> None:
    """Stage the events, the dictionary and what becomes of the events' changes, each against what is stored."""
    notes = PlanNotes(registry_run.plan)
    judgements, found = _judged(registry_run.warehouse, judging, notes)
    staging.materialise(BATCH_NAMES, names=[])
    staging.materialise(
        GIVEN_EVENTS, events=[_row(each, judging.days.life(each.event_name, judging.at), notes) for each in judgements]
    )
    staging.materialise(EVENT_CHANGES)
    staging.materialise(DICTIONARY_CHANGES, context_properties=notes.context_properties, mixpanels_keys=PATTERN)
    changes.stage(
        staging,
        found,
        settled=[row["change_id"] for row in staging.rows(STANDING_EVENT_CHANGES)],
        at=judging.at,
        version_properties=notes.version_properties,
        is_of_events=True,
    )


def _judged(warehouse: Warehouse, judging: Judging, notes: PlanNotes) -> tuple[list[EventJudgement], list[Change]]:
    at, histories = judging.at, judging.days.histories(judging.at)
    history = min((days[0].day for days in histories.values()), default=at)
    resembling = _resemblances(warehouse, histories, at)
    judgements: list[EventJudgement] = []
    found: list[Change] = []
    for name, days in histories.items():
        judged, of_event = judge_event(
            name, days, at, history=history, planned=notes.planned(name), resemblance=resembling.get(name)
        )
        judgements.append(judged)
        found += of_event
    return judgements, found


def _resemblances(warehouse: Warehouse, histories: Histories, at: date) -> Mapping[str, Resemblance]:
    pairs = typos.pairs(histories)
    if not pairs:
        return {}
    return typos.resemblances(histories, pairs, property_sets(warehouse, typos.names_in(pairs), at))


def _row(judged: EventJudgement, life: EventLife, notes: PlanNotes) -> str:
    return json_row(
        {
            "event_name": judged.event_name,
            "status": judged.status,
            "base_name": judged.base_name,
            "version": judged.version,
            "similar_to": judged.similar_to,
            "description": notes.description(judged.event_name),
            "owner": notes.owner(judged.event_name),
            "first_seen": life.first_seen.isoformat(),
            "last_seen": life.last_seen.isoformat(),
            "events": str(life.events),
            "days": str(life.days),
        }
    )
