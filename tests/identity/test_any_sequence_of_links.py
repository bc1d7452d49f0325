"""Whatever sources show, somebody decides or configures, and crashes do, in any order, the graph follows.

A hypothesis state machine: its rules are what can happen. After each run that ends, the tables are those that the
oracle computes of the links, and after one that dies they are those of before it or of after it.
"""

import contextlib
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from identity.identity_happenings import (
    CONFIGURATIONS,
    FATES,
    SHOWN,
    Fate,
    Interrupted,
    LoggedIn,
    Paired,
    Shown,
    Used,
)
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import DeadlineError, MixpanelDataError, WarehouseBusyError
from support.engines import DuckDB
from support.fatal_steps import InterruptedSteps, Killed, Steps
from support.identity_oracle import Link
from support.identity_tables import IdentityTables, assert_consistent, config_in_force
from support.identity_world import IdentityWorld, assert_answer_agrees, assert_answer_of_parts_agrees
from support.mortal_warehouse import MortalWarehouse
from support.open_sockets import leaves_sockets_open
from support.published_events import PublishedEvent
from support.run_fates import UNDISTURBED, KilledAt
from support.state_machines import run_state_machine


class IdentityMachine(RuleBasedStateMachine):
    """A dataset with three sources, and everything that can happen to it."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.world = IdentityWorld(DuckDB(folder).fresh())
        self.in_force = self.world.document
        self.shown: set[tuple[str, frozenset[str]]] = set()

    def teardown(self) -> None:
        if sys.exception() is None:
            self._end()

    @initialize(document=CONFIGURATIONS, shown=SHOWN)
    def there_is_a_configuration(self, document: dict[str, Any], shown: Shown) -> None:
        self.world.document = document
        self._show(shown)

    @rule(shown=SHOWN)
    def sources_show_links(self, shown: Shown) -> None:
        self._show(shown)

    @rule(document=CONFIGURATIONS)
    def somebody_edits_the_configuration(self, document: dict[str, Any]) -> None:
        self.world.document = document

    @rule(hours=st.sampled_from([1, 13]))
    def time_passes(self, hours: int) -> None:
        self.world.pass_time(hours=hours)

    @rule(fate=FATES)
    def a_run_follows_the_links(self, fate: Fate) -> None:
        self._run("refresh", fate=fate)

    @rule(fate=FATES)
    def a_run_builds_all_anew(self, fate: Fate) -> None:
        self._run("build", fate=fate)

    @rule(fate=FATES)
    def a_run_reads_a_window(self, fate: Fate) -> None:
        self._run("refresh", fate=fate, start="2040-02-01", end="2040-02-02")

    @rule(action=st.sampled_from(["split", "split", "link"]), number=st.integers(0, 60), fate=FATES)
    def somebody_decides_about_a_link(self, action: str, number: int, fate: Fate) -> None:
        links = [link for link in self.world.tables().links if link["id_a"] != link["id_b"]]
        if links:
            link = links[number % len(links)]
            self._run(action, fate=fate, a=link["id_b"], b=link["id_a"])

    @rule(pair=st.sampled_from(["a u1", "u2 d2", "e d3", "b c"]), fate=FATES)
    def somebody_adds_a_link(self, pair: str, fate: Fate) -> None:
        a, b = pair.split()
        self._run("link", fate=fate, a=a, b=b)

    # What the rules do

    def _run(self, action: str, *, fate: Fate = UNDISTURBED, **parameters: Any) -> None:
        self.world.pass_time(minutes=1)
        before = self.world.tables()
        steps = Steps(fate.step if isinstance(fate, KilledAt) else 0)
        if isinstance(fate, Interrupted):
            steps = InterruptedSteps(fate.step, lambda: self._interrupt(fate.shown))
        with self.world.opened() as warehouse:
            try:
                result = self.world.run(action, warehouse=MortalWarehouse(warehouse, steps), **parameters)
            except Killed:
                self._assert_before_or_after()
                return
            except MixpanelDataError as error:
                self._assert_refused(error, before)
                return
        after = self.world.tables()
        is_reconfigured, self.in_force = self.in_force != self.world.document, self.world.document
        assert_consistent(after, self.in_force)
        assert {pair_of(link) for link in before.links} <= {pair_of(link) for link in after.links}
        if not isinstance(fate, Interrupted):
            agrees = assert_answer_of_parts_agrees if is_reconfigured else assert_answer_agrees
            agrees(result, before, after)

    def _assert_refused(self, error: MixpanelDataError, before: IdentityTables) -> None:
        """Too much would have been withdrawn, and nothing was."""
        assert error.http_status == 400, error
        assert "max_withdrawn" in str(error), error
        assert self.world.tables().as_text()["identity_permutations"] == before.as_text()["identity_permutations"]
        self._assert_before_or_after()

    def _assert_before_or_after(self) -> None:
        self.in_force = config_in_force(self.world.tables(), self.in_force, self.world.document)

    def _interrupt(self, shown: Shown) -> None:
        """Something is shown between two steps of a run, and another run tries its luck without any time."""
        self._show(shown)
        with contextlib.suppress(WarehouseBusyError, DeadlineError):
            self.world.run(deadline=Deadline.after(0.0))

    def _show(self, shown: Shown) -> None:
        match shown:
            case Paired(pairs):
                self.world.pair(*pairs)
                self.shown |= {("pairs", frozenset(pair.split())) for pair in pairs}
            case LoggedIn(logins):
                self.world.login(*logins)
                self.shown |= {("logins", frozenset(login.split())) for login in logins}
            case Used(events):
                self.world.bring(*map(_event, events))
                self.shown |= {("events", frozenset((user, device))) for user, device, _ in events}

    def _end(self) -> None:
        """Once the day is over all that was shown is linked, and nothing is left to do."""
        self.world.pass_time(days=1)
        self.world.document = {**self.world.document, "max_withdrawn": None}
        self._run("refresh")
        links = self.world.tables().links
        assert {pair_of(link) for link in links if link["source"] != "manual"} == self.shown
        self.world.assert_settled()


def pair_of(link: Link) -> tuple[str, frozenset[str]]:
    """The source of a link, and its one or two ids."""
    return link["source"], frozenset((link["id_a"], link["id_b"]))


def _event(drawn: tuple[str, str, str]) -> PublishedEvent:
    user, device, at = drawn
    return PublishedEvent("Visit", at, user, " ".join(drawn), {"$user_id": user, "$device_id": device})


@leaves_sockets_open
@pytest.mark.sequences
def test_after_any_sequence_of_links_decisions_limits_and_crashes_the_graph_is_the_oracle_s(tmp_path: Path) -> None:
    run_state_machine(lambda: IdentityMachine(tmp_path), examples=4, steps=20)
