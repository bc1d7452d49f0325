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
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import rendered

_TIMES = ("runs_since", "events_from", "start", "end", "pairs_from", "pairs_end")
ARRIVAL_AGES = rendered(
    "detect/findings/arrivals/arrival_ages.sql.jinja",
    {
        **dict.fromkeys(_TIMES, "TIMESTAMP"),
        **dict.fromkeys(("lag_ms", "most_lag_ms", "most_age", "most_pair_age"), "INT64"),
    },
)

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
    rows = warehouse.rows(
        ARRIVAL_AGES,
        runs_since=start if by_collections else until,
        lag_ms=collections.lag // _MILLISECOND,
        most_lag_ms=MOST_LAG // _MILLISECOND,
        events_from=start - MOST_AGE * MINUTE,
        start=start,
        end=until,
        most_age=MOST_AGE,
        pairs_from=ripe - _PAIRED,
        pairs_end=ripe,
        most_pair_age=MOST_PAIR_AGE,
    )
    by_name = {row["event_name"]: Arrivals.of(row["packed"], row["packed_pairs"] or "") for row in rows}
    return LearnedShares(delay_shares(by_name), collections.is_lasting or not by_name)
