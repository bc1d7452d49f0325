"""First looks of a backtest: drops as the run after each collection saw them, with what had arrived by then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from mixpanel_data.detect.findings.arrivals.shares import MOST_AGE
from mixpanel_data.detect.findings.delays import Delays, learned_delays
from mixpanel_data.detect.findings.learning.minute_counts import dense, minute_number
from mixpanel_data.detect.incidents.incident import MINUTE
from mixpanel_data.detect.incidents.watched import WatchedEvent
from mixpanel_data.detect.statistics.scoring.windows import Ints
from mixpanel_data.detect.statistics.tails import Floats
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import statement

LATE_MINUTES = statement(
    "detect/study/late_minutes.sql",
    start="TIMESTAMP",
    end="TIMESTAMP",
    every_ms="INT64",
    most_age="INT64",
    names="ARRAY<STRING>",
    names_are_wanted="BOOL",
)

_MILLISECOND = timedelta(milliseconds=1)
# On time: so many of the events of the minutes that a collection reads first have arrived.
_ON_TIME = 0.99


@dataclass(frozen=True, slots=True)
class Arrived:
    """What had arrived when the collector first read past each minute: counts, and the shares to be expected.

    Both names x minutes.
    """

    counts: Ints
    shares: Floats


@dataclass(frozen=True, slots=True)
class FirstLooks:
    """The events that arrive late, by name and as positions among all watched ones, and how often the collector reads.

    `delays` are those at the end of the history.
    """

    warehouse: Warehouse
    names: Sequence[str]
    rows: Sequence[int]
    every: timedelta
    delays: Delays

    def complete_after(self, name: str) -> timedelta:
        """The time after the end of a minute when its events have arrived; 0 for events that come in time."""
        return self.delays.complete_after(name) if name in self.names else timedelta(0)

    def arrived(self, counts: Ints, start: datetime, end: datetime) -> Arrived:
        """What had arrived of the counts of [start, end), with the delays that were known at `start`.

        Raises the warehouse's errors.
        """
        late = self.warehouse.rows(
            LATE_MINUTES,
            start=start,
            end=end,
            every_ms=self.every // _MILLISECOND,
            most_age=MOST_AGE,
            names=self.names,
            names_are_wanted=True,
        )
        missing = dense(self.names, {row["event_name"]: row["packed"] for row in late}, start, end)
        delays = learned_delays(self.warehouse, start, by_collections=False)
        shares = delays.at(self.names, first_ages(start, counts.shape[1], self.every))
        return Arrived(np.maximum(counts - missing, 0), shares)


def first_looks(warehouse: Warehouse, watched: Sequence[WatchedEvent], until: datetime, every: timedelta) -> FirstLooks:
    """The first looks at the watched events that come too late for a single one. Raises the warehouse's errors."""
    delays = learned_delays(warehouse, until, by_collections=False)
    names = [event.event_name for event in watched]
    shares = delays.at(names, first_ages(until, every // MINUTE, every))
    rows = [row for row, event in enumerate(watched) if event.uses_baseline and shares[row].mean() < _ON_TIME]
    return FirstLooks(warehouse, [names[row] for row in rows], rows, every, delays)


def first_ages(start: datetime, minutes: int, every: timedelta) -> Floats:
    """The ages of the minutes from `start` on, in minutes, when the collector first reads past their end."""
    step = every // MINUTE
    ages: Floats = (step - (minute_number(start) + np.arange(minutes)) % step).astype(np.float64)
    return ages
