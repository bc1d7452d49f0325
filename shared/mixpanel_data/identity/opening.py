"""What a run finds before it does anything, from one question, and whether it has to work.

BigQuery bills each reading of a growing day by all that the day has. So what is new on large days waits until some
hours have passed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.small_day import SMALL_DAY
from mixpanel_data.identity import reading, statements
from mixpanel_data.identity.identity_run import IdentityRun
from mixpanel_data.warehouse.base import Row

_TOTALS = ("clusters", "ids", "pairs", "conflicts")
# After the nightly re-reads began, and before the totals of 04:05, which can count by the clusters.
_FIRST_READING = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class State:
    """What the guards say, whether there is anything to do now, and the size of the graph.

    `pending`: on how many UTC days events changed since they were read.
    """

    opening: runs.Opening
    has_to_work: bool
    pending: int
    totals: Mapping[str, int]


def read_state(transition: IdentityRun) -> State:
    """The state that a run starts from."""
    midnight = datetime.combine(transition.run.started_at.astimezone(UTC).date(), time(), UTC)
    (row,) = transition.warehouse.rows(
        statements.STATE,
        job=transition.run.job,
        since=reading.recent_from(transition),
        event_sources=reading.event_sources(transition.config),
        yesterday_starts=midnight - timedelta(days=1),
        tomorrow_starts=midnight + timedelta(days=1),
    )
    return State(
        opening=runs.opening_of_guards(row),
        has_to_work=_has_to_work(transition, row),
        pending=row["pending"],
        totals={name: row[name] for name in _TOTALS},
    )


def _has_to_work(transition: IdentityRun, row: Row) -> bool:
    known = {source["source"]: source for source in map(_source, row["sources"] or ())}
    if not reading.is_as_configured(transition.config, known):
        return True
    return not (reading.is_nothing_new(transition, known, row) or _can_wait(transition, row))


def _can_wait(transition: IdentityRun, row: Row) -> bool:
    """Whether events were read since a reading was last due, and reading them again costs too much."""
    due_at = _due_at(transition.run.started_at, timedelta(hours=transition.options.interval_hours))
    is_read = row["read_at"] is not None and row["read_at"] >= due_at
    return is_read and transition.warehouse.is_billed and row["recent_events"] > SMALL_DAY


def _due_at(now: datetime, interval: timedelta) -> datetime:
    """The newest time at which a reading was due; the first of a day is always at the same time."""
    day = (now.astimezone(UTC) - _FIRST_READING).date()
    first = datetime.combine(day, time(), UTC) + _FIRST_READING
    return first + (now - first) // interval * interval


def _source(text: str) -> Row:
    row: dict[str, Any] = json.loads(text)
    on = row["older_read_on"]
    return {**row, "older_read_on": date.fromisoformat(on) if on else None}
