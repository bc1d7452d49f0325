"""What the comparison of an export with the stored events finds is alike on both engines, for copies of every kind."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from mixpanel_data.collect.comparing import statements as compared
from sql.awkward import event
from sql.same import outcome
from sql.zetasql_engine import Row

# What an engine makes up, or computes by a function of its own.
_OWN = ("row_id", "contents_fingerprint", "event_key", "id_fingerprint")
_ALL: Mapping[str, Any] = {
    "zone": "UTC",
    "names": [],
    "names_are_wanted": False,
    "connectors_are_wanted": False,
    "window_start": datetime(1960, 1, 1, tzinfo=UTC),
    "window_end": datetime(2160, 1, 1, tzinfo=UTC),
    "arrived_from_ms": 0,
}

# Copies.

_AT = datetime(2024, 3, 10, 12, tzinfo=UTC)
_READ_AT = datetime(2024, 3, 12, tzinfo=UTC)
_DAYS: Mapping[str, Any] = {
    "days": [date(2024, 3, 9), date(2024, 3, 10), date(2024, 3, 11)],
    "first_day": datetime(2024, 3, 9, tzinfo=UTC),
    "end_day": datetime(2024, 3, 12, tzinfo=UTC),
    "read_at": _READ_AT,
    "started_at": _READ_AT,
}


def _copy(row_id: str, event_id: str | None = "e", **other: Any) -> Row:
    return {
        "row_id": row_id, "reason": None, "rejected_line": None, "is_wanted": True, "event_name": "Open",
        "event_timestamp": _AT, "properties": '{"a":1}', "distinct_id": "ann",
        "event_id": event_id, "time_seconds": 1, "ingested_id": "ann", "mp_processing_time_ms": 5,
        "contents_fingerprint": 1, "is_known": False, "event_key": None, "id_fingerprint": None, **other,
    }  # fmt: skip


def _stored(event_id: str = "e", **other: Any) -> Row:
    return {
        "event_timestamp": _AT, "inserted_at": _AT, "event_name": "Open", "properties": '{"a":1}', "distinct_id": "ann",
        "event_id": event_id, "mp_processing_time_ms": 5, "read_at": _AT, "contents_fingerprint": 1,
        "event_key": None, **other,
    }  # fmt: skip


_COPIES: Mapping[str, tuple[list[Row], list[Row], set[str]]] = {
    "a new event": ([_copy("r")], [], {"r"}),
    "one that is not wanted": ([_copy("r", is_wanted=False)], [], set()),
    "the newest copy wins": ([_copy("r", mp_processing_time_ms=9), _copy("s", mp_processing_time_ms=10)], [], {"s"}),
    "no processing time is older than 0": (
        [_copy("r", mp_processing_time_ms=None), _copy("s", mp_processing_time_ms=0)], [], {"s"}),
    "then the greater id": ([_copy("r", distinct_id="b"), _copy("s", distinct_id="a")], [], {"r"}),
    "capitals are less": ([_copy("r", distinct_id="B"), _copy("s", distinct_id="a")], [], {"s"}),
    "ids by code point": ([_copy("r", distinct_id="\uffff"), _copy("s", distinct_id="😀")], [], {"s"}),
    "no id is less": ([_copy("r", distinct_id=None), _copy("s", distinct_id="a")], [], {"s"}),
    "then the greater JSON": (
        [_copy("r", properties='{"a":2}', contents_fingerprint=2), _copy("s", properties='{"a":1,"b":9}')], [], {"r"}),
    "JSON with its keys sorted": (
        [_copy("r", properties='{"z":1, "a":1}', contents_fingerprint=2), _copy("s", properties='{"b":0}')], [], {"s"}),
    "stored already": ([_copy("r")], [_stored()], set()),
    "stored newer": ([_copy("r", contents_fingerprint=2)], [_stored(mp_processing_time_ms=6)], set()),
    "stored older": ([_copy("r", mp_processing_time_ms=6, contents_fingerprint=2)], [_stored()], {"r"}),
    "stored without a processing time": (
        [_copy("r", contents_fingerprint=2, properties="{}")], [_stored(mp_processing_time_ms=None)], {"r"}),
    "read later": ([_copy("r", contents_fingerprint=2)], [_stored(read_at=_READ_AT + timedelta(0, 1))], set()),
    "stored older, read later": (
        [_copy("r", mp_processing_time_ms=6, contents_fingerprint=2)], [_stored(read_at=_READ_AT + timedelta(0, 1))],
        {"r"}),
    "stored without a processing time, read later": (
        [_copy("r", contents_fingerprint=2, properties="{}")],
        [_stored(mp_processing_time_ms=None, read_at=_READ_AT + timedelta(0, 1))], {"r"}),
    "neither has a processing time, read later": (
        [_copy("r", mp_processing_time_ms=None, contents_fingerprint=2, properties="{}")],
        [_stored(mp_processing_time_ms=None, read_at=_READ_AT + timedelta(0, 1))], set()),
    "read at once": ([_copy("r", contents_fingerprint=2, properties="{}")], [_stored(read_at=_READ_AT)], {"r"}),
    "written otherwise": (
        [_copy("r", contents_fingerprint=2, properties='{"b":[1.0],"a":1}')], [_stored(properties='{"a":1,"b":[1.0]}')],
        set()),
    "another id": ([_copy("r", contents_fingerprint=2, distinct_id="b")], [_stored()], {"r"}),
    "another zone": ([_copy("r", event_timestamp=_AT + timedelta(hours=9))], [_stored()], {"r"}),
    "another day": ([_copy("r", event_timestamp=_AT + timedelta(hours=18))], [_stored()], {"r"}),
    "stored on a day that is not looked at": (
        [_copy("r")], [_stored(event_timestamp=_AT + timedelta(days=2))], {"r"}),
    "known": ([_copy("r", is_known=True, contents_fingerprint=2, properties="{}")], [_stored()], set()),
    "several events": (
        [_copy("r", "d"), _copy("s", "e", contents_fingerprint=2, distinct_id="b"), _copy("t", "e"), _copy("u", "f")],
        [_stored("d"), _stored("e"), _stored("g")], {"s", "u"}),
}  # fmt: skip


@pytest.mark.parametrize("case", _COPIES)
def test_of_copies_the_same_one_changes_the_table(case: str) -> None:
    assert {row_id for name, row_id in _changed() if name == case} == _COPIES[case][2]


@cache
def _changed() -> frozenset[tuple[str, str]]:
    """The case and the row of each change: all cases in one run, the events of each told apart by its name."""
    rows: dict[str, Sequence[Row]] = {
        "incoming": [_of(case, row) for case, (copies, _, _) in _COPIES.items() for row in copies],
        "mixpanel_events": [_of(case, row) for case, (_, stored, _) in _COPIES.items() for row in stored],
    }
    steps = (
        ("changes", compared.CANDIDATES),
        ("changes", compared.CHANGES),
        ("rewritten", compared.REWRITTEN),
        ("changes", compared.REAL_CHANGES),
    )
    for name, statement in steps:
        both = outcome(statement, rows, _DAYS)
        assert not (differences := both.differences()), "\n".join(differences)
        rows[name] = both.google
    return frozenset((case, row_id) for row in rows["changes"] for case, row_id in [row["row_id"].split(": ")])


def test_of_copies_of_new_events_the_same_ones_win() -> None:
    incoming = [_of(case, row) for case, (copies, _, _) in _COPIES.items() for row in copies]
    both = outcome(compared.CANDIDATES, {"incoming": incoming, "mixpanel_events": []}, _DAYS)
    assert not (differences := both.differences()), "\n".join(differences)
    new = {
        case
        for case, (copies, _, _) in _COPIES.items()
        if any(one["is_wanted"] and not one["is_known"] for one in copies)
    }
    assert {row["row_id"].split(": ")[0] for row in both.google} == new


_STORED_KEYS: Mapping[str, tuple[list[Row], list[Row], set[str | None]]] = {
    "stored as it is": ([_copy("r")], [_stored()], set()),
    "each of two copies stored": (
        [_copy("r"), _copy("s", "f", contents_fingerprint=2)], [_stored(), _stored("f", contents_fingerprint=2)],
        set()),
    "twice as it is": ([_copy("r"), _copy("s")], [_stored()], set()),
    "beside another that shares its key": ([_copy("r")], [_stored(), _stored("f", contents_fingerprint=2)], set()),
    "other contents": ([_copy("r", contents_fingerprint=2)], [_stored()], {"r"}),
    "another copy beside it": (
        [_copy("r"), _copy("s", contents_fingerprint=2, distinct_id="b")], [_stored()], {"s"}),
    "another event beside it": ([_copy("r"), _copy("s", "f", mp_processing_time_ms=4)], [_stored()], {"r", "s"}),
    "two alike stored for one of two": (
        [_copy("r"), _copy("s", "f", contents_fingerprint=2)], [_stored(), _stored("g")], {"r", "s"}),
    "a newer copy stored": ([_copy("r")], [_stored(mp_processing_time_ms=6)], {"r"}),
    "another time": ([_copy("r")], [_stored(event_timestamp=_AT + timedelta(hours=18))], {"r"}),
    "no fingerprint": ([_copy("r")], [_stored(contents_fingerprint=None)], {"r"}),
    "no processing time": (
        [_copy("r", mp_processing_time_ms=None)], [_stored(mp_processing_time_ms=None)], set()),
    "no key": ([_copy("r")], [_stored(event_key=None)], {"r", None}),
}  # fmt: skip


@pytest.mark.parametrize("case", _STORED_KEYS)
def test_only_a_key_of_which_every_line_is_stored_as_it_is_is_left_out(case: str) -> None:
    lines, stored, left = _STORED_KEYS[case]
    rows = {
        "incoming": [{**row, "event_key": 1} for row in lines],
        "mixpanel_events": [{**row, "event_key": None if case == "no key" else 1} for row in stored],
    }
    both = outcome(compared.CANDIDATES, rows, _DAYS)
    assert not (differences := both.differences()), "\n".join(differences)
    assert {row["row_id"] for row in both.google} == left
    days = {row["event_timestamp"].date() for row in stored} if left and case != "no key" else set()
    assert {row[name] for row in both.google for name in ("first_copy", "last_copy")} - {None} == days


# All events of a case share a key, as two events can, and so do those of some cases.


def _of(case: str, row: Row) -> Row:
    own = {name: f"{case}: {row[name]}" for name in ("row_id", "event_id") if row.get(name)}
    return {**row, **own, "event_key": len(case) % 5}


# What is stored as it is.

_KNOWN = {"known_first": datetime(2024, 3, 10, tzinfo=UTC), "known_end": datetime(2024, 3, 11, tzinfo=UTC)}


_LINES = [event('"time":1710072000,"mp_processing_time_ms":5,"$insert_id":"i"'), event('"time":1710072000'), "{"]
_STAGED: Sequence[Row] = [{"line": line} for line in _LINES]


def test_lines_keep_of_their_ids_what_tells_copies_apart() -> None:
    """Fingerprints are each engine's own: only which columns stand in a row can be the same for both."""
    both = outcome(compared.INCOMING, {"staged_lines": _STAGED, "mixpanel_events": [_stored()]}, {**_ALL, **_KNOWN})
    assert not (differences := both.differences(*_OWN)), "\n".join(differences)
    assert [row["is_known"] for row in both.google] == [False] * 3
    for rows in (both.google, both.duck):
        kept = [{name for name in ("event_id", "event_key", "id_fingerprint") if row[name] is not None} for row in rows]
        assert sorted(kept, key=len) == [set(), {"id_fingerprint"}, {"event_id", "event_key", "id_fingerprint"}]


