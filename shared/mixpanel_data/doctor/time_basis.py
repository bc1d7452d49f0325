"""Whether the times of events are in the zone that the settings say, by when Mixpanel stored the events.

Clients send most events within minutes. Where the collector takes the wall clock of a project for UTC, or the other way
round, all events seem to come early or late by the offset of the project's zone.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from mixpanel_data.configuration.settings import TimeBasis
from mixpanel_data.doctor.check import Check, Verdict
from mixpanel_data.doctor.mixpanel import SUBJECT, ZoneSetting
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import statement

LAGS = statement("doctor/lags.sql", since="TIMESTAMP", until="TIMESTAMP")
STATEMENTS = (LAGS,)

NAME = "time basis"
# A zone shifts events by up to 14 hours into the future.
_BEFORE, _AFTER = timedelta(days=3), timedelta(hours=15)
_FEWEST_EVENTS = 100
_QUARTER = timedelta(minutes=15)
# Some clocks of clients are ahead, and some zones are 30 minutes from UTC.
_EARLY = timedelta(minutes=-30)
_SHARE_OF_EARLY, _SHARE_OF_LATE = 0.25, 0.05
_RIGHT = {
    TimeBasis.UTC: "Set MIXPANEL_TIME_BASIS=project and MIXPANEL_TIMEZONE to the project's zone, and collect the days "
    "again.",
    TimeBasis.PROJECT: "Set MIXPANEL_TIME_BASIS=utc, or correct MIXPANEL_TIMEZONE, and collect the days again.",
}


def time_basis_check(warehouse: Warehouse, setting: ZoneSetting, now: datetime) -> Check:
    """Judge the events of the last three days. Raises what the warehouse raises."""
    return judged(warehouse.rows(LAGS, since=now - _BEFORE, until=now + _AFTER), setting, now)


def judged(rows: Iterable[Row], setting: ZoneSetting, now: datetime) -> Check:
    """The check of these rows of LAGS."""
    counts = [(row["quarters"] * _QUARTER, row["event_count"]) for row in rows]
    total = sum(count for _, count in counts)
    if total < _FEWEST_EVENTS:
        return Check(SUBJECT, NAME, Verdict.SKIPPED, "The last three days have too few events to tell.")
    early, late = _lag(counts, _SHARE_OF_EARLY * total), _lag(counts, _SHARE_OF_LATE * total)
    if early <= _EARLY:
        found = f"By their times, Mixpanel stored events up to {_hours(-early)} before they happened."
        return Check(SUBJECT, NAME, Verdict.FAILED, found, _RIGHT[setting.basis])
    offset = setting.zone.utcoffset(now.astimezone(setting.zone)) or timedelta(0)
    delay = -offset if setting.basis is TimeBasis.UTC else offset
    if delay >= -_EARLY and abs(late - delay) <= _QUARTER:
        found = f"All events came {_hours(delay)} late, which is the offset of {setting.zone.key}."
        return Check(SUBJECT, NAME, Verdict.WARNING, found, _RIGHT[setting.basis])
    return Check(SUBJECT, NAME, Verdict.OK, "Events happen before Mixpanel stores them, as in the right zone.")


def _lag(counts: Iterable[tuple[timedelta, int]], place: float) -> timedelta:
    """The lag of the event at this place, of all in ascending order of lag."""
    seen = 0
    for lag, count in counts:
        seen += count
        if seen >= place:
            return lag
    return timedelta(0)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.2g} h"
