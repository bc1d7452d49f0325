"""The counts that a run judges, with baselines that have learned everything before them.

Baselines are stored as they were a few days ago, so that a run reads the minutes since then and no others, however
long the history is. Counts older than that are taken to be complete.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.events import EventSelection
from mixpanel_data.detect.findings.baselines_table import StoredBaseline, store_baselines, stored_baselines
from mixpanel_data.detect.findings.minute_counts import (
    dense,
    minute_number,
    packed_minutes,
    portions,
    rounded_down,
    rounded_up,
)
from mixpanel_data.detect.incidents.incident import MINUTE
from mixpanel_data.detect.statistics.baseline import Baseline
from mixpanel_data.detect.statistics.counts import CountsModel
from mixpanel_data.detect.statistics.tails import Floats
from mixpanel_data.detect.statistics.windows import Ints
from mixpanel_data.runs import Run
from mixpanel_data.warehouse.base import Warehouse

log = logging.getLogger(__name__)

LEARNED_FROM = timedelta(days=63)
"""The history that the baseline of a new name is learned from."""

# Windows of a day that end within the last day reach back two days; the rest is a margin.
_JUDGED = timedelta(hours=50)
# A baseline is stored every few hours, not in every run.
_STORED_EVERY = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class History:
    """Counts of some names, names x minutes from `start` (UTC) on, and the baselines learned up to `start`.

    `states` are rows of `Baseline.state`; `is_to_be_stored` is True of each name whose state is newer than its row in
    the warehouse.
    """

    names: Sequence[str]
    start: datetime
    counts: Ints
    states: Floats
    is_to_be_stored: Sequence[bool]

    def between(self, event_name: str, start: datetime, end: datetime) -> tuple[int, ...] | None:
        """A name's counts of the minutes of [start, end); None unless all of them were read."""
        first, last = (start - self.start) // MINUTE, (end - self.start) // MINUTE
        if event_name not in self.names or first < 0 or last > self.counts.shape[1]:
            return None
        return tuple(int(count) for count in self.counts[self.names.index(event_name), first:last])

    def model(self, cut: float) -> CountsModel:
        """The model that goes on from `states`."""
        # The model learns on as it scores; the state to be stored is the one before.
        baseline = Baseline.of(self.states.copy())
        return CountsModel(len(self.names), minute_number(self.start), cut=cut, baseline=baseline)


def read_history(
    warehouse: Warehouse, selection: EventSelection, as_of: datetime, *, is_of_now: bool, deadline: Deadline
) -> History:
    """The counts to judge as of then. `is_of_now` False: of the events that were there then, counted again.

    Raises the warehouse's errors, and DeadlineError between the portions of a history to be learned.
    """
    start, end = rounded_down(as_of - _JUDGED, _STORED_EVERY), rounded_up(as_of)
    stored = stored_baselines(warehouse, selection)
    recent = packed_minutes(warehouse, selection, start, end, as_of=None if is_of_now else as_of)
    names = sorted(recent.keys() | stored.keys())
    states: dict[str, Floats] = {}
    for since, known in _by_age(names, stored, start).items():
        states |= known if since == start else _learned(warehouse, known, since, start, deadline)
    learned = np.array([states[name] for name in names]) if names else Baseline.fresh(0)
    is_newer = [name not in stored or stored[name].learned_until < start for name in names]
    return History(names, start, dense(names, recent, start, end), learned, is_newer)


def store_learned(run: Run, history: History, as_of: datetime) -> None:
    """Store the states that are newer than their rows, so that the next run need not learn them again.

    Raises as `runs.write` does.
    """
    rows = zip(history.names, history.states, history.is_to_be_stored, strict=True)
    newer = [(name, state) for name, state, is_newer in rows if is_newer]
    store_baselines(run, newer, learned_until=history.start, as_of=as_of)


def _by_age(
    names: Sequence[str], stored: Mapping[str, StoredBaseline], start: datetime
) -> dict[datetime, dict[str, Floats]]:
    """The states that the names learn on from until `start`, by the time they end; fresh ones where none is usable.

    A baseline that ends after `start` is not usable: the counts in question lie before its end.
    """
    oldest = start - LEARNED_FROM
    groups: dict[datetime, dict[str, Floats]] = {}
    for name in names:
        known = stored.get(name)
        if known is None or not oldest < known.learned_until <= start:
            known = StoredBaseline(oldest, Baseline.fresh(1)[0])
        groups.setdefault(known.learned_until, {})[name] = known.state
    return groups


def _learned(
    warehouse: Warehouse, states: Mapping[str, Floats], start: datetime, end: datetime, deadline: Deadline
) -> dict[str, Floats]:
    """The states after the minutes of [start, end)."""
    log.info("learning baselines", extra={"names": len(states), "from": start.isoformat()})
    names = sorted(states)
    selection = EventSelection(names, names_are_wanted=True)
    baseline = Baseline.of(np.array([states[name] for name in names]))
    # Nothing is scored, so that the cut does not matter.
    model = CountsModel(len(names), minute_number(start), cut=1.0, baseline=baseline)
    for since, until in portions(start, end):
        deadline.check("all baselines were learned")
        model.learn(dense(names, packed_minutes(warehouse, selection, since, until), since, until))
    return dict(zip(names, model.baseline.state(), strict=True))
