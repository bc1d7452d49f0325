"""The invented history of a trial: some days of one event that follow the hours of the day, and a rise at their end."""

import json
import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import statement

_MINUTE = timedelta(minutes=1)
# The detector judges an event from the second day of its history on.
_HISTORY = timedelta(days=4)
_EVENTS = timedelta(hours=4)
_RISE = timedelta(minutes=12)
_USUAL, _RISEN = 8.0, 45.0
_SEED = 7

_SPAN = {"history_from": "TIMESTAMP", "now": "TIMESTAMP"}
MINUTES = statement("detect/trial_minutes.sql", event_name="STRING", now="TIMESTAMP", minutes="ARRAY<STRING>")
_STATEMENTS = (
    MINUTES,
    statement("detect/trial_events.sql", events_from="TIMESTAMP", rises_at="TIMESTAMP", now="TIMESTAMP"),
    statement("detect/trial_arrivals.sql", **_SPAN),
    statement("detect/trial_run.sql", read_until="TIMESTAMP", **_SPAN),
)


def write_history(warehouse: Warehouse, event_name: str, now: datetime) -> None:
    """Fill an empty dataset with the history up to `now` (aware, a whole minute). Raises the warehouse's errors."""
    start, rises_at = now - _HISTORY, now - _RISE
    warehouse.transact(
        "trial",
        _STATEMENTS,
        event_name=event_name,
        now=now,
        minutes=list(_minutes(start, rises_at, now)),
        events_from=now - _EVENTS,
        rises_at=rises_at,
        history_from=start,
        read_until=now,
    )


def _minutes(start: datetime, rises_at: datetime, end: datetime) -> Iterator[str]:
    """The minutes with events, as JSON. The same hours have the same counts in every trial."""
    chance = random.Random(_SEED)  # noqa: S311 - nothing secret
    for number in range((end - start) // _MINUTE):
        at = start + number * _MINUTE
        by_hour = _USUAL * (1 + 0.4 * math.sin(math.tau * (at.hour + at.minute / 60) / 24))
        mean = _RISEN if at >= rises_at else by_hour
        count = max(0, round(chance.gauss(mean, math.sqrt(mean))))
        if count:
            yield json.dumps({"minute": at.isoformat(), "events": str(count)})
