"""Where things stand when a run of the detector starts, and what it knows of each name, is alike on both engines."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from mixpanel_data.detect.findings.learning.minute_counts import RECENT_MINUTES
from mixpanel_data.detect.findings.learning.names import NAMES
from mixpanel_data.detect.findings.standing import STANDING
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES
from sql.same import outcome
from sql.zetasql_engine import Row

_NOON = datetime(2024, 3, 10, 12, tzinfo=UTC)
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def _same(statement: Statement, tables: dict[str, list[Row]], parameters: dict[str, Any]) -> list[Row]:
    both = outcome(statement, tables, parameters)
    assert not (differences := both.differences()), "\n".join(differences)
    return both.google


def _row(table: str, **values: Any) -> Row:
    return {**dict.fromkeys(column.name for column in TABLES[table].columns), **values}


def _entry(job: str, minute: float, part: int = 0, status: str = "ok", **values: Any) -> Row:
    at, figures = _NOON + minute * _MINUTE, json.dumps(values.pop("figures", {}))
    own = {"run_id": f"{job}{minute}", "part": part, "job": job, "status": status, "started_at": at, "window_to": at}
    return _row("job_runs", **own, figures=figures, **values)


def test_the_same_standing_is_found() -> None:
    outlook = {
        "counted_since": (_NOON - _HOUR).isoformat(),
        "read_until": (_NOON - 20 * _MINUTE).isoformat(),
        "handled_seq": 7,
    }
    runs = [
        _entry("collector", -30, read_until=_NOON - 20 * _MINUTE),
        _entry("collector", -30, part=1),
        _entry("collector", -3, status="failed"),
        _entry("collector", -3, part=1),
        _entry("collector", -2000, part=1),
        _entry("collector", -1300, part=1),
        _entry("collector", -4, part=1, finished_at=_NOON + _MINUTE),
        _entry("registry-updater", -9, part=1, arrivals_up_to=99),
        _entry("identity-transition", -50, status="failed"),
        _entry("detector", -25, part=1, arrivals_up_to=5, read_until=_NOON - 40 * _MINUTE),
        _entry("detector", -25),
        _entry("detector", -20, figures={"outlook": outlook}),
        _entry("detector", -15, figures={"is_idle": True}),
    ]
    given = {"as_of": _NOON, "since": _NOON - 24 * _HOUR, "counted_since": _NOON - 12 * _HOUR}
    found = _same(STANDING, {"job_runs": runs}, given)
    assert {row["job"]: (row["first_at"] - _NOON) // _MINUTE for row in found} == {
        "collector": -30,
        "detector": -25,
        "identity-transition": -50,
    }
    succeeded = {row["job"]: row["succeeded_at"] for row in found if row["succeeded_at"]}
    assert succeeded == {"collector": _NOON - 30 * _MINUTE, "detector": _NOON - 15 * _MINUTE}
    row = found[0]
    assert (row["handled_seq"], row["judged_until"]) == (7, _NOON - 20 * _MINUTE)
    assert (row["judged"], row["collected"], row["registered"]) == (3, 2, 1)
    assert (row["status"], row["started_at"]) == ("ok", _NOON - 20 * _MINUTE)
    assert (row["judged_since"], row["collected_since"], row["registered_since"]) == (2, 2, 1)
    assert json.loads(row["outlook"]) == outlook


def test_without_a_run_that_judged_the_same_standing_is_found() -> None:
    given = {"as_of": _NOON, "since": _NOON - 24 * _HOUR, "counted_since": _NOON - 12 * _HOUR}
    (row,) = _same(STANDING, {"job_runs": [_entry("collector", -30, part=0)]}, given)
    assert (row["status"], row["outlook"], row["judged_since"], row["collected_since"]) == (None, None, 0, 0)


def _arrival(seq: int, name: str, events: int, days: int) -> Row:
    at = _NOON - timedelta(days=days)
    own = {"seq": seq, "run_id": "r", "event_name": name, "day": at.date(), "arrived_at": _NOON - _HOUR}
    counts = {"inserted": events, "updated": 0, "deleted": 0}
    return _row("event_arrivals", **own, **counts, first_event_timestamp=at, last_event_timestamp=at + _MINUTE)


def _baseline(name: str, events: int | None) -> Row:
    known = {"learned_until": _NOON - timedelta(days=2), "first_event_at": _NOON - timedelta(days=12)}
    return _row("detector_baselines", event_name=name, state=f"of {name}", events=events, changed_at=_NOON, **known)


def test_the_same_is_known_of_each_name() -> None:
    tables = {
        "detector_baselines": [_baseline("Open", 1000), _baseline("Close", 100), _baseline("Gone", None)],
        "event_arrivals": [
            _arrival(1, "Open", 500, 5),
            _arrival(2, "Open", 5, 5),
            _arrival(3, "Close", 5, 0),
            _arrival(4, "New", 1, 0),
        ],
    }
    start = _NOON - timedelta(days=2)
    given = {
        "since": start,
        "as_of": _NOON,
        "changed_since": start,
        "late_since": start,
        "handled_seq": 1,
        "oldest": _NOON - timedelta(days=60),
        "most_states": 2,
        "least_events": 10,
        "least_share": 0.2,
    }
    found = {row["event_name"]: row for row in _same(NAMES, tables, given)}
    assert {name: row["state"] for name, row in found.items()} == {
        "Open": "of Open",
        "Close": "of Close",
        "Gone": None,
        "New": None,
    }
    assert [name for name, row in found.items() if row["is_late"]] == ["Open"]
    assert {name: row["seq"] for name, row in found.items() if row["seq"]} == {"Open": 2, "Close": 3, "New": 4}


def test_the_same_minutes_are_read_for_the_names_with_the_most_events() -> None:
    counted = [("Open", 90, 4), ("Close", 5, 2), ("Rare", 6, 1), ("Open", -1, 9), ("Ahead", 150, 9), ("Other", 5, 9)]
    rows = [
        _row("event_minutes", minute=_NOON + minute * _MINUTE, event_name=name, events=events, last_changed=_NOON)
        for name, minute, events in counted
    ]
    given = {
        "start": _NOON,
        "end": _NOON + 2 * _HOUR,
        "ahead": _NOON + 6 * _HOUR,
        "names": ["Other"],
        "names_are_wanted": False,
        "least_events": 2,
        "most": 1,
    }
    found = {row["event_name"]: row for row in _same(RECENT_MINUTES, {"event_minutes": rows}, given)}
    assert {name: (row["total"], row["packed"]) for name, row in found.items()} == {
        "Open": (4, "90 4"),
        "Close": (2, None),
    }
    assert {(row["names"], row["next_minute"]) for row in found.values()} == {(4, _NOON + 150 * _MINUTE)}
