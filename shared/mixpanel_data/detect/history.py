"""The counts that a run judges, and what was learned of those before them.

Baselines are stored as they were a few days ago, so that a run reads the minutes since then and no others, however long
the history is. What is older than that is taken to be complete.
"""

import base64
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.events import EventSelection
from mixpanel_data.detect.baseline import Baseline
from mixpanel_data.detect.counts import Counts, Ints
from mixpanel_data.detect.statements import BASELINES, NAMES, PACKED_MINUTES, PACKED_MINUTES_AS_OF
from mixpanel_data.detect.tails import Floats
from mixpanel_data.warehouse.base import Value, Warehouse

log = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)
LEARNED = timedelta(days=63)
"""How much history the baseline of a name that has none is learned from."""

# Windows of a day that end within the last day reach back two; a baseline is stored every few hours, not every run.
_JUDGED = timedelta(hours=50)
_STEP = timedelta(hours=6)
# Of 300 names, what is worked out of three days takes some 200 MB.
_PORTION = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class History:
    """Counts of some names, names x minutes from `start` on, and what was learned of those before `start`.

    `states` are rows of `Baseline.state`; `is_to_be_stored` says of each name whether its own is newer than what stands
    in the warehouse.
    """

    names: Sequence[str]
    start: datetime
    counts: Ints
    states: Floats
    is_to_be_stored: Sequence[bool]

    def between(self, event_name: str, start: datetime, end: datetime) -> tuple[int, ...] | None:
        """A name's counts of the minutes of [start, end); None where they are not all known."""
        first, last = (start - self.start) // MINUTE, (end - self.start) // MINUTE
        if event_name not in self.names or first < 0 or last > self.counts.shape[1]:
            return None
        return tuple(int(count) for count in self.counts[self.names.index(event_name), first:last])


def read(
    warehouse: Warehouse, selection: EventSelection, as_of: datetime, *, is_of_now: bool, deadline: Deadline
) -> History:
    """What is to be judged as of then. `is_of_now` False: of the events that were there then, counted anew.

    Raises what the warehouse raises, and DeadlineError between the portions of what is to be learned.
    """
    start, end = judged_from(as_of), ceiling(as_of)
    stored = _stored(warehouse, selection)
    recent = minutes(warehouse, selection, start, end, as_of=None if is_of_now else as_of)
    names = sorted(recent.keys() | stored.keys())
    states: dict[str, Floats] = {}
    for since, known in _by_age(names, stored, start).items():
        states |= known if since == start else _learned(warehouse, known, since, start, deadline)
    learned = np.array([states[name] for name in names]) if names else Baseline.fresh(0)
    is_newer = [name not in stored or stored[name].until < start for name in names]
    return History(names, start, dense(names, recent, start, end), learned, is_newer)


def model(history: History, *, cut: float) -> Counts:
    """The model that goes on from what was learned."""
    # The model learns on as it judges; what is stored is what was known before.
    baseline = Baseline.of(history.states.copy())
    return Counts(len(history.names), minute_of(history.start), cut=cut, baseline=baseline)


def minutes(
    warehouse: Warehouse, selection: EventSelection, start: datetime, end: datetime, *, as_of: datetime | None = None
) -> dict[str, str]:
    """The counts of [start, end) by name, as text: places after `start` in minutes and counts, in turn."""
    span: dict[str, Value] = {
        "start": start,
        "end": end,
        "names": list(selection.names),
        "names_are_wanted": selection.names_are_wanted,
    }
    rows = (
        warehouse.rows(PACKED_MINUTES, **span)
        if as_of is None
        else warehouse.rows(PACKED_MINUTES_AS_OF, as_of=as_of, **span)
    )
    return {row["event_name"]: row["packed"] for row in rows}


def names(warehouse: Warehouse, selection: EventSelection, start: datetime, end: datetime) -> list[str]:
    """The names that have counts in [start, end), in alphabetical order."""
    rows = warehouse.rows(
        NAMES, start=start, end=end, names=list(selection.names), names_are_wanted=selection.names_are_wanted
    )
    return [row["event_name"] for row in rows]


def portions(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """A long span in parts of a few days, in order."""
    while start < end:
        yield start, min(start + _PORTION, end)
        start += _PORTION


def dense(names: Sequence[str], packed: Mapping[str, str], start: datetime, end: datetime) -> Ints:
    """Names x minutes of [start, end), 0 where nothing came."""
    counts = np.zeros((len(names), (end - start) // MINUTE), dtype=np.int64)
    for row, name in enumerate(names):
        _fill(counts[row], packed.get(name, ""))
    return counts


def packed_state(state: Floats) -> str:
    """A row of a baseline's state as it is stored."""
    return base64.b64encode(np.asarray(state, dtype="<f8").tobytes()).decode()


def judged_from(as_of: datetime) -> datetime:
    """The hour up to which baselines are stored as of then."""
    return _floor(as_of - _JUDGED, _STEP)


def ceiling(moment: datetime) -> datetime:
    """The end of the minute that the moment lies in."""
    floor = _floor(moment, MINUTE)
    return floor if floor == moment else floor + MINUTE


def minute_of(moment: datetime) -> int:
    """Minutes since 1970, UTC."""
    return int(moment.timestamp()) // 60


def _floor(moment: datetime, step: timedelta) -> datetime:
    return moment - timedelta(seconds=moment.timestamp() % step.total_seconds())


@dataclass(frozen=True, slots=True)
class _Stored:
    """A row of a baseline's state, and the end of what it was learned from."""

    until: datetime
    state: Floats


def _stored(warehouse: Warehouse, selection: EventSelection) -> dict[str, _Stored]:
    found = {}
    for row in warehouse.rows(BASELINES):
        state = np.frombuffer(base64.b64decode(row["state"]), dtype="<f8").astype(np.float64)
        if row["event_name"] in selection and _is_readable(state):
            found[row["event_name"]] = _Stored(row["learned_until"], state)
    return found


def _by_age(names: Sequence[str], stored: Mapping[str, _Stored], start: datetime) -> dict[datetime, dict[str, Floats]]:
    """States from which the names learn on until `start`, by when they end; a name without one begins anew.

    One that ends later is of no use: what is asked for lies before it.
    """
    oldest = start - LEARNED
    groups: dict[datetime, dict[str, Floats]] = {}
    for name in names:
        known = stored.get(name)
        if known is None or not oldest < known.until <= start:
            known = _Stored(oldest, Baseline.fresh(1)[0])
        groups.setdefault(known.until, {})[name] = known.state
    return groups


def _is_readable(state: Floats) -> bool:
    try:
        Baseline.of(state[None, :])
    except ValueError:
        # Of another version of the detector: it is learned anew.
        return False
    return True


def _learned(
    warehouse: Warehouse, states: Mapping[str, Floats], start: datetime, end: datetime, deadline: Deadline
) -> dict[str, Floats]:
    """The states after the minutes of [start, end)."""
    log.info("learning what is usual", extra={"names": len(states), "from": start.isoformat()})
    names = sorted(states)
    selection = EventSelection(names, names_are_wanted=True)
    baseline = Baseline.of(np.array([states[name] for name in names]))
    counts = Counts(len(names), minute_of(start), cut=1.0, baseline=baseline)
    for begin, finish in portions(start, end):
        deadline.check("learning what is usual")
        counts.learn(dense(names, minutes(warehouse, selection, begin, finish), begin, finish))
    return dict(zip(names, counts.baseline.state(), strict=True))


def _fill(row: NDArray[np.int64], packed: str) -> None:
    figures = np.array(packed.split(), dtype=np.int64)
    row[figures[0::2]] = figures[1::2]
