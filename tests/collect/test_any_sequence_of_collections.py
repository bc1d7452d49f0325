"""Whatever Mixpanel, its users, schedulers and crashes do, in any order, the tables follow what Mixpanel serves.

A hypothesis state machine: its rules are what can happen. After each run the tables are held to a model, and in the end
to those of one run over everything.
"""

import contextlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from collect.collection_happenings import (
    ARRIVALS,
    CHANGES,
    CONFIGURATIONS,
    DAY,
    ENABLED,
    EVENTS,
    FATES,
    NAMES,
    WINDOWS,
    BrokenLine,
    Call,
    Change,
    DrawnEvent,
    Fate,
    Faulty,
    ForgottenDay,
    Merges,
    Overlapped,
)
from collect.collection_model import ArrivalsPromise, CollectionModel, Line, Owed, stored_ms
from mixpanel_data import collect
from mixpanel_data.base.errors import QueryError, UnavailableError
from mixpanel_data_standins.mixpanel import Behaviour
from support import event_oracle
from support.collected_tables import (
    assert_consistent,
    assert_tables_hold,
    changed_events,
    recorded_arrivals,
    wrote,
)
from support.collector_world import CollectorWorld, adds_up
from support.engines import DuckDB, opened
from support.event_oracle import Event
from support.fatal_steps import InterruptedSteps, Killed, Steps
from support.mortal_warehouse import MortalWarehouse
from support.open_sockets import leaves_sockets_open
from support.run_fates import UNDISTURBED, KilledAt
from support.state_machines import run_state_machine

# Without an expression, a reading of arrivals asks for the last seven days; a corrected zone moves events by one.
ALWAYS_READ = timedelta(days=5)


@dataclass(frozen=True)
class Run:
    """A run that has begun: what was served then, and whether it takes over from one that did not end."""

    call: Call
    started_at: datetime
    served: Mapping[str, Event]
    key: tuple[object, ...]
    takes_over: bool
    is_overlapped: bool
    arrivals: tuple[datetime, datetime]

    def owes(self, *, has_ended_well: bool) -> Owed:
        """The events that it has to have brought."""
        may = frozenset(self.served)
        if not has_ended_well:
            return Owed({}, {}, may)
        if self.call.days_ago is not None:
            is_exact = not self.takes_over and not self.is_overlapped
            return Owed(self.served if is_exact else {}, {} if is_exact else self.served, may)
        if self.call.names is not None and self.takes_over:
            return Owed({}, {}, may)
        first_ms, last_ms = (round(at.timestamp() * 1000) for at in self.arrivals)
        owed = {
            event_id: each
            for event_id, each in self.served.items()
            if first_ms <= stored_ms(each) <= last_ms and each.event_timestamp >= self.started_at - ALWAYS_READ
        }
        return Owed({}, owed, may)


