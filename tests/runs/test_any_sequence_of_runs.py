"""Runs that start, publish, take turns, fail and die, in any order: the tables record each of them as it was.

A hypothesis state machine. Its model is a list of runs; after each step `job_runs`, `job_locks` and the effects of the
published parts are held to it.
"""

import contextlib
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from mixpanel_data import runs
from mixpanel_data.base.errors import QueryError
from mixpanel_data.base.window import Window
from mixpanel_data.warehouse.statements import Statement
from support.engines import DuckDB
from support.export_lines import NOW
from support.fatal_steps import Killed
from support.settable_clock import SettableClock
from support.state_machines import run_state_machine
from support.stored_rows import all_rows_of

HOUR = timedelta(hours=1)
JOBS = ("collector", "incremental-user-sync")
# Drawn more often, so that some runs of an example are over the same request.
COLLECTOR, MARCH = (*["collector"] * 3, JOBS[1]), (*["march"] * 3, "april")
LEASE_SECONDS = 60.0

NOTE = Statement(
    "note",
    "INSERT INTO alert_mutes (event_name, muted_from, muted_to, reason, created_at)"
    " SELECT @note, @at, @at, @run_id, @at FROM (SELECT 1)",
    {"note": "STRING", "at": "TIMESTAMP", "run_id": "STRING"},
)
FAIL = Statement("fail", "INSERT INTO alert_mutes (event_name) SELECT ERROR('broken') FROM (SELECT 1)")


@dataclass
class RecordedRun:
    """A run, with what the tables must record of it."""

    run: runs.Run
    stack: contextlib.ExitStack
    status: str = "running"
    is_alone: bool = False
    parts: dict[int, Window] = field(default_factory=dict)
    """The windows of the recorded parts, by number; a part that failed leaves its number out."""
    noted: dict[int, Window] = field(default_factory=dict)
    """The windows of the noted parts that nothing has recorded yet."""

    def record_noted(self) -> None:
        """What a transaction of the run does."""
        self.parts |= self.noted
        self.noted = {}


