"""A group of names after learning: the counts to judge, with baselines that have learned everything before them.

Baselines are stored as of two days ago, so that a run reads the minutes since then and no others, however long the
history is. Counts older than that are taken to be complete.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.window import Window
from mixpanel_data.configuration.events import EventSelection
from mixpanel_data.detect.findings.learning.baselines_table import (
    LEARNED_FROM,
    LearnedBaseline,
    StoredBaseline,
    stored_states,
)
from mixpanel_data.detect.findings.learning.minute_counts import dense, packed_minutes, portions
from mixpanel_data.detect.findings.learning.plan import NAMES_AT_ONCE, Group, Plan
from mixpanel_data.detect.findings.learning.states import baseline_of, fresh_state, model_from, readable_of
from mixpanel_data.detect.incidents.incident import MINUTE
from mixpanel_data.detect.statistics.forecasting.baseline import Baseline
from mixpanel_data.detect.statistics.scoring.counts import CountsModel
from mixpanel_data.detect.statistics.scoring.windows import Ints
from mixpanel_data.warehouse.base import Warehouse

# One read: the fewer there are, the sooner BigQuery has answered all of them.
_READ = timedelta(days=9)
# What the model takes at once.
_LEARNED_AT_ONCE = 1440


@dataclass(frozen=True, slots=True)
class History:
    """Counts of some names, names x minutes from `start` (UTC) on, and the baselines learned up to `start`."""

    names: Sequence[str]
    start: datetime
    counts: Ints
    states: Sequence[bytes]
    zone: ZoneInfo

    def model(self, cut: float) -> CountsModel:
        """The model that goes on from `states`."""
        baseline = baseline_of(self.states, self.zone)
        return model_from(baseline, len(self.names), self.start, cut=cut)


@dataclass(frozen=True, slots=True)
class Learned:
    """What a group has learned. `is_complete`: everything up to the time that is judged; else time ran out on the way.

    `newer`: the baselines that the warehouse does not have yet.
    """

    group: Group
    states: Sequence[bytes]
    newer: Sequence[LearnedBaseline]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the counts of a plan's groups, and learns from them.

    `is_of_now` False: counts to judge are of the events that were there at `as_of`, counted again. Nothing is learned
    past the `deadline`.
    """

    warehouse: Warehouse
    plan: Plan
    zone: ZoneInfo
    as_of: datetime
    is_of_now: bool
    deadline: Deadline
    names_at_once: int = NAMES_AT_ONCE

    def learned(self, only: str | None = None) -> Iterator[Learned]:
        """The groups of the plan in their order, or `only` one name's, each after learning.

        Raises the warehouse's errors. A name with a baseline of another version, or another zone, comes last, because
        it has to learn all again.
        """
        outdated: list[Group] = []
        for group in self.plan.groups(only, self.names_at_once):
            states = stored_states(self.warehouse, _names(group), self.plan.states) if group.is_stored else {}
            readable = readable_of(states, self.zone)
            usable = [name for name in group.names if not group.is_stored or name.event_name in readable]
            unusable = [replace(name, stored=None) for name in group.names if name not in usable]
            if unusable:
                outdated.append(self._from_the_start(replace(group, names=unusable)))
            if usable:
                fresh = fresh_state(self.zone)
                own = [states.get(name.event_name, fresh) for name in usable]
                yield self._learned(replace(group, names=usable), own)
        for group in outdated:
            yield self._learned(group, [fresh_state(self.zone)] * len(group.names))

    def history(self, learned: Learned) -> History | None:
        """The counts to judge of a group, with its baselines; None where nobody watches it yet.

        Names that were not watched for a while are judged from then on; what came before is learned alone.
        """
        if not learned.group.known:
            return None
        *before, last = learned.group.known
        if not last.start < self.plan.end <= last.end:
            return None
        start, states = max(last.start, self.plan.start), learned.states
        if start > self.plan.start:
            learning = _Learning(learned.group, states, self.zone)
            for since, until in _portions(before, self.plan.start, start):
                learning.learn(self._counts(learned.group, since, until), since)
            states = [each.state for each in learning.baselines(start)]
        counts = self._counts(learned.group, start, self.plan.end)
        return History(_names(learned.group), start, counts, states, self.zone)

    def _counts(self, group: Group, start: datetime, end: datetime) -> Ints:
        names = _names(group)
        if self.is_of_now and self.plan.recent.has(names):
            return self.plan.recent.dense(names, start, end)
        as_of = None if self.is_of_now else self.as_of
        return dense(names, packed_minutes(self.warehouse, _only(names), start, end, as_of=as_of), start, end)

    def _learned(self, group: Group, states: Sequence[bytes]) -> Learned:
        """Learn what is left to learn, or as much as time allows."""
        names, start = _names(group), self.plan.start
        learning = _Learning(group, states, self.zone)
        for since, until in _portions(group.known, group.since, start):
            if self.deadline.left(1.0) <= 0.0:
                newer = learning.baselines(since) if since > group.since else []
                return Learned(group, (), newer, is_complete=False)
            packed = packed_minutes(self.warehouse, _only(names), since, until)
            learning.learn(dense(names, packed, since, until), since)
        is_complete = self.deadline.left(1.0) > 0.0
        baselines = learning.baselines(start)
        newer = baselines if group.since < start or not group.is_stored else []
        return Learned(group, [each.state for each in baselines], newer, is_complete)

    def _from_the_start(self, group: Group) -> Group:
        since = self.plan.start - LEARNED_FROM
        before = [Window(since, group.since)] if since < group.since else []
        return replace(group, since=since, known=(*before, *group.known), is_stored=False)


