"""Whatever the collector, the identity graph, the configuration and crashes do, in any order, the totals follow.

A hypothesis state machine: its rules are what can happen. After each undisturbed sync the tables are those of one run
over everything, and after any other the totals agree with the days that they are made of.
"""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import DeadlineError, WarehouseBusyError
from support.engines import DuckDB
from support.fatal_steps import InterruptedSteps, Killed, Steps
from support.mortal_warehouse import MortalWarehouse
from support.open_sockets import leaves_sockets_open
from support.published_events import with_changes
from support.run_fates import UNDISTURBED, KilledAt
from support.state_machines import run_state_machine
from support.user_sync_world import UserSyncWorld
from users.sync_happenings import (
    BROUGHT,
    CHANGES,
    CLUSTERS,
    CONFIGURATIONS,
    FATES,
    WINDOWS,
    Brought,
    Change,
    Clustered,
    Fate,
    Forgotten,
    Interrupted,
    Resolved,
    Shifted,
    Table,
)


class UserSyncMachine(RuleBasedStateMachine):
    """A dataset, a target outside, and everything that can happen to them."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.world = UserSyncWorld(DuckDB(folder).fresh(), CONFIGURATIONS[0])
        self.table = Table()
        self.has_counted_today = False
        self.has_counted_rows = False

    def teardown(self) -> None:
        if sys.exception() is None:
            self._end()

    @initialize(events=BROUGHT)
    def there_are_events(self, events: Brought) -> None:
        self._change(events)

    @rule(change=CHANGES)
    def the_collector_publishes(self, change: Change) -> None:
        self._change(change)

    @rule(clusters=CLUSTERS)
    def the_identity_graph_changes(self, clusters: Clustered) -> None:
        self.world.cluster(**clusters.clusters())

    @rule(number=st.integers(0, len(CONFIGURATIONS) - 1))
    def somebody_edits_the_configuration(self, number: int) -> None:
        self.world.metrics = CONFIGURATIONS[number]

    @rule(is_away=st.booleans())
    def the_target_goes_or_comes_back(self, is_away: bool) -> None:
        self.table.is_away = is_away

    # Only a run that came to its end has counted: what is lost after one that died may not show in the numbers.
    @precondition(lambda self: self.has_counted_rows)
    @rule(every=st.integers(0, 3), resends=st.booleans(), fate=FATES)
    def the_target_loses_users(self, every: int, resends: bool, fate: Fate) -> None:
        self.table.lose(every)
        self._sync(fate=fate, resend=["postgres"] if resends else [])

    @rule(fate=FATES)
    def a_run_follows_what_changed(self, fate: Fate) -> None:
        self._sync(fate=fate)

    @rule(window=WINDOWS, fate=FATES)
    def a_run_computes_a_window(self, window: tuple[str, str], fate: Fate) -> None:
        self._sync(*window, fate=fate)

    def _end(self) -> None:
        """A run over what is left leaves the tables of one run over everything, and the target has all of it."""
        self.world.pass_time(hours=12)
        self.table.is_away = False
        self._sync()
        self.world.assert_settled()
        totals = self.world.insights()
        sent = {name: user for name, user in self.table.users.items() if user["events_processed"]}
        assert {name: {column: totals[name][column] for column in user} for name, user in sent.items()} == sent
        assert sent.keys() == totals.keys()

    def _sync(self, *window: str, fate: Fate = UNDISTURBED, resend: Sequence[str] = ()) -> None:
        self.world.pass_time(minutes=1)
        # A window can be over today, whose later events no run counts before tomorrow.
        self.has_counted_today |= bool(window) and window[1] > str(self.world.clock().date())
        steps = Steps(fate.step if isinstance(fate, KilledAt) else 0)
        if isinstance(fate, Interrupted):
            steps = InterruptedSteps(fate.step, lambda: self._interrupt(fate.change))
        has_ended = False
        with self.world.opened() as warehouse, contextlib.suppress(Killed):
            mortal = MortalWarehouse(warehouse, steps)
            self.world.sync(*window, warehouse=mortal, targets=[self.table], resend=resend)
            has_ended = True
        self.has_counted_rows = has_ended and not self.table.is_away
        self.world.assert_totals_agree_with_days()
        if has_ended and not window and not isinstance(fate, Interrupted) and not self.has_counted_today:
            self.world.assert_true()

    def _interrupt(self, change: Change) -> None:
        """The collector publishes between two steps of a run, and another run tries its luck without any time.

        If the first run has the lease by then, the other is refused; otherwise it starts and runs out of time.
        """
        self._change(change)
        with contextlib.suppress(WarehouseBusyError, DeadlineError):
            self.world.sync(deadline=Deadline.after(0.0), targets=[self.table])

    def _change(self, change: Change) -> None:
        match change:
            case Brought(events):
                self.world.bring(*{event.event_id: event for event in events}.values())
            case Resolved(person, to):
                self.world.move(person, to)
            case Forgotten(every):
                self.world.bring(gone=sorted(self.world.brought)[::every])
            case Shifted(person, at):
                own = [event for event in self.world.brought.values() if event.person == person]
                self.world.bring(*(with_changes(event, at=at) for event in own[:2]))


@leaves_sockets_open
@pytest.mark.sequences
def test_after_any_sequence_of_changes_runs_and_crashes_the_totals_are_those_of_one_run(tmp_path: Path) -> None:
    run_state_machine(lambda: UserSyncMachine(tmp_path), examples=12, steps=20)
