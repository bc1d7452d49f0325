"""Observing: what the events of a day and a name hold, counted again whole once any of them changed."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.registry import validating
from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.context.units import SAMPLE, Units
from mixpanel_data.registry.observing.parts import WIDEST, due, next_part, pending
from mixpanel_data.registry.observing.statements import (
    COUNT_CHANGES,
    DELETE_OBSERVATIONS,
    DELETE_PENDING,
    FRESH_OBSERVATIONS,
    INSERT_OBSERVATIONS,
    INSERT_UNJUDGED,
    MEMBER_COUNTS,
    NESTED_COUNTS,
    OBSERVATION_CHANGES,
    PART_UNITS,
    REOPEN_JUDGEMENT,
)
from mixpanel_data.warehouse.base import Staging
from mixpanel_data.warehouse.statements import Statement

__all__ = ["FIGURES", "observe", "pending"]

log = logging.getLogger(__name__)

FIGURES = ("units", "observed", "changed_observations")
"""The figures of each part: days of a name, their events, and rows of event_observations that changed."""

_MOST = {"most_properties": 500, "most_paths": 500, "most_values": 20, "sample": SAMPLE}


def observe(registry_run: RegistryRun) -> Mapping[str, int]:
    """Observe the units that are due, part by part; returns the figures of all parts.

    Needs to be the only run at work. Raises DeadlineError between two parts: the units that are left stay marked.
    """
    figures, width = dict.fromkeys(FIGURES, 0), WIDEST
    is_billed = registry_run.warehouse.is_billed
    is_all = False
    while not is_all:
        found = due(registry_run)
        is_all, done = found.is_all, 0
        while done < len(found.units):
            units = next_part(found, done, width, is_billed=is_billed)
            registry_run.deadline.check(f"all events were observed (the next are of {units.of_part[0].day})")
            of_part, width = _observe(registry_run, units)
            done += len(units.of_part)
            figures = {name: figures[name] + of_part[name] for name in FIGURES}
            _log(units)
    return figures


def _log(units: Units) -> None:
    first, last = units.of_part[0].day, units.of_part[-1].day
    log.info(
        "observed %s units from %s to %s", f"{len(units.of_part):,}", first, last, extra={"received": units.events}
    )


def _observe(registry_run: RegistryRun, units: Units) -> tuple[Mapping[str, int], float]:
    """Observe a part; returns its figures, and how many properties its events have on average."""
    run = registry_run.run
    with closing(registry_run.warehouse.staging(run.run_id, run.parts + 1)) as staging:
        _stage(staging, units)
        publish_violations = validating.stage(registry_run, staging, units)
        (counts,) = staging.rows(COUNT_CHANGES)
        figures = {
            "units": len(units.of_part),
            "observed": units.events,
            "changed_observations": max(counts["deleted"], counts["inserted"]),
        }
        runs.publish(
            run,
            [*_changes(counts), *publish_violations, DELETE_PENDING],
            window=Window(units.from_time, units.to_time),
            figures=figures,
            staging=staging,
            **units.parameters(),
        )
    return figures, max(1.0, counts["members"] / counts["sampled"]) if counts["sampled"] else WIDEST


def _stage(staging: Staging, units: Units) -> None:
    given = {**units.parameters(), **_MOST}
    staging.materialise(PART_UNITS, **given)
    staging.materialise(MEMBER_COUNTS, **given)
    staging.materialise(NESTED_COUNTS)
    staging.materialise(FRESH_OBSERVATIONS, **given)
    staging.materialise(OBSERVATION_CHANGES, **given)


def _changes(changed: Mapping[str, int]) -> Sequence[Statement]:
    """The statements that change anything: on BigQuery, others would conflict with those that do."""
    rows = (
        (DELETE_OBSERVATIONS, changed["deleted"]),
        (INSERT_OBSERVATIONS, changed["inserted"]),
        (INSERT_UNJUDGED, changed["unmarked"]),
        (REOPEN_JUDGEMENT, changed["judged"]),
    )
    return [statement for statement, count in rows if count]
