"""`fetch_events`: every event once, whole or not there, and taken up where it was cut off."""

import json
import random
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pytest

from mixpanel_data.base.errors import (
    QueryError,
    RateLimitError,
    RequestError,
    TableExistsError,
    TableNotFoundError,
    UnavailableError,
    WarehouseBusyError,
)
from mixpanel_data.workspace.workspace import Workspace
from mixpanel_data_standins.mixpanel import faults
from support.desk import Desk, DeskMaker
from support.export_lines import event, line_of, seconds

pytestmark = pytest.mark.sequences

FIRST, LAST = "2040-03-01", "2040-03-14"
ALL = "SELECT event_name, event_time, distinct_id, insert_id, properties, event_id FROM events ORDER BY ALL"


def two_weeks(each: int = 3) -> list[bytes]:
    """Events of each day from the first to the last, with copies of which the newer counts."""
    lines = []
    for day in range(1, 15):
        for number in range(each):
            at = f"2040-03-{day:02} {number % 24:02}:00:00"
            lines.append(event(f"E{number % 2}", at, f"p{number}", f"{day}-{number}", plan="old"))
            if number % 2:
                stored = f"2040-03-{day:02} 23:30:00"
                lines.append(event(f"E{number % 2}", at, f"p{number}", f"{day}-{number}", stored, plan="new"))
    return lines


@pytest.fixture
def desk(desk_with: DeskMaker) -> Desk:
    return desk_with(two_weeks())


def fetch(desk: Desk, name: str = "events", first: str = FIRST, last: str = LAST, **options: Any) -> Any:
    with desk.workspace() as workspace:
        return workspace.fetch_events(name, first, last, **options)


def tables(desk: Desk) -> list[str]:
    with Workspace.open(desk.path) as workspace:
        return [table.name for table in workspace.tables()]


def test_every_event_is_there_once_and_of_its_copies_the_newest(desk: Desk) -> None:
    result = fetch(desk)
    assert (result.table, result.rows, result.type, result.date_range) == ("events", 42, "events", (FIRST, LAST))
    rows = desk.rows("SELECT properties->>'$.plan', insert_id FROM events")
    assert {(plan, int(mark.split("-")[1]) % 2) for plan, mark in rows} == {("old", 0), ("new", 1)}
    assert len({mark for _, mark in rows}) == len(rows) == 42


def test_of_copies_as_old_the_greater_id_wins_and_then_the_greater_json(desk_with: DeskMaker) -> None:
    ingested = {"$distinct_id_before_identity": "d"}
    ids = [event("Id", mark="i", person=person, plan="x", **ingested) for person in ("a", "c", "b")]
    texts = [event("Text", mark="t", plan=plan) for plan in ("b", "c", "a")]
    spellings = [event("Spelling", mark="s", n=1), event("Spelling", mark="s", n=1).replace(b'"n":1', b'"n": 1')]
    desk = desk_with([*ids, *texts, *spellings])
    assert fetch(desk).rows == 3
    assert desk.rows("SELECT event_name, distinct_id, properties->>'$.plan' FROM events ORDER BY 1") == [
        ("Id", "c", "x"),
        ("Spelling", "ann", None),
        ("Text", "ann", "c"),
    ]


@pytest.mark.parametrize("fractions", [(0.9, 0.1), (0.1, 0.9)])
def test_copies_that_mixpanel_sends_with_different_days_are_one_event(
    desk_with: DeskMaker, fractions: tuple[float, float]
) -> None:
    at = "2040-03-01 10:00:00"
    first, second = (seconds(at) + fraction for fraction in fractions)
    desk = desk_with([event(at=at, time=first, plan="old")])
    desk.mixpanel.add(event(at=at, time=second, stored="2040-03-01 23:00:00", plan="new"), day=date(2040, 3, 14))
    assert fetch(desk).rows == 1
    assert len(desk.days_asked) == 2
    assert desk.rows("SELECT properties->>'$.plan' FROM events") == [("new",)]