class CollectorMachine(RuleBasedStateMachine):
    """A project at Mixpanel, a dataset, and everything that can happen to them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.patched = self.stack.enter_context(monkeypatch.context())
        self.world = self.stack.enter_context(CollectorWorld(DuckDB(folder).fresh()))
        self.tables = self.world.tables()
        self.model = CollectionModel()
        self.arrivals = ArrivalsPromise()
        self.configuration = "all"
        self.lines: list[Line] = []
        self.forgotten: list[Line] = []
        self.unfinished: set[tuple[object, ...]] = set()

    def teardown(self) -> None:
        try:
            if sys.exception() is None:
                self._end()
        finally:
            self.stack.close()

    # Mixpanel, its users, and time

    @initialize(drawn=st.lists(EVENTS, min_size=5, max_size=12), lines_per_part=st.sampled_from([8, 300_000]))
    def a_project_has_events_that_fit_into_few_parts_or_many(
        self, drawn: list[DrawnEvent], lines_per_part: int
    ) -> None:
        self.patched.setattr("mixpanel_data.collect.plan.LINES_PER_PART", lines_per_part)
        self.patched.setattr("mixpanel_data.collect.window.TOO_MANY_LINES", 4 * lines_per_part)
        self.events_arrive(drawn)

    @rule(drawn=st.lists(EVENTS, min_size=1, max_size=8))
    def events_arrive(self, drawn: list[DrawnEvent]) -> None:
        for each in drawn:
            self._add(each.line(self.now))

    @rule(change=CHANGES)
    def mixpanel_changes(self, change: Change) -> None:
        match change:
            case Merges(of):
                self.world.mixpanel.resolve.clear()
                self.world.mixpanel.resolve.update(of)
            case Behaviour():
                self.world.mixpanel.behaviour = change
            case ForgottenDay(days_ago):
                self._forget(self.now.date() - days_ago * DAY)
            case BrokenLine(text, days_ago):
                self._add(Line(text, self.now.date() - days_ago * DAY))

    @rule(minutes=st.sampled_from([1, 15, 45, 26 * 60]), configuration=st.sampled_from(sorted(CONFIGURATIONS)))
    def time_passes_and_the_configuration_is_edited(self, minutes: int, configuration: str) -> None:
        self.world.pass_time(minutes=minutes)
        if configuration != self.configuration:
            self.configuration = configuration
            self.arrivals.configuration_changed()

    # Runs

    @rule(call=ARRIVALS, fate=FATES)
    def a_run_reads_arrivals(self, call: Call, fate: Fate) -> None:
        self._run(call, fate)

    @rule(call=WINDOWS, fate=FATES, is_repeated=st.sampled_from([False, False, True]))
    def a_run_reads_a_window(self, call: Call, fate: Fate, is_repeated: bool) -> None:
        takes_over = self._key(call) in self.unfinished
        result = self._run(call, fate)
        if is_repeated and result and not takes_over and not isinstance(fate, Overlapped):
            self._assert_a_repeat_changes_no_row(call)

    def _end(self) -> None:
        """A run over everything, which takes over from no other, leaves the tables of one run from scratch."""
        self.configuration = "all"
        # Long enough for events that devices date tomorrow to lie in the past, in any zone.
        self.world.pass_time(hours=38)
        self.unfinished.clear()
        self.patched.undo()
        everything = Call((20, -1))
        self._run(everything)
        lines, zone = self._served()
        assert event_oracle.rejected_of(lines).items() <= self.tables.rejected().items()
        if not self.forgotten:
            assert_tables_hold(self.tables, lines, zone=zone.key)
        self._assert_a_repeat_changes_no_row(everything)

    def _assert_a_repeat_changes_no_row(self, call: Call) -> None:
        before = self.tables.lasting()
        again = self._run(call)
        assert again is not None
        assert (again.inserted, again.updated) == (0, 0)
        assert self.tables.lasting() == before

    # How a run is held to the model

    def _run(self, call: Call, fate: Fate = UNDISTURBED) -> collect.Result | None:
        """Run, and hold the tables to the model; None if the run failed."""
        owed: list[Owed] = []

        def overlap() -> None:
            assert isinstance(fate, Overlapped)
            self.world.mixpanel.resolve[fate.person] = "zoe"
            # Less than the minute after which parts that change nothing are recorded behind the guard.
            self.world.pass_time(seconds=59)
            second = self._begun(fate.by)
            owed.append(self._ended(second, self._attempt(fate.by, UNDISTURBED)))

        run = self._begun(call, is_overlapped=isinstance(fate, Overlapped))
        result = self._attempt(call, fate, overlap)
        owed.append(self._ended(run, result))
        before, self.tables = self.tables, self.world.tables()
        self.model.follow(self.tables.events(), owed)
        self._assert_sound()
        if len(owed) == 1:
            assert recorded_arrivals(before, self.tables) == changed_events(before, self.tables)
        return result

    def _attempt(self, call: Call, fate: Fate, overlap: Callable[[], None] = lambda: None) -> collect.Result | None:
        if isinstance(fate, Faulty):
            self.world.mixpanel.faults.extend([*[None] * fate.answered, fate.fault])
            self.world.mixpanel.faults.permanent = fate.fault if fate.is_permanent else None
        steps = Steps(fate.step if isinstance(fate, KilledAt) else 0)
        if isinstance(fate, Overlapped):
            steps = InterruptedSteps(fate.step, overlap)
        with opened(self.world.engine) as warehouse, contextlib.suppress(Killed, UnavailableError, QueryError):
            result = self.world.collect(
                warehouse=MortalWarehouse(warehouse, steps),
                config=CONFIGURATIONS[self.configuration],
                request=call.request(self.now.date()),
            )
            assert adds_up(result)
            return result
        return None

    def _begun(self, call: Call, *, is_overlapped: bool = False) -> Run:
        lines, zone = self._served()
        self.model.note_versions(lines, zone)
        names = {*ENABLED[self.configuration]} & {*(call.names or NAMES)}
        window = call.window(self.now.date())
        served = event_oracle.events_of(lines, zone=zone, window=window, is_enabled=names.__contains__)
        key = self._key(call)
        arrivals = self.arrivals.bounds(self.now)
        return Run(call, self.now, served, key, key in self.unfinished, is_overlapped, arrivals)

    def _key(self, call: Call) -> tuple[object, ...]:
        """The same for runs of which one can take over what another has published."""
        return call, self.now.date(), self.configuration

    def _ended(self, run: Run, result: collect.Result | None) -> Owed:
        self.world.mixpanel.faults.clear()
        has_ended_well = result is not None
        (self.unfinished.discard if has_ended_well else self.unfinished.add)(run.key)
        if run.call.days_ago is None and run.call.names is None:
            (self.arrivals.ended_well if has_ended_well else self.arrivals.failed)(run.started_at)
        return run.owes(has_ended_well=has_ended_well)

    def _assert_sound(self) -> None:
        """The tables agree with each other, as they must at any time."""
        assert_consistent(self.tables)
        seqs = {row["seq"] for row in self.tables.event_arrivals}
        assert seqs == set(range(1, len(seqs) + 1))
        guards = [row["n"] for row in self.tables.job_locks]
        assert max(guards, default=0) == sum(map(wrote, self.tables.job_runs)), "a part took no guard"
        ever = event_oracle.rejected_of(line.text for line in [*self.lines, *self.forgotten])
        assert self.tables.rejected().items() <= ever.items()

    # Mixpanel

    @property
    def now(self) -> datetime:
        return self.world.clock()

    def _forget(self, day: date) -> None:
        self.world.mixpanel.drop_day(day)
        self.forgotten += [line for line in self.lines if line.day == day]
        self.lines = [line for line in self.lines if line.day != day]

    def _add(self, line: Line) -> None:
        self.lines.append(line)
        self.world.mixpanel.add([line.text], day=line.day)

    def _served(self) -> tuple[list[bytes], ZoneInfo]:
        """The lines that Mixpanel serves now, and the zone that their times are in."""
        resolve, zone = self.world.mixpanel.resolve, self.world.mixpanel.behaviour.zone
        today = self.now.astimezone(zone).date()
        return [event_oracle.resolved(line.text, resolve) for line in self.lines if line.day <= today], zone


@leaves_sockets_open
@pytest.mark.sequences
def test_after_any_sequence_of_events_runs_and_crashes_the_tables_are_those_of_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_state_machine(lambda: CollectorMachine(tmp_path, monkeypatch), examples=12, steps=20)
