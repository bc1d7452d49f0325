"""What the evidence of an incident is chosen from is counted alike on both engines, whatever the properties hold."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mixpanel_data.detect.findings.value_shares import CLOCKS, VALUE_SHARES
from sql.same import outcome
from sql.zetasql_engine import Row

_START = datetime(2024, 3, 10, 12, tzinfo=UTC)
_AS_OF = _START + timedelta(hours=1)
_PARAMETERS: dict[str, Any] = {
    "before_start": _START - timedelta(hours=24),
    "before_end": _START,
    "window_start": _START,
    "window_end": _START + timedelta(minutes=3),
    "event_name": "Open",
    "as_of": _AS_OF,
    "inside_below": "~",
    "before_below": "~",
    "clocks": list(CLOCKS),
    "days": ["2024-03-09", "2024-03-10"],
    "sign": 1.0,
}


def _event(number: int, properties: str, *, minutes: float = 1, name: str = "Open", late: bool = False) -> Row:
    at = _START + timedelta(minutes=minutes)
    return {
        "event_timestamp": at,
        "inserted_at": _AS_OF + timedelta(seconds=1) if late else at,
        "event_name": name,
        "properties": properties,
        "distinct_id": "ann",
        "event_id": f"{number:03x}",
        "mp_processing_time_ms": None,
        "read_at": at,
        "event_key": None,
        "contents_fingerprint": 0,
    }


def _shares(events: list[Row], **parameters: Any) -> dict[tuple[str, str], tuple[int, int]]:
    """How often each value stands inside and before, after both engines said the same."""
    both = outcome(VALUE_SHARES, {"mixpanel_events": events}, {**_PARAMETERS, **parameters})
    assert not (differences := both.differences()), "\n".join(differences)
    return {(row["property"], row["value"]): (row["inside"], row["before"]) for row in both.google}


_VALUES = [
    '"3.2.1"', "1", "1.0", "1.50", "1e3", "-0", "12345678901234567890", "0.1", "true", "false", "null", '""', '" "',
    '"null"', '"é😀"', '"a\\"b\\\\c"', '"\\u0041"', "[1]", '{"a":1}', '"2024-03-10"', '"2024-03-10T12:00:00Z"',
    '"2024-03-10.2"', '"2024-03-08"', json.dumps("x" * 1200), json.dumps("😀" * 1200), '"line\\nbreak"',
]  # fmt: skip
_NAMES = ["app_version", "$os", "a.b", 'quo"te', "sp ace", "é", "", "back\\slash", "slash/tilde~", "'", "[0]", "$"]


def test_every_kind_of_value_is_counted_alike() -> None:
    pairs = [(2 * number, f'{{"v":{value}}}') for number, value in enumerate(_VALUES)]
    events = [
        _event(number + copy, properties, minutes=minutes)
        for number, properties in pairs
        for copy, minutes in ((0, 1), (1, -60))
    ]
    shares = _shares(events)
    assert shares["v", "3.2.1"] == (1, 1)
    assert shares["v", "1"] == (1, 1) or shares["v", "1"] == (2, 2)
    assert ("v", "2024-03-10.2") in shares
    assert ("v", "2024-03-08") in shares
    assert not {("v", "2024-03-10"), ("v", "2024-03-10T12:00:00Z"), ("v", "[1]")} & shares.keys()
    assert {len(value) for _, value in shares if len(value) > 100} == {1000}


def test_every_kind_of_name_is_counted_alike() -> None:
    properties = json.dumps({name: f"value of {name}" for name in _NAMES})
    shares = _shares([_event(0, properties), _event(1, properties), _event(2, properties, minutes=-1)])
    assert shares == {(name, f"value of {name}"): (2, 1) for name in _NAMES}


def test_only_events_of_the_name_and_the_windows_that_were_there_count() -> None:
    wanted = [_event(number, '{"v":"x"}', minutes=minutes) for number, minutes in enumerate([0, 2.9, -0.1, -1440])]
    others = [
        *[_event(10 + number, '{"v":"x"}', minutes=minutes) for number, minutes in enumerate([3, -1440.1])],
        _event(20, '{"v":"x"}', name="Close"),
        _event(21, '{"v":"x"}', late=True),
    ]
    assert _shares(wanted + others) == {("v", "x"): (2, 2)}


def test_a_sample_is_what_lies_below_an_id() -> None:
    events = [_event(number, '{"v":"x"}', minutes=1 if number % 2 else -1) for number in range(64)]
    assert _shares(events, inside_below="010", before_below="008") == {("v", "x"): (8, 4)}


def test_what_lies_between_the_two_windows_is_left_out() -> None:
    events = [_event(number, '{"v":"x"}', minutes=minutes) for number, minutes in enumerate([1, 1, -1, -30, -90])]
    assert _shares(events, before_end=_START - timedelta(hours=1)) == {("v", "x"): (2, 1)}


def test_what_only_tells_the_time_or_the_event_is_left_out() -> None:
    properties = json.dumps({"time": 1, "$insert_id": "i", "Hour": 12, "v": "x"})
    assert _shares([_event(0, properties), _event(1, properties), _event(2, properties, minutes=-1)]) == {
        ("v", "x"): (2, 1)
    }


@pytest.mark.parametrize(("sign", "first"), [(1.0, "rose"), (-1.0, "fell")])
def test_the_greatest_change_in_the_asked_direction_comes_first(sign: float, first: str) -> None:
    events = [_event(number, '{"v":"rose"}') for number in range(5)]
    events += [_event(10 + number, '{"v":"fell"}', minutes=-1) for number in range(5)]
    both = outcome(VALUE_SHARES, {"mixpanel_events": events}, {**_PARAMETERS, "sign": sign})
    assert both.duck[0]["value"] == first


def test_without_events_to_compare_with_there_is_nothing() -> None:
    assert _shares([_event(0, '{"v":"x"}'), _event(1, '{"v":"x"}')]) == {}