@pytest.mark.parametrize(
    ("stored", "is_known"),
    [
        ({}, True),
        ({"event_key": 8}, True),
        ({"event_key": None}, True),
        ({"mp_processing_time_ms": 6}, False),
        ({"contents_fingerprint": 2}, False),
        ({"contents_fingerprint": None}, False),
        ({"event_timestamp": _AT + timedelta(0, 1)}, False),
        ({"event_timestamp": _AT + timedelta(1)}, False),
    ],
    ids=str,
)
def test_a_line_is_known_by_fingerprint_time_and_time_of_storage(stored: Mapping[str, Any], is_known: bool) -> None:
    parameters = {**_ALL, **_KNOWN}
    staged = [{"line": event(f'"time":1710072000,"mp_processing_time_ms":5{id_}')} for id_ in ("", ',"$insert_id":"i"')]
    new = outcome(compared.INCOMING, {"staged_lines": staged, "mixpanel_events": []}, parameters)
    # Each engine meets the fingerprints of both, and knows its own.
    rows: dict[str, Sequence[Row]] = {
        "staged_lines": staged * 2,
        "mixpanel_events": [
            _stored(**{"contents_fingerprint": row["contents_fingerprint"], **stored}) for row in new.google + new.duck
        ],
    }
    both = outcome(compared.INCOMING, rows, parameters)
    assert not (differences := both.differences(*_OWN)), "\n".join(differences)
    assert [row["is_known"] for row in both.google] == [is_known] * 4
    names = ("row_id", "properties", "event_id", "event_key", "time_seconds", "ingested_id", "contents_fingerprint")
    kept = {name for row in both.google + both.duck for name in names if row[name] is not None}
    assert kept == (set() if is_known else set(names))