def test_the_columns_are_those_of_the_documentation(desk: Desk) -> None:
    fetch(desk)
    with Workspace.open(desk.path) as workspace:
        found = [(column.name, column.type) for column in workspace.schema("events").columns]
    assert found == [
        ("event_name", "VARCHAR"),
        ("event_time", "TIMESTAMP"),
        ("distinct_id", "VARCHAR"),
        ("insert_id", "VARCHAR"),
        ("properties", "JSON"),
        ("event_id", "VARCHAR"),
    ]


def test_a_row_has_the_event_as_exported(desk_with: DeskMaker) -> None:
    desk = desk_with([event("Bought", "2040-03-14 10:11:12", "ann", "m1", plan="pro", price=1.5)])
    fetch(desk)
    (row,) = desk.rows(ALL)
    assert row[:4] == ("Bought", datetime(2040, 3, 14, 10, 11, 12), "ann", "m1")
    assert json.loads(row[4])["plan"] == "pro"
    assert len(row[5]) == 64


def test_an_event_without_an_insert_id_has_none_and_is_there_once(desk_with: DeskMaker) -> None:
    bare = event(mark=None, plan="a")
    desk = desk_with([bare, bare, event(mark=None, plan="b"), event(mark="", plan="c")])
    assert fetch(desk).rows == 3
    assert desk.rows("SELECT DISTINCT insert_id FROM events") == [(None,)]


def test_lines_that_are_not_events_are_counted(desk_with: DeskMaker) -> None:
    desk = desk_with([event(), b"42", line_of("No time", {}), b'{"event": "x\r"}'])
    result = fetch(desk)
    assert (result.rows, result.rejected) == (1, 3)
    assert desk.rows("SELECT row_count, rejected FROM _metadata") == [(1, 3)]


def test_events_that_a_warehouse_connector_sent_are_there_like_all_others(desk_with: DeskMaker) -> None:
    desk = desk_with([event(mark="own"), event(mark="sent", **{"$warehouse_import_id": "w1"})])
    assert fetch(desk).rows == 2


def test_the_metadata_says_what_was_fetched(desk: Desk) -> None:
    fetch(desk, events=["E1"], where='properties["plan"] == "new"')
    ((fetched_at, *rest),) = desk.rows(
        "SELECT fetched_at, table_name, type, from_date::VARCHAR, to_date::VARCHAR, row_count, project_id,"
        " filter_events, filter_where, rejected FROM _metadata"
    )
    project = desk.mixpanel.access.project_id
    assert rest == ["events", "events", FIRST, LAST, 14, project, ["E1"], 'properties["plan"] == "new"', 0]
    assert isinstance(fetched_at, datetime)


def test_days_without_events_make_an_empty_table(desk_with: DeskMaker) -> None:
    desk = desk_with()
    assert fetch(desk).rows == 0
    assert desk.rows("SELECT count(*) FROM events") == [(0,)]


def test_progress_counts_the_events_so_far(desk: Desk) -> None:
    seen: list[int] = []
    fetch(desk, progress=seen.append)
    assert seen[-1] == 42
    assert seen == sorted(seen)


# What is refused before Mixpanel is asked


def test_a_table_that_exists_is_refused_before_mixpanel_is_asked(desk: Desk) -> None:
    fetch(desk)
    asked = len(desk.mixpanel.calls)
    for name in ("events", "EVENTS"):
        with pytest.raises(TableExistsError, match=name):
            fetch(desk, name)
    assert len(desk.mixpanel.calls) == asked


@pytest.mark.parametrize("name", ["", "_events", "a b", "1st", "select", "größe", "🎉", 'a"b', "main.events"])
def test_a_name_that_a_query_would_have_to_quote_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(RequestError, match="name"):
        fetch(desk, name)
    assert desk.mixpanel.calls == []
    assert not desk.path.exists()


@pytest.mark.parametrize(
    ("days", "named"),
    [
        ((None, LAST), "from_date"),
        ((FIRST, None), "to_date"),
        (("yesterday", LAST), "from_date"),
        (("2040-02-30", LAST), "from_date"),
        ((LAST, FIRST), "to_date"),
    ],
)
def test_days_that_are_missing_or_wrong_are_named(desk: Desk, days: tuple[str, str], named: str) -> None:
    with pytest.raises(RequestError, match=named):
        fetch(desk, "events", *days)
    assert desk.mixpanel.calls == []


