"""The progress of collector and detector; changes after both are new to a run."""

from datetime import UTC, datetime, timedelta

from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.findings.learning.names import Names
from mixpanel_data.detect.findings.standing import RUNS_SINCE, Progress
from mixpanel_data.detect.incidents.decisions import JudgingContext
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import statement

PROGRESS = statement("detect/findings/progress.sql", as_of="TIMESTAMP", since="TIMESTAMP")

_EPOCH, _FOREVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def read_until(warehouse: Warehouse, as_of: datetime | None = None) -> datetime | None:
    """The event time up to which the collector had read as of then, or has ever read (None); UTC, None if nothing.

    Raises the warehouse's errors.
    """
    since = _EPOCH if as_of is None else as_of - RUNS_SINCE
    (row,) = warehouse.rows(PROGRESS, as_of=as_of or _FOREVER, since=since)
    found: datetime | None = row["read_until"]
    return found if found is None or as_of is None else min(found, as_of)


def judging_context(progress: Progress, names: Names, events: EventsConfig, as_of: datetime) -> JudgingContext:
    """The context of a run as of then."""
    return JudgingContext(
        as_of=as_of,
        read_until=progress.read_until,
        judged_until=progress.judged_until,
        changed_from=None if progress.handled_seq is None else names.changed_from,
        max_age=timedelta(hours=events.max_age_hours),
        cooldown=timedelta(minutes=events.cooldown_minutes),
    )
