"""Appends of any ranges in any order give what one fetch over everything gives."""

from dataclasses import dataclass
from datetime import date
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixpanel_data.base.errors import MixpanelDataError, RequestError
from mixpanel_data_standins.mixpanel import faults
from support.desk import Desk, DeskMaker, a_desk
from support.export_lines import event

pytestmark = pytest.mark.sequences

DAYS = 4
COLUMNS = "event_name, event_time, distinct_id, insert_id, properties, event_id"
KNOWN = "SELECT row_count, from_date::VARCHAR, to_date::VARCHAR, rejected FROM _metadata WHERE table_name = '{}'"


@dataclass(frozen=True)
class Copy:
    """A copy of an event, or an event without an insert id."""

    day: int
    number: int
    person: str | None
    stored_hour: int
    has_mark: bool

    def line(self) -> bytes:
        at = f"2040-03-{self.day:02} {self.number:02}:00:00"
        stored = f"2040-03-{self.day:02} {self.stored_hour:02}:30:00"
        mark = f"{self.day}-{self.number}" if self.has_mark else None
        ingested = {"$distinct_id_before_identity": "before"} if self.has_mark else {}
        return event("E", at, self.person, mark, stored, hour=self.stored_hour, **ingested)


COPIES = st.builds(
    Copy,
    day=st.integers(1, DAYS),
    number=st.integers(0, 3),
    person=st.sampled_from(["ann", "bob", "", None]),
    stored_hour=st.integers(4, 20),
    has_mark=st.booleans(),
)
SPANS = st.tuples(st.integers(1, DAYS), st.integers(1, DAYS)).map(lambda pair: (min(pair), max(pair)))


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(copies=st.lists(COPIES, max_size=25), spans=st.lists(SPANS, max_size=4), order=st.randoms(use_true_random=False))
def test_appends_of_overlapping_ranges_equal_one_fetch(
    tmp_path_factory: pytest.TempPathFactory, copies: list[Copy], spans: list[tuple[int, int]], order: Random
) -> None:
    covered = {day for first, last in spans for day in range(first, last + 1)}
    everything = [*spans, *((day, day) for day in range(1, DAYS + 1) if day not in covered)]
    order.shuffle(everything)
    with (
        pytest.MonkeyPatch.context() as patch,
        a_desk(tmp_path_factory.mktemp("desk"), patch, [copy.line() for copy in copies]) as desk,
    ):
        fetch(desk, "whole", (1, DAYS))
        for span in everything:
            fetch(desk, "events", span, append=True)
        assert rows(desk, "events") == rows(desk, "whole")
        assert desk.rows(KNOWN.format("events")) == desk.rows(KNOWN.format("whole"))


def fetch(desk: Desk, name: str, span: tuple[int, int], *, append: bool = False) -> None:
    first, last = (f"2040-03-{day:02}" for day in span)
    with desk.workspace() as workspace:
        workspace.fetch_events(name, first, last, append=append)


def rows(desk: Desk, table: str) -> list[tuple[object, ...]]:
    return desk.rows(f"SELECT {COLUMNS} FROM {table} ORDER BY ALL")


def test_an_append_to_the_table_of_another_project_is_refused(
    desk_with: DeskMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_with([event(at="2040-03-01 10:00:00")])
    fetch(desk, "events", (1, 1))
    asked = len(desk.mixpanel.calls)
    monkeypatch.setenv("MP_PROJECT_ID", "77")
    with pytest.raises(RequestError, match="77"):
        fetch(desk, "events", (2, 2), append=True)
    assert len(desk.mixpanel.calls) == asked


def test_an_append_of_other_days_while_one_is_unfinished_says_which_one(desk_with: DeskMaker) -> None:
    desk = desk_with([event(at=f"2040-03-{day:02} 10:00:00", mark=str(day)) for day in range(1, 15)])
    fetch(desk, "events", (1, 1))

    def refuse_the_next(_: int) -> None:
        desk.mixpanel.faults.append(faults.Status(403))

    with desk.workspace() as workspace, pytest.raises(MixpanelDataError):
        workspace.fetch_events("events", "2040-03-02", "2040-03-14", append=True, progress=refuse_the_next)
    with pytest.raises(RequestError, match=r"2040-03-02.*2040-03-14.*restart"):
        fetch(desk, "events", (2, 3), append=True)
    assert desk.rows("SELECT count(*) FROM events") == [(1,)]
    fetch(desk, "events", (2, 14), append=True)
    assert desk.rows("SELECT count(*) FROM events") == [(14,)]


@pytest.mark.parametrize(("stored", "expected"), [("22:00:00", "before"), ("23:00:00", "after"), ("23:30:00", "after")])
def test_of_an_event_that_is_there_the_newer_copy_stays_and_of_copies_as_old_the_one_read_later(
    desk_with: DeskMaker, stored: str, expected: str
) -> None:
    at = "2040-03-01 10:00:00"
    desk = desk_with([event(at=at, stored="2040-03-01 23:00:00", plan="before")])
    fetch(desk, "events", (1, 1))
    desk.mixpanel.drop_day(date(2040, 3, 1))
    desk.mixpanel.add([event(at=at, stored=f"2040-03-01 {stored}", plan="after")])
    fetch(desk, "events", (1, 1), append=True)
    assert desk.rows("SELECT properties->>'$.plan' FROM events") == [(expected,)]


def test_an_append_that_brings_nothing_new_changes_no_row_and_leaves_the_file_as_large_as_it_was(
    desk_with: DeskMaker,
) -> None:
    desk = desk_with(
        event(at=f"2040-03-01 10:{minute:02}:00", mark=str(minute), note=Random(minute).randbytes(20_000).hex())
        for minute in range(60)
    )
    fetch(desk, "events", (1, 1))
    before, size = desk.rows(f"SELECT rowid, {COLUMNS} FROM events ORDER BY ALL"), desk.path.stat().st_size
    for _ in range(2):
        fetch(desk, "events", (1, 1), append=True)
        assert desk.rows(f"SELECT rowid, {COLUMNS} FROM events ORDER BY ALL") == before
        assert desk.path.stat().st_size <= size