def test_an_empty_list_of_events_is_refused(desk: Desk) -> None:
    with pytest.raises(RequestError, match="events"):
        fetch(desk, events=[])


def test_a_workspace_without_credentials_cannot_fetch(desk: Desk) -> None:
    fetch(desk)
    from mixpanel_data.base.errors import AuthenticationError

    with pytest.raises(AuthenticationError, match="mp auth add"):
        Workspace.open(desk.path).fetch_events("other", FIRST, LAST)


def test_the_raw_connection_keeps_a_fetch_out(desk: Desk) -> None:
    with desk.workspace() as workspace:
        workspace.connection.execute("SELECT 1")
        with pytest.raises(WarehouseBusyError, match=r"close\(\)"):
            workspace.fetch_events("events", FIRST, LAST)


# Cut off, and taken up


def cut_off(desk: Desk, first: str = FIRST, last: str = LAST, **options: Any) -> None:
    """A fetch whose second portion fails for good."""

    def refuse_the_next(_: int) -> None:
        desk.mixpanel.faults.extend([faults.Status(400, "no")])

    with pytest.raises(QueryError):
        fetch(desk, "events", first, last, progress=refuse_the_next, **options)


def test_a_fetch_that_was_cut_off_is_nowhere_to_be_seen(desk: Desk) -> None:
    cut_off(desk)
    assert tables(desk) == []
    with pytest.raises(TableNotFoundError):
        desk.rows("SELECT * FROM events")


def test_the_same_call_goes_on_after_the_last_whole_portion(desk: Desk) -> None:
    cut_off(desk)
    (done, _failed) = desk.days_asked
    result = fetch(desk)
    assert result.rows == 42
    assert desk.days_asked[2][0] > done[1]
    assert desk.rows("SELECT count(*), count(DISTINCT event_id) FROM events") == [(42, 42)]
    assert desk.rows("SELECT * FROM _fetches") == desk.rows("SELECT * FROM _fetches_portions") == []


def test_another_call_for_the_name_says_what_waits(desk: Desk) -> None:
    cut_off(desk)
    asked = len(desk.mixpanel.calls)
    with pytest.raises(RequestError, match=f"{FIRST}.*{LAST}"):
        fetch(desk, last="2040-03-13")
    assert len(desk.mixpanel.calls) == asked


def test_names_of_unfinished_fetches_are_the_same_in_any_case(desk: Desk) -> None:
    cut_off(desk)
    with pytest.raises(RequestError, match=f"{FIRST}.*{LAST}"):
        fetch(desk, name="EVENTS", last="2040-03-13")


@pytest.mark.parametrize(
    "options", [{"events": ["a\udc80"]}, {"where": "\udc80"}], ids=lambda options: next(iter(options))
)
def test_a_text_that_is_not_unicode_is_refused_before_mixpanel_is_asked(desk: Desk, options: dict[str, Any]) -> None:
    with pytest.raises(RequestError, match=f"{next(iter(options))}.*not valid Unicode"):
        fetch(desk, **options)
    assert desk.mixpanel.calls == []


def test_a_restart_throws_away_what_waits(desk: Desk) -> None:
    cut_off(desk)
    fetch(desk, last="2040-03-02", restart=True)
    assert desk.days_asked[-1] == (FIRST, "2040-03-02")
    assert desk.rows("SELECT count(*) FROM events") == [(6,)]


@pytest.mark.usefixtures("waits")
def test_a_broken_export_is_asked_for_again(desk: Desk) -> None:
    desk.mixpanel.faults.extend([faults.TruncatedGzip(), faults.CloseEarly(100), faults.Status(503)])
    assert fetch(desk).rows == 42


def test_a_long_wait_ends_the_call_and_the_same_call_goes_on(desk: Desk, waits: list[float]) -> None:
    desk.mixpanel.faults.extend([faults.Status(429, retry_after="3600")])
    with pytest.raises(RateLimitError):
        fetch(desk)
    assert waits == []
    assert fetch(desk).rows == 42


