"""The workload of a project, measured in the tables that the jobs keep: small ones, whatever the number of events."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mixpanel_data.base.errors import NotFoundError, TableNotFoundError
from mixpanel_data.base.window import Window
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import statement

MOST_DAYS = 28
"""Whole weeks, because the days of a week differ."""

_STORED_SPAN = statement("costs/stored_span.sql", since="TIMESTAMP", until="TIMESTAMP")
_EVENT_VOLUME = statement("costs/event_volume.sql", since="TIMESTAMP", until="TIMESTAMP")
_LATE_ARRIVALS = statement("costs/late_arrivals.sql", since="TIMESTAMP", until="TIMESTAMP")
_ACTIVE_USERS = statement("costs/active_users.sql", from_day="DATE", to_day="DATE")
STATEMENTS = (_STORED_SPAN, _EVENT_VOLUME, _LATE_ARRIVALS, _ACTIVE_USERS)

# The collector stores no event from before.
_EARLIEST = datetime(1960, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a warehouse tells of a workload: `figures` are members of `Workload`, as far as its tables have them.

    `window` has the whole UTC days over which they were measured.
    """

    window: Window
    figures: Mapping[str, float]


def measure(warehouse: Warehouse, now: datetime) -> Measured:
    """The workload of the last whole days with events, up to 28 of them, before `now` (aware).

    Raises NotFoundError if no whole day has events yet, and what the warehouse raises.
    """
    window, history_days = _stored(warehouse, now)
    figures: dict[str, float] = {"history_days": history_days}
    figures |= _volume(warehouse, window)
    figures |= _arrivals(warehouse, window)
    figures |= _users(warehouse, window)
    return Measured(window, figures)


def _stored(warehouse: Warehouse, now: datetime) -> tuple[Window, int]:
    """The days to look at, and for how many days there are events."""
    today = _midnight(now.astimezone(UTC))
    (row,) = warehouse.rows(_STORED_SPAN, since=_EARLIEST, until=today)
    if row["first_minute"] is None:
        raise NotFoundError(
            f"{warehouse} has no events of a whole day yet. Collect a day first (`mp collect`), or give the figures, "
            "such as --events-per-day."
        )
    first, end = _midnight(row["first_minute"]), _midnight(row["last_minute"]) + timedelta(days=1)
    return Window(max(first, end - timedelta(days=MOST_DAYS)), end), (end - first).days


def _volume(warehouse: Warehouse, window: Window) -> Mapping[str, float]:
    (row,) = warehouse.rows(_EVENT_VOLUME, since=window.start, until=window.end)
    days = (window.end - window.start).days
    return {"events_per_day": row["events"] / days, "names": math.ceil(row["names_of_days"] / row["days"])}


def _arrivals(warehouse: Warehouse, window: Window) -> Mapping[str, float]:
    (row,) = warehouse.rows(_LATE_ARRIVALS, since=window.start, until=window.end)
    if not row["arrived"]:
        return {}
    return {
        "late": row["late"] / row["arrived"],
        "late_days": math.ceil(row["late_days"] / row["days"]),
        "resolved": min(row["updated"] / row["arrived"], 1.0),
    }


def _users(warehouse: Warehouse, window: Window) -> Mapping[str, float]:
    try:
        (row,) = warehouse.rows(_ACTIVE_USERS, from_day=window.start.date(), to_day=window.end.date())
    except TableNotFoundError:
        # Whoever does not deploy the user sync has no tables of it.
        return {}
    if not row["days"]:
        return {}
    return {"users_per_day": math.ceil(row["users_of_days"] / row["days"]), "users": row["users"]}


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
