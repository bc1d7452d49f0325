"""The progress of collector and detector; changes after both are new to a run."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.incidents.decisions import JudgingContext
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import statement

PROGRESS = statement("detect/findings/progress.sql", as_of="TIMESTAMP", since="TIMESTAMP")
CHANGED_EVENTS = statement(
    "detect/findings/changed_events.sql", since="TIMESTAMP", as_of="TIMESTAMP", handled_seq="INT64"
)

# Runs older than this do not count: job_runs is partitioned by day, and a run every 5 minutes must read little of it.
_RUNS_SINCE = timedelta(days=30)
_EPOCH, _FOREVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress as of a time. All times UTC, None where nothing was read or judged yet.

    `read_until`: the event time up to which the collector has read. `judged_until`: the same, when the last run of the
    detector judged. `handled_seq`: the greatest arrival that this run took into account.
    """

    read_until: datetime | None
    judged_until: datetime | None
    handled_seq: int | None


def progress(warehouse: Warehouse, as_of: datetime) -> Progress:
    """The progress of both jobs as of then. Raises the warehouse's errors."""
    (row,) = warehouse.rows(PROGRESS, as_of=as_of, since=as_of - _RUNS_SINCE)
    read_until = row["read_until"]
    return Progress(read_until and min(read_until, as_of), row["judged_until"], row["handled_seq"])


def read_until(warehouse: Warehouse) -> datetime | None:
    """The event time up to which the collector has ever read, UTC; None if nothing. Raises the warehouse's errors."""
    (row,) = warehouse.rows(PROGRESS, as_of=_FOREVER, since=_EPOCH)
    found: datetime | None = row["read_until"]
    return found


def judging_context(warehouse: Warehouse, events: EventsConfig, as_of: datetime) -> tuple[JudgingContext, int]:
    """The context of a run, and the greatest seq of the arrivals that it will have handled; 0 where none came yet."""
    reached = progress(warehouse, as_of)
    max_age = timedelta(hours=events.max_age_hours)
    handled = reached.handled_seq
    changed = warehouse.rows(CHANGED_EVENTS, since=as_of - 2 * max_age, as_of=as_of, handled_seq=handled or 0)
    context = JudgingContext(
        as_of=as_of,
        read_until=reached.read_until,
        judged_until=reached.judged_until,
        changed_from=None if handled is None else {row["event_name"]: row["changed_from"] for row in changed},
        max_age=max_age,
        cooldown=timedelta(minutes=events.cooldown_minutes),
    )
    return context, max((row["seq"] for row in changed), default=handled or 0)