def test_a_short_wait_is_waited_for(desk: Desk, waits: list[float]) -> None:
    desk.mixpanel.faults.extend([faults.Status(429, retry_after="10")])
    assert fetch(desk).rows == 42
    assert waits[0] >= 10


def test_an_interrupt_between_portions_loses_nothing_that_is_stored(desk: Desk) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(desk, progress=interrupt)
    (done,) = desk.days_asked
    assert fetch(desk).rows == 42
    assert desk.days_asked[1][0] > done[1]


@pytest.mark.usefixtures("waits")
def test_mixpanel_being_away_is_an_error_that_can_pass(desk: Desk) -> None:
    desk.mixpanel.faults.extend([faults.Status(503)] * 5)
    with pytest.raises(UnavailableError):
        fetch(desk)


# Appending


@pytest.mark.parametrize("seed", range(3))
def test_appends_in_any_order_equal_one_fetch(desk: Desk, seed: int) -> None:
    fetch(desk, "whole")
    days = [f"2040-03-{day:02}" for day in range(1, 15)]
    cuts = random.Random(seed)
    edges = [0, *sorted(cuts.sample(range(1, 14), 3)), 14]
    spans = [(days[start], days[end - 1]) for start, end in pairwise(edges)]
    spans += [(days[2], days[9])]
    cuts.shuffle(spans)
    for first, last in spans:
        fetch(desk, "events", first, last, append=True)
    assert desk.rows(ALL) == desk.rows(ALL.replace("events", "whole"))
    assert desk.rows("SELECT row_count, from_date::VARCHAR, to_date::VARCHAR FROM _metadata ORDER BY ALL") == [
        (42, FIRST, LAST),
        (42, FIRST, LAST),
    ]


def test_an_append_brings_what_changed(desk: Desk) -> None:
    fetch(desk)
    changed = event(
        "E0",
        "2040-03-14 00:00:00",
        "p9",
        "14-0",
        "2040-03-14 23:59:00",
        plan="newest",
        **{"$distinct_id_before_identity": "p0"},
    )
    late = event("E0", "2040-03-14 22:00:00", "p1", "late")
    desk.mixpanel.add([changed, late])
    fetch(desk, first=LAST, append=True)
    assert desk.rows("SELECT count(*) FROM events") == [(43,)]
    found = desk.rows("SELECT properties->>'$.plan', distinct_id FROM events WHERE insert_id = '14-0'")
    assert ("newest", "p9") in found


def test_an_append_with_another_filter_is_refused(desk: Desk) -> None:
    fetch(desk, events=["E1"])
    asked = len(desk.mixpanel.calls)
    with pytest.raises(RequestError, match="E1"):
        fetch(desk, append=True)
    assert len(desk.mixpanel.calls) == asked


def test_nothing_is_appended_to_a_table_that_was_not_fetched(desk: Desk) -> None:
    with desk.workspace() as workspace:
        workspace.connection.execute("CREATE TABLE events AS SELECT 1 AS n")
    with pytest.raises(RequestError, match="not fetched"):
        fetch(desk, append=True)


def test_an_append_that_was_cut_off_changes_nothing_until_it_is_whole(desk: Desk) -> None:
    fetch(desk, last="2040-03-02")
    before = desk.rows(ALL)
    cut_off(desk, "2040-03-02", append=True)
    assert desk.rows(ALL) == before
    fetch(desk, first="2040-03-02", append=True)
    assert desk.rows("SELECT count(*), count(DISTINCT event_id) FROM events") == [(42, 42)]


def test_an_ephemeral_workspace_is_gone_after_the_block(desk: Desk) -> None:
    with Workspace.ephemeral() as workspace:
        workspace.fetch_events(from_date=FIRST, to_date=LAST)
        assert workspace.sql_scalar("SELECT count(*) FROM events") == 42
        path = workspace.info().path
    from pathlib import Path

    assert not Path(path).exists()
    assert not Path(path).parent.exists()