def test_a_line_is_tied_with_one_that_is_known_and_as_old_as_it_is() -> None:
    known = _copy("r", None, is_known=True, id_fingerprint=7, event_timestamp=None)
    lines = [known, _copy("s", id_fingerprint=7), _copy("t", id_fingerprint=8), _copy("u", "f", id_fingerprint=7)]
    older = _copy("v", id_fingerprint=7, mp_processing_time_ms=4)
    both = outcome(compared.COUNT_LINES, {"incoming": [*lines, older]}, {})
    assert not (differences := both.differences()), "\n".join(differences)
    assert sum(row["tied"] for row in both.google) == 2


def test_an_event_without_an_insert_id_gets_its_id_and_key_and_the_others_keep_theirs() -> None:
    rows: dict[str, Sequence[Row]] = {
        "incoming": [_copy("r", event_key=7), _copy("s", None)],
        "unmarked": [{"row_id": "s", "event_id": "u"}],
    }
    both = outcome(compared.MARKED, rows, {})
    assert not (differences := both.differences("event_key")), "\n".join(differences)
    assert {row["row_id"]: row["event_id"] for row in both.google} == {"r": "e", "s": "u"}
    for marked in (both.google, both.duck):
        keys = {row["row_id"]: row["event_key"] for row in marked}
        assert keys["r"] == 7
        assert keys["s"] is not None
