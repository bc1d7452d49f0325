"""Whatever the collector, the tracking plan and crashes do, in any order, the registry follows.

A hypothesis state machine: its rules are what can happen. After each run the observations are a recount of the events,
but for what waits; in the end all tables are those of one run over everything, and a run with nothing new changes none.
"""

import contextlib
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import DeadlineError, WarehouseBusyError
from registry.registry_happenings import (
    ATS,
    CHANGES,
    FATES,
    FEW,
    GIVEN,
    HISTORY_DAYS,
    LARGE_DAYS,
    PLANS,
    Change,
    Fate,
    Forgotten,
    Interrupted,
    Shifted,
    Stretch,
)
from registry.registry_truth import Seen, assert_as_one_run, assert_told_once, recounted, seen, undone
from support.engines import DuckDB
from support.fatal_steps import InterruptedSteps, Killed, Steps
from support.mortal_warehouse import MortalWarehouse
from support.open_sockets import leaves_sockets_open
from support.published_events import with_changes
from support.registry_world import TODAY, RegistryWorld, day_before
from support.run_fates import UNDISTURBED, KilledAt
from support.state_machines import run_state_machine


class FollowingMachine(RuleBasedStateMachine):
    """A dataset, and what can happen to it while the registry follows."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.world = RegistryWorld(DuckDB(folder).fresh(), channel="#data")
        self.true_once: dict[tuple[date, str], list[Seen]] = {}

    def teardown(self) -> None:
        if sys.exception() is None:
            self._end()

    @initialize(stretches=GIVEN, number=st.integers(0, len(PLANS) - 1))
    def there_are_events(self, stretches: list[Stretch], number: int) -> None:
        self.world.plan = PLANS[number]
        for stretch in stretches:
            self._change(stretch)

    @rule(change=CHANGES)
    def the_collector_publishes(self, change: Change) -> None:
        self._change(change)

    @rule(number=st.integers(0, len(PLANS) - 1))
    def somebody_edits_the_plan(self, number: int) -> None:
        self.world.plan = PLANS[number]

    @rule(hours=st.sampled_from([1, 6, 13]))
    def time_passes(self, hours: int) -> None:
        self.world.pass_time(hours=hours)

    @rule(fate=FATES)
    def a_run_follows_what_changed(self, fate: Fate) -> None:
        self._update(fate=fate)

    # What the rules do

    def _update(self, *, fate: Fate = UNDISTURBED, full: bool = False, at: date | None = None) -> None:
        self.world.pass_time(minutes=1)
        steps = Steps(fate.step if isinstance(fate, KilledAt) else 0)
        if isinstance(fate, Interrupted):
            steps = InterruptedSteps(fate.step, lambda: self._interrupt(fate.change))
        has_ended = False
        with self.world.opened() as warehouse, contextlib.suppress(Killed):
            result = self.world.update(warehouse=MortalWarehouse(warehouse, steps), full=full, at=at)
            has_ended = True
        stored, pending = seen(self.world), undone(self.world)
        if has_ended and not isinstance(fate, Interrupted):
            assert result.pending == len(pending)
            assert without(stored, pending) == without(recounted(self.world.brought.values()), pending)
        self._assert_whole(stored)

    def _assert_whole(self, stored: Mapping[tuple[date, str], Seen]) -> None:
        """Each day of a name is observed as its events were at one time."""
        for unit, rows in stored.items():
            assert rows in self.true_once.get(unit, []), unit

    def _interrupt(self, change: Change) -> None:
        """The collector publishes between two steps of a run, and another run tries its luck without any time."""
        self._change(change)
        with contextlib.suppress(WarehouseBusyError, DeadlineError):
            self.world.update(deadline=Deadline.after(0.0))

    def _change(self, change: Change) -> None:
        match change:
            case Stretch():
                self.world.bring(*change.events())
            case Forgotten(name, every):
                own = sorted(mark for mark, event in self.world.brought.items() if event.name == name)
                self.world.bring(gone=own[::every])
            case Shifted(name, count, days_ago):
                own = sorted(mark for mark, event in self.world.brought.items() if event.name == name)[:count]
                at = f"{day_before(days_ago)} 00:00:00"
                self.world.bring(*(with_changes(self.world.brought[mark], at=at) for mark in own))
        for unit, rows in recounted(self.world.brought.values()).items():
            if rows not in self.true_once.setdefault(unit, []):
                self.true_once[unit].append(rows)

    def _end(self) -> None:
        """Once the day is over all is done, as one run would have done it, for any day that is judged."""
        self.world.pass_time(days=1)
        self._update()
        assert undone(self.world) == set()
        for at in (None, TODAY.date().replace(day=1), None):
            self.world.update(at=at)
            assert_as_one_run(self.world, at)
        before = self.world.contents()
        self.world.update()
        assert self.world.contents() == before
        self.world.update(full=True)
        assert self.world.contents() == before
        assert_told_once(self.world)


class RegistryMachine(FollowingMachine):
    """A dataset, and everything that can happen to it."""

    @rule(fate=FATES)
    def a_run_does_all_again(self, fate: Fate) -> None:
        self._update(fate=fate, full=True)

    @rule(at=ATS, fate=FATES)
    def a_run_judges_an_earlier_day(self, at: date, fate: Fate) -> None:
        self._update(fate=fate, at=at)


class WaitingMachine(FollowingMachine):
    """A dataset whose days are so large that what comes waits: for hours today, for days if it is older."""

    @initialize(days=LARGE_DAYS)
    def there_are_events(self, days: Stretch) -> None:
        self._change(days)
        self._update()

    @rule(change=FEW)
    def the_collector_publishes(self, change: Change) -> None:
        self._change(change)

    def _end(self) -> None:
        """Once each day is twice as old as when its last events came, all is as if it had been observed at once."""
        self.world.pass_time(days=2 * HISTORY_DAYS)
        self._update()
        assert undone(self.world) == set()
        assert_as_one_run(self.world, None)
        assert_told_once(self.world)


def without(observed: Mapping[tuple[date, str], Seen], units: set[tuple[date, str]]) -> dict[tuple[date, str], Seen]:
    """What is observed of all days of a name but these."""
    return {unit: rows for unit, rows in observed.items() if unit not in units}


@leaves_sockets_open
@pytest.mark.sequences
def test_after_any_sequence_of_changes_runs_plans_and_crashes_the_tables_are_those_of_one_run(tmp_path: Path) -> None:
    run_state_machine(lambda: RegistryMachine(tmp_path), examples=6, steps=15)


@leaves_sockets_open
@pytest.mark.sequences
def test_what_waited_ends_as_if_every_run_had_observed_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixpanel_data.registry.looking.SMALL_DAY", 0)
    monkeypatch.setattr("mixpanel_data.registry.observing.parts.SMALL_DAY", 0)
    run_state_machine(lambda: WaitingMachine(tmp_path), examples=4, steps=12)
