"""Learns from the warehouse how late events arrive."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mixpanel_data.detect.findings.arrivals.export_lag import MOST_LAG, Collections, collections_before
from mixpanel_data.detect.findings.arrivals.shares import (
    DAYS,
    MOST_AGE,
    MOST_PAIR_AGE,
    PAIRED_DAYS,
    Arrivals,
    DelayShares,
    delay_shares,
)
from mixpanel_data.detect.incidents.incident import MINUTE
from mixpanel_data.warehouse.base import Value, Warehouse
from mixpanel_data.warehouse.statements import rendered

_GIVEN = {
    **dict.fromkeys(("runs_since", "events_from", "start", "end"), "TIMESTAMP"),
    **dict.fromkeys(("lag_ms", "most_lag_ms", "most_age"), "INT64"),
}
ARRIVAL_AGES = rendered("detect/findings/arrivals/arrival_ages.sql.jinja", _GIVEN)
ARRIVALS_TOGETHER = rendered("detect/findings/arrivals/arrivals_together.sql.jinja", _GIVEN)

_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)
# Events that are so old have arrived, also those that are held back for a day.
_RIPE = timedelta(minutes=MOST_PAIR_AGE)
_PAIRED = timedelta(days=PAIRED_DAYS)


@dataclass(frozen=True, slots=True)
class LearnedShares:
    """The shares by name (None: all names together). `is_lasting` False: soon more can be known."""

    by_name: dict[str | None, DelayShares]
    is_lasting: bool


def learned_shares(warehouse: Warehouse, until: datetime, *, by_collections: bool = True) -> LearnedShares:
    """The shares by what arrived in the days before `until`. Raises the warehouse's errors.

    `by_collections` False: as if the collector had found each event as soon as Mixpanel stored it.
    """
    start, ripe = until - DAYS * _DAY, until - _RIPE
    collections = collections_before(warehouse, until) if by_collections else Collections(timedelta(0), is_lasting=True)
    arrived: dict[str, Value] = {
        "runs_since": start if by_collections else until,
        "lag_ms": collections.lag // _MILLISECOND,
        "most_lag_ms": MOST_LAG // _MILLISECOND,
    }
    ages = warehouse.rows(
        ARRIVAL_AGES, events_from=start - MOST_AGE * MINUTE, start=start, end=until, most_age=MOST_AGE, **arrived
    )
    together = warehouse.rows(
        ARRIVALS_TOGETHER, events_from=ripe - _PAIRED, end=ripe, most_age=MOST_PAIR_AGE, **arrived
    )
    pairs = {row["event_name"]: row["packed"] for row in together}
    by_name = {row["event_name"]: Arrivals.of(row["packed"], pairs.get(row["event_name"], "")) for row in ages}
    return LearnedShares(delay_shares(by_name), collections.is_lasting or not by_name)
