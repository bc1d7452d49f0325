"""When events arrived, and how old they were then, is found alike on both engines."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mixpanel_data.detect.findings.arrivals.export_lag import COUNT_COLLECTIONS, EXPORT_LAG
from mixpanel_data.detect.findings.arrivals.learning import ARRIVAL_AGES
from mixpanel_data.detect.study.first_looks import LATE_MINUTES
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES
from sql.same import outcome
from sql.zetasql_engine import Row

_NOON = datetime(2024, 3, 10, 12, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_PARAMETERS: dict[str, Any] = {
    "runs_since": _NOON - timedelta(days=1),
    "events_from": _NOON - timedelta(days=2),
    "start": _NOON - timedelta(hours=2),
    "end": _NOON + timedelta(hours=2),
    "lag_ms": 0,
    "most_lag_ms": 3 * 3_600_000,
    "most_age": 2880,
    "pairs_from": _NOON - timedelta(hours=2),
    "pairs_end": _NOON + timedelta(hours=2),
    "most_pair_age": 2880,
    "every_ms": 15 * 60_000,
    "names": ["Open"],
    "names_are_wanted": True,
}


def _event(happened: float, stored: float | None, collected: float, name: str = "Open") -> Row:
    """An event by minutes after noon."""
    happened_at = _NOON + happened * _MINUTE
    stored_at = None if stored is None else int((_NOON + stored * _MINUTE).timestamp() * 1000)
    return {
        **dict.fromkeys(column.name for column in TABLES["mixpanel_events"].columns),
        "event_timestamp": happened_at,
        "event_name": name,
        "properties": "{}",
        "event_id": f"{name}{happened}",
        "mp_processing_time_ms": stored_at,
        "inserted_at": _NOON + collected * _MINUTE,
    }


def _collection(minute: float, status: str = "ok", *, reads: bool = True) -> Row:
    at = _NOON + minute * _MINUTE
    return {
        **dict.fromkeys(column.name for column in TABLES["job_runs"].columns),
        "run_id": f"r{minute}",
        "part": 0,
        "job": "collector",
        "status": status,
        "started_at": at,
        "window_from": at,
        "window_to": at,
        "read_until": at if reads else None,
    }


_COLLECTIONS = [
    _collection(0),
    _collection(15),
    _collection(30),
    _collection(20, "failed"),
    _collection(25, reads=False),
]


def _found(statement: Statement, events: list[Row], **parameters: Any) -> list[Row]:
    """What both engines found."""
    rows = {"mixpanel_events": events, "job_runs": _COLLECTIONS}
    given = {name: value for name, value in {**_PARAMETERS, **parameters}.items() if name in statement.parameters}
    both = outcome(statement, {name: rows[name] for name in statement.tables() & rows.keys()}, given)
    assert not (differences := both.differences()), "\n".join(differences)
    return both.google


def _ages(*events: Row, **parameters: Any) -> dict[str, str]:
    return {row["event_name"]: row["packed"] for row in _found(ARRIVAL_AGES, list(events), **parameters)}


def test_an_event_arrives_when_mixpanel_stores_it() -> None:
    assert _ages(_event(1.5, 1.6, 15)) == {"Open": "0 0 1"}
    assert _ages(_event(1.5, 2.1, 15)) == {"Open": "0 1 1"}
    assert _ages(_event(1.5, 118, 119)) == {"Open": "0 115 1"}


def test_an_event_of_a_clock_that_is_ahead_arrives_at_once() -> None:
    assert _ages(_event(90, 10, 15)) == {"Open": "0 0 1"}


def test_an_event_without_a_time_of_storage_teaches_nothing() -> None:
    assert _ages(_event(1, None, 15)) == {}


def test_an_event_that_a_collection_missed_arrives_with_the_one_that_brought_it() -> None:
    assert _ages(_event(1, 2, 30)) == {"Open": "0 28 1"}
    assert _ages(_event(1, 2, 30), lag_ms=14 * 60_000) == {"Open": "0 15 1"}


def test_a_copy_that_was_stored_again_arrived_when_it_was_collected_first() -> None:
    assert _ages(_event(1, 60, 15)) == {"Open": "0 13 1"}


def test_history_that_is_collected_later_is_not_late() -> None:
    assert _ages(_event(-119, -118.9, 70), most_lag_ms=60_000) == {"Open": "1 0 1"}
    assert _ages(_event(-2881, 1, 15)) == {}


def test_arrivals_are_counted_by_two_hours_before_the_end() -> None:
    events = [_event(minute, minute + 0.1, 15) for minute in (1, 1.2, -350)]
    found = _ages(*events, start=_NOON - timedelta(hours=9), end=_NOON + timedelta(minutes=20))
    assert sorted(found["Open"].split(" ")) == sorted(["0", "0", "2", "3", "0", "1"])


def test_the_waits_of_events_that_collections_missed_are_counted() -> None:
    events = [_event(1, 2, 15), _event(3, 4, 30), _event(5, 14.5, 30), _event(-9, -8, 0)]
    waits = {row["minutes"]: row["events"] for row in _found(EXPORT_LAG, events)}
    assert waits == {None: 1, 11: 1, 0: 1}
    assert _found(COUNT_COLLECTIONS, []) == [{"collections": 3}]


def test_pairs_of_events_that_arrive_together_are_counted() -> None:
    events = [_event(1.1, 1.2, 15), _event(1.3, 9, 15), _event(1.7, 9.5, 15), _event(5, 5, 15)]
    (row,) = _found(ARRIVAL_AGES, events)
    figures = [int(text) for text in row["packed_pairs"].split(" ")]
    # Part, age, pairs with one event of that age, and pairs whose later event is of it.
    assert sorted(figures[at : at + 4] for at in range(0, len(figures), 4)) == [[0, 0, 2, 0], [0, 8, 4, 6]]


def test_the_events_that_the_first_collection_after_their_minute_lacks_are_counted() -> None:
    events = [_event(1, 14, 15), _event(1.5, 15, 30), _event(14.5, 15.2, 30), _event(14, 14.9, 15), _event(3, 9000, 1)]
    (row,) = _found(LATE_MINUTES, [*events, _event(1, 15, 15, name="Other")], start=_NOON)
    assert sorted(row["packed"].split(" ")) == sorted(["1", "1", "14", "1"])