class RunsMachine(RuleBasedStateMachine):
    """A dataset, a clock, and the runs of two jobs over two requests."""

    running = Bundle("running")

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.clock = SettableClock()
        self.warehouse = DuckDB(folder).fresh().open()
        self.runs: list[RecordedRun] = []
        self.notes: list[tuple[str, str]] = []
        self.guarded = dict.fromkeys(JOBS, 0)

    def teardown(self) -> None:
        for one in self.runs:
            one.stack.close()
        self.warehouse.close()

    @rule(target=running, job=st.sampled_from(COLLECTOR), request=st.sampled_from(MARCH))
    def a_run_starts(self, job: str, request: str) -> RecordedRun:
        # No two runs of a job start at the same time.
        self.clock.advance(seconds=1)
        now = self.clock()
        run = runs.Run(
            f"run{len(self.runs)}", job, now, Window(now - HOUR, now), self.warehouse, self.clock, request=request
        )
        taken_over = runs.published_windows(run)
        assert taken_over == self._unfinished_windows(run)
        started = RecordedRun(run, contextlib.ExitStack())
        started.stack.enter_context(runs.begin(run))
        self.runs.append(started)
        return started

    @rule(one=running, hour=st.integers(0, 23))
    def a_run_publishes_a_part(self, one: RecordedRun, hour: int) -> None:
        window, figures = Window(NOW + hour * HOUR, NOW + (hour + 1) * HOUR), {"hour": hour}
        note, at = self._new_note(one), self.clock()
        assert runs.publish(one.run, [NOTE], window=window, figures=figures, note=note, at=at) == figures
        one.record_noted()
        one.parts[one.run.parts] = window

    @rule(one=running, hour=st.integers(0, 23))
    def a_run_notes_a_part(self, one: RecordedRun, hour: int) -> None:
        window, waiting = Window(NOW + hour * HOUR, NOW + (hour + 1) * HOUR), len(one.noted)
        is_due = bool(waiting) and self.clock() - one.run.noted[0].finished_at >= HOUR / 60
        runs.note(one.run, window=window, figures={"hour": hour})
        one.noted[one.run.parts] = window
        if is_due:
            self.guarded[one.run.job] += 1
            one.record_noted()
        assert len(one.run.noted) == len(one.noted)

    @rule(job=st.sampled_from(COLLECTOR))
    def a_run_finds_nothing_to_do(self, job: str) -> None:
        self.clock.advance(seconds=1)
        now = self.clock()
        run = runs.Run(f"run{len(self.runs)}", job, now, Window(now - HOUR, now), self.warehouse, self.clock)
        runs.record_whole(run, {"found": 0})
        self.runs.append(RecordedRun(run, contextlib.ExitStack(), status="ok"))

    @rule(one=running)
    def a_run_writes_a_note_without_a_part(self, one: RecordedRun) -> None:
        runs.write(one.run, "note", [NOTE], note=self._new_note(one), at=self.clock())
        one.record_noted()

    @rule(one=running)
    def a_part_fails(self, one: RecordedRun) -> None:
        with pytest.raises(QueryError, match="broken"):
            runs.publish(one.run, [NOTE, FAIL], window=one.run.window, figures={}, note="undone", at=self.clock())

    @rule(one=running)
    def a_note_fails(self, one: RecordedRun) -> None:
        with pytest.raises(QueryError, match="broken"):
            runs.write(one.run, "note", [NOTE, FAIL], note="undone", at=self.clock())

    @rule(one=running)
    def a_run_tries_to_be_alone(self, one: RecordedRun) -> None:
        if not one.is_alone:
            is_taken = any(other.is_alone for other in self.runs if other.run.job == one.run.job)
            attempt = contextlib.ExitStack()
            got = attempt.enter_context(runs.exclusive(one.run, LEASE_SECONDS, wait_until=None))
            assert got is not is_taken
            if got:
                one.is_alone = True
                one.stack.push(attempt)
            else:
                attempt.close()

    @rule(one=consumes(running), ending=st.sampled_from(["ok", "failed", "running"]))
    def a_run_ends_well_or_fails_or_dies(self, one: RecordedRun, ending: str) -> None:
        errors = {"ok": None, "failed": QueryError("no"), "running": Killed()}
        with contextlib.suppress(QueryError, Killed), one.stack:
            if error := errors[ending]:
                raise error
        one.status, one.is_alone = ending, False
        if ending != "running":
            one.record_noted()

    @rule(hours=st.sampled_from([1, 12, 24]))
    def time_passes(self, hours: int) -> None:
        self.clock.advance(hours=hours)

    @invariant()
    def job_runs_has_a_row_for_each_run_and_each_part(self) -> None:
        rows = self.warehouse.rows(all_rows_of("job_runs"))
        stored = [
            (row["run_id"], row["part"], row["job"], row["status"], row["window_from"], row["window_to"])
            for row in sorted(rows, key=lambda row: (row["run_id"], row["part"]))
        ]
        expected = [
            (one.run.run_id, part, one.run.job, "ok" if part else one.status, window.start, window.end)
            for one in sorted(self.runs, key=lambda one: one.run.run_id)
            for part, window in [(0, one.run.window), *sorted(one.parts.items())]
        ]
        assert stored == expected

    @invariant()
    def effects_are_those_of_the_transactions_that_committed(self) -> None:
        rows = self.warehouse.rows(all_rows_of("alert_mutes"))
        assert sorted((row["reason"], row["event_name"]) for row in rows) == sorted(self.notes)

    @invariant()
    def the_guard_of_a_job_counts_its_transactions(self) -> None:
        rows = self.warehouse.rows(all_rows_of("job_locks"))
        counted = {row["job"]: row["n"] for row in rows}
        assert len(counted) == len(rows)
        assert dict.fromkeys(JOBS, 0) | counted == self.guarded

    def _new_note(self, one: RecordedRun) -> str:
        """The text of a note that a run is about to make."""
        note = f"note{len(self.notes)}"
        self.notes.append((one.run.run_id, note))
        self.guarded[one.run.job] += 1
        return note

    def _unfinished_windows(self, run: runs.Run) -> list[Window]:
        """The parts that a run can take over: of runs over its request that did not end well, one day back at most,
        and none from before a run that did."""
        alike = [
            one
            for one in self.runs
            if (one.run.job, one.run.request) == (run.job, run.request)
            and one.run.started_at >= run.started_at - 24 * HOUR
        ]
        done = [one.run.started_at for one in alike if one.status == "ok"]
        windows = [
            window
            for one in alike
            if one.status != "ok" and one.run.started_at > max(done, default=run.started_at - 24 * HOUR)
            for window in one.parts.values()
        ]
        return sorted(windows, key=lambda window: window.start)


@pytest.mark.sequences
def test_after_any_sequence_of_runs_the_tables_record_each_of_them_as_it_was(tmp_path: Path) -> None:
    run_state_machine(lambda: RunsMachine(tmp_path), examples=30, steps=30)
