"""Observing: what the events of a day and a name hold, counted again whole once any of them changed."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.registry import validating
from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.context.units import SAMPLE, Units
from mixpanel_data.registry.observing.parts import WIDEST, next_part, pending
from mixpanel_data.registry.observing.statements import (
    COUNT_CHANGES,
    DELETE_OBSERVATIONS,
    DELETE_PENDING,
    FRESH_OBSERVATIONS,
    INSERT_OBSERVATIONS,
    INSERT_UNJUDGED,
    NESTED_COUNTS,
    OBSERVATION_CHANGES,
    PART_UNITS,
    REOPEN_JUDGEMENT,
    TYPE_COUNTS,
    UNIT_COUNTS,
    VALUE_COUNTS,
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

    Raises DeadlineError between two parts: the units that are left stay marked.
    """
    figures, width = dict.fromkeys(FIGURES, 0), WIDEST
    while True:
        with registry_run.exclusive():
            units = next_part(registry_run, width)
            if units is None:
                return figures
            registry_run.deadline.check(f"all events were observed (the next are of {units.of_part[0].day})")
            done, width = _observe(registry_run, units)
        figures = {name: figures[name] + done[name] for name in FIGURES}
        first, last = units.of_part[0].day, units.of_part[-1].day
        log.info(
            "observed %s units from %s to %s",
            f"{len(units.of_part):,}",
            first,
            last,
            extra={"received": done["observed"]},
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
    # Without a unit of which only a sample is looked at, there is nothing to read: the window is empty.
    exact = given if units.are_beyond_samples else {**given, "to_time": units.from_time}
    staging.materialise(PART_UNITS, **given)
    staging.materialise(UNIT_COUNTS, **given)
    staging.materialise(TYPE_COUNTS, **exact)
    staging.materialise(VALUE_COUNTS, **given)
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