class _Learning:
    """A group on its way: what it has learned, and what is known of its names."""

    def __init__(self, group: Group, states: Sequence[bytes], zone: ZoneInfo) -> None:
        self._group = group
        self._states = states
        self._zone = zone
        self._known = [name.stored or StoredBaseline(group.since) for name in group.names]
        self._baseline: Baseline | None = None

    def learn(self, counts: Ints, since: datetime) -> None:
        """Learn the minutes from `since` on, names x minutes."""
        baseline = self._baseline or baseline_of(self._states, self._zone)
        # Nothing is scored, so that the cut does not matter.
        model = model_from(baseline, len(self._states), since, cut=1.0)
        for at in range(0, counts.shape[1], _LEARNED_AT_ONCE):
            model.learn(counts[:, at : at + _LEARNED_AT_ONCE])
        self._baseline = model.baseline
        self._known = [_after(known, row, since) for known, row in zip(self._known, counts, strict=True)]

    def baselines(self, until: datetime) -> list[LearnedBaseline]:
        """The baselines, which have learned everything until then."""
        states = self._states if self._baseline is None else self._baseline.states()
        return [
            LearnedBaseline(name.event_name, replace(known, learned_until=until), state)
            for name, known, state in zip(self._group.names, self._known, states, strict=True)
        ]


def _portions(known: Iterable[Window], start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What is known of [start, end), in portions."""
    for window in known:
        yield from portions(max(window.start, start), min(window.end, end), _READ)


def _after(known: StoredBaseline, counts: Ints, since: datetime) -> StoredBaseline:
    """What is known of a baseline after the counts of one name, from `since` on."""
    (at,) = np.nonzero(counts)
    if not len(at):
        return known
    first, last = (since + int(place) * MINUTE for place in (at[0], at[-1]))
    return replace(
        known,
        first_event_at=known.first_event_at or first,
        last_event_at=last,
        events=known.events + int(counts.sum()),
    )


def _names(group: Group) -> list[str]:
    return [name.event_name for name in group.names]


def _only(names: Sequence[str]) -> EventSelection:
    return EventSelection(names, names_are_wanted=True)
