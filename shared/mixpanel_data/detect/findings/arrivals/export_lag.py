"""How long after Mixpanel stored an event its exports show it, from the collections that did not find it yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mixpanel_data.detect.incidents.incident import MINUTE
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import rendered, statement

COUNT_COLLECTIONS = statement("detect/findings/arrivals/count_collections.sql", runs_since="TIMESTAMP")
EXPORT_LAG = rendered(
    "detect/findings/arrivals/export_lag.sql.jinja",
    {**dict.fromkeys(("runs_since", "events_from", "start", "end"), "TIMESTAMP"), "most_lag_ms": "INT64"},
)

MOST_LAG = timedelta(hours=3)
"""An event that a collection inserted later than this after Mixpanel stored it came by a reading of history."""

# From fewer collections in a day nothing certain follows; and from a few, nothing at all.
_ENOUGH_COLLECTIONS, _FEW_COLLECTIONS = 24, 4
# What is known of Mixpanel's exports.
_USUAL_LAG = timedelta(minutes=45)
_BY_CHANCE = timedelta(minutes=3)
# All but so many of the events were there.
_LATE = 0.02
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Collections:
    """What the last collections show. `lag`: how long after Mixpanel stored an event exports show it, for nearly all.

    `is_lasting`: there were enough collections to tell.
    """

    lag: timedelta
    is_lasting: bool


def collections_before(warehouse: Warehouse, until: datetime) -> Collections:
    """What the collections of the day before `until` show. Raises the warehouse's errors."""
    start = until - _DAY
    (counted,) = warehouse.rows(COUNT_COLLECTIONS, runs_since=start)
    rows = warehouse.rows(
        EXPORT_LAG,
        events_from=start - _DAY,
        runs_since=start - _DAY,
        start=start,
        end=until,
        most_lag_ms=MOST_LAG // _MILLISECOND,
    )
    lag = _lag(rows)
    if rows and counted["collections"] < _FEW_COLLECTIONS:
        # Nothing of what was stored last is there yet.
        newest = max(row["newest_ms"] for row in rows) * _MILLISECOND + _EPOCH
        if until - newest > _BY_CHANCE:
            lag = max(lag, min(until - newest, _USUAL_LAG))
    return Collections(lag, counted["collections"] >= _ENOUGH_COLLECTIONS)


def _lag(rows: Sequence[Row]) -> timedelta:
    late = _LATE * sum(row["events"] for row in rows)
    waited = sorted(((row["minutes"], row["events"]) for row in rows if row["minutes"] is not None), reverse=True)
    for minutes, events in waited:
        late -= events
        if late < 0:
            return (int(minutes) + 1) * MINUTE
    return timedelta(0)
