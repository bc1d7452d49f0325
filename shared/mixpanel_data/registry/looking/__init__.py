"""Looking whether a run has anything to do: one question, before the run begins.

A run works at once where an event has a name that the registry lacks, and where the days are so small that observing
them costs next to nothing. Otherwise what arrives waits until some hours have passed, because each observation of the
growing day reads all that it has. The first run of a UTC day always works.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.small_day import SMALL_DAY
from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.context.request import Result
from mixpanel_data.warehouse.statements import rendered

__all__ = ["STATEMENTS", "left_as_it_was", "remembered"]

_LOOK = rendered(
    "registry/looking/look.sql.jinja",
    {"job": "STRING", "since": "TIMESTAMP", "yesterday_starts": "TIMESTAMP", "tomorrow_starts": "TIMESTAMP"},
)
STATEMENTS = (_LOOK,)

# A run of today is never older; arrivals of a collector that was at work for longer wait for the next run that works.
_LOOKED_BACK = timedelta(days=2)
# The scheduler calls a little earlier or later than the last time.
_TOLERANCE = timedelta(minutes=15)
_TOTALS = ("events", "properties", "violations")
_REMEMBERED = ("observed_at", "arrivals_up_to", "plan", "published")


@dataclass(frozen=True, slots=True)
class _Look:
    """What was found: the figures of the newest run, and the row of look.sql.jinja."""

    last: Mapping[str, Any]
    row: Mapping[str, Any]

    @property
    def observed_at(self) -> datetime:
        """When the newest run that worked started, UTC."""
        return datetime.fromisoformat(self.last["observed_at"])


def left_as_it_was(registry_run: RegistryRun) -> Result | None:
    """The result of a run that has nothing to do yet, recorded; None if it has to work, or to find out by itself.

    Raises ConfigError if the state belongs to another origin, and what the warehouse raises.
    """
    request = registry_run.request
    found = None if request.full or request.at is not None else _looked(registry_run)
    if found is None or not _can_wait(registry_run, found):
        return None
    result = _result(registry_run, found)
    remembered_still = {name: found.last[name] for name in _REMEMBERED}
    runs.record_whole(registry_run.run, {**result.figures(), **remembered_still})
    return result


def remembered(registry_run: RegistryRun, arrivals_up_to: int) -> dict[str, Any]:
    """The figures by which the next run finds what this one left, once all is published.

    `arrivals_up_to`: the greatest seq of the arrivals that are marked.
    """
    run = registry_run.run
    values = run.started_at.isoformat(), arrivals_up_to, registry_run.plan_version, run.published
    return dict(zip(_REMEMBERED, values, strict=True))


def _looked(registry_run: RegistryRun) -> _Look | None:
    run = registry_run.run
    midnight = registry_run.midnight
    (row,) = run.warehouse.rows(
        _LOOK,
        job=run.job,
        since=run.started_at - _LOOKED_BACK,
        yesterday_starts=midnight - timedelta(days=1),
        tomorrow_starts=midnight + timedelta(days=1),
    )
    runs.check_opening(run.warehouse, runs.opening_of_guards(row), run.origin)
    return _Look(row["last"], row) if row["last"] and row["request"] == run.request else None


def _can_wait(registry_run: RegistryRun, found: _Look) -> bool:
    started_at, hours = registry_run.run.started_at, registry_run.options.interval_hours
    if found.last["plan"] != registry_run.plan_version or found.observed_at < registry_run.midnight:
        return False
    if found.row["new_seq"] is None:
        return True
    is_due = started_at - found.observed_at >= timedelta(hours=hours) - _TOLERANCE
    return not (is_due or found.row["has_new_name"] or found.row["recent_events"] <= SMALL_DAY)


def _result(registry_run: RegistryRun, found: _Look) -> Result:
    events, properties, violations = (int(found.last[name]) for name in _TOTALS)
    read_until = registry_run.run.started_at if found.row["new_seq"] is None else found.observed_at
    return Result(
        events=events,
        properties=properties,
        violations=violations,
        pending=found.row["pending"],
        read_until=read_until if events else None,
    )
