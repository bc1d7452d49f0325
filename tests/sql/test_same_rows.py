"""The embedded engine makes of the same rows what Google's reference executor makes of them, for every statement."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mixpanel_data.clients.mixpanel.lines import Quoter
from mixpanel_data.exports.statements import INCOMING, UNMARKED
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES
from sql import awkward
from sql.awkward import event
from sql.invented import Invention
from sql.library import relations, statements, used
from sql.report_library import rendered_for_reports
from sql.same import Outcome, outcome
from sql.zetasql_engine import GoogleSqlError, Row

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


def incoming(lines: Iterable[str], **parameters: Any) -> Outcome:
    staged = [{"line": line} for line in lines]
    return outcome(INCOMING, {"staged_lines": staged}, {**_ALL, **parameters})


def same_incoming(lines: Sequence[str], **parameters: Any) -> list[Row]:
    """The rows of `incoming`, numbered, after they were found to be the same on both engines."""
    both = incoming(lines, **parameters)
    assert not (differences := both.differences(*_OWN)), "\n".join(differences)
    assert len(both.google) == len(lines)
    return [{**row, "row_id": f"row{number}"} for number, row in enumerate(both.google)]


# Invented rows: every statement, also those of jobs to come.

_FEWEST, _MOST = 3, 40
_NOT_INVENTED = {
    **dict.fromkeys(
        ("collect/comparing/changes.sql", "collect/comparing/candidates.sql"),
        "of copies that are alike in all, either may win; their own are in test_comparison_rows.py",
    ),
    **dict.fromkeys(
        ("exports/incoming.sql.jinja", "collect/comparing/incoming.sql.jinja"),
        "words are not lines; their own are below",
    ),
    "collect/comparing/marked.sql": "keys are each engine's own; its own rows are below",
    "collect/comparing/fill_keys.sql": "keys are each engine's own; tests/collect/test_earlier_versions.py meets it",
    "collect/merge_minutes.sql": "the executor runs no MERGE; the tests of tests/collect on both engines meet it",
    "users/merge_totals.sql.jinja": "the executor runs no MERGE; the tests of tests/users on both engines meet it",
    "detect/findings/value_shares.sql": "a value seldom occurs twice in the sample; tests are in test_evidence_rows.py",
    "detect/messages/supersede_updates.sql": "two updates of one message are seldom met by chance; its own are below",
    "registry/observing/nested_counts.sql.jinja": "its documents are JSON of another one; tests/registry meets it",
    "users/update_daily.sql.jinja": "one user's row of one day is seldom met twice by chance; tests/users meets it",
    "users/refused.sql": "its parameter is JSON about users; tests/users/test_targets.py meets it",
    "users/sent.sql": "its parameter names a change of a user; tests/users/test_targets.py meets it",
    "detect/trial_minutes.sql": "its parameter is JSON about minutes; test_trial_rows.py has some",
    "runs/published_parts.sql": "a run and its parts are seldom met by chance; its own are below",
    **dict.fromkeys(
        (
            *("detect/findings/standing.sql", "detect/findings/learning/names.sql"),
            "detect/findings/learning/recent_minutes.sql",
        ),
        "runs, arrivals and minutes seldom fit by chance; test_standing_rows.py meets them",
    ),
    "detect/findings/learning/packed_minutes.sql": "invented minutes are not whole, stored ones are; its own are below",
    "detect/findings/learning/selections.sql": "a request with a list is not met by chance; its own are below",
    **dict.fromkeys(
        (
            *("detect/findings/arrivals/arrival_ages.sql.jinja", "detect/findings/arrivals/export_lag.sql.jinja"),
            "detect/study/late_minutes.sql",
        ),
        "times of storage and collection seldom fit by chance; test_arrival_rows.py meets them",
    ),
    "detect/messages/events_by_name_hash.sql": "a hash is not met by chance; test_query_of_a_message.py meets it",
    "runs/adopt_figures.sql": "figures of version 0.1.0 are not met by chance; its own are below",
    "users/members_summary.sql": "its fingerprints are each engine's own; tests/users/test_clusters.py meets it",
    **dict.fromkeys(
        (
            *("identity/inspection/pairs_of_cluster.sql", "identity/inspection/linked_in_cluster.sql"),
            "identity/inspection/owners.sql",
        ),
        "a cluster's rows are seldom met by chance; tests/identity/test_inspection.py meets it",
    ),
    **dict.fromkeys(
        (
            *(
                "identity/clustering/given_merges.sql",
                "identity/clustering/given_oversized.sql",
                "identity/contracting/given_labels.sql.jinja",
            ),
            *("identity/clustering/association_changes.sql", "identity/publishing/update_conflicts.sql"),
            "identity/deciding/delete_decisions.sql",
        ),
        "what it takes is not met by chance; the tests of tests/identity that run on both engines meet it",
    ),
    **dict.fromkeys(
        (
            "registry/publishing/recent_values.sql",
            *("registry/evidence/known_values.sql", "registry/evidence/sampled_events.sql"),
        ),
        "a property's own days are not met by chance; the tests of tests/registry that run on both engines meet them",
    ),
    "warehouse/bigquery/moment.sql": "two clocks never show the same; tests/warehouse/test_snapshots.py reads by it",
    "costs/jobs_of.sql": "only BigQuery lists its queries; test_billed_queries.py has some",
    "runs/guard.sql": "a row that passes it in all is seldom met by chance; test_run_rows.py has some",
    "runs/mark_replaced.sql": "a run at work is not met by chance; test_run_rows.py has one",
    "runs/record_parts.sql": "its parameter is JSON about parts; test_run_rows.py has some",
    "runs/old_figures.sql": "figures of version 0.1.0 are not met by chance; those of adopt_figures meet it",
    **dict.fromkeys(
        (
            *("registry/validating/suspected_rules.sql", "registry/validating/broken_by_members.sql"),
            "registry/validating/broken_by_nested.sql",
        ),
        "rules and values that break them are not met by chance; test_violation_rows.py meets it",
    ),
    **dict.fromkeys(
        (
            *("registry/reading/event_by_hash.sql", "registry/reading/property_by_hash.sql"),
            *("registry/reading/violations.sql", "registry/inspecting/unmatched.sql"),
        ),
        "hashes, filters and patterns are not met by chance; test_registry_lists.py meets them",
    ),
    **dict.fromkeys(
        ("registry/judging/candidates.sql", "registry/judging/property_shares.sql"),
        "observations of one event on many days are not met by chance; test_candidate_rows.py meets them",
    ),
    **dict.fromkeys(
        ("reports/versions/insert_versions.sql", "reports/versions/frozen_members.sql"),
        "they take JSON; test_version_rows.py has some",
    ),
    **dict.fromkeys(
        (*(one.name for one in rendered_for_reports()), "reports/people/cluster_of_id.sql"),
        "instants and names of a definition are not met by chance; test_report_statements.py meets them",
    ),
}
_WITHOUT_ROWS = {
    "users/none_recomputed.sql.jinja",
    *("identity/judging/no_part_links.sql", "identity/judging/no_region.sql"),
    "identity/judging/no_hubs.sql",
    *("identity/contracting/no_merges.sql", "identity/contracting/no_forest.sql"),
    *("registry/validating/no_violations.sql", "registry/validating/none_broken.sql"),
}


@pytest.mark.parametrize("statement", [one for one in statements() if one.name not in _NOT_INVENTED], ids=str)
def test_invented_rows_come_out_the_same(statement: Statement) -> None:
    refusal, rows = None, 0
    for seed in range(_MOST):
        if rows and seed >= _FEWEST:
            break
        invention = Invention(statement, used(statement, relations()), seed)
        try:
            both = outcome(statement, invention.rows, invention.parameters)
        except GoogleSqlError as error:
            # Rows that the statement refuses, as two that are to change one.
            refusal = error
            continue
        rows += len(both.google)
        assert not (differences := both.differences()), f"{statement}, seed {seed}:\n" + "\n".join(differences)
    assert rows or statement.name in _WITHOUT_ROWS, f"{statement}: no row came of it. The last refusal: {refusal}"


_NESTED = {
    "JSON_VALUE(JSON_VALUE('{\"a\":\"{\\\\\"b\\\\\":1.5}\"}', '$.a'), '$.b')": "1.5",
    "TO_HEX(SHA256(TO_HEX(SHA256('a'))))": "da3811154d59c4267077ddd8bb768fa9b06399c486e1fc00485116b57c9872f5",
    "JSON_VALUE(TO_JSON_STRING(PARSE_JSON(JSON_VALUE('{\"a\":\"[2,1]\"}', '$.a'))), '$[0]')": "2",
    "CAST(UNIX_MILLIS(TIMESTAMP_MILLIS(UNIX_MILLIS(TIMESTAMP_MILLIS(7)))) AS STRING)": "7",
}


@pytest.mark.parametrize("expression", _NESTED)
def test_a_function_within_itself_comes_out_the_same(expression: str) -> None:
    both = outcome(Statement("nested", f"SELECT {expression} AS value"), {}, {})
    assert both.google == both.duck == [{"value": _NESTED[expression]}]


def test_a_count_of_what_a_count_says_comes_out_the_same() -> None:
    """`NUMERIC` is rewritten in what `COUNTIF` is rewritten to."""
    sql = "SELECT COUNTIF(CAST(n AS NUMERIC) > CAST('0.0001' AS NUMERIC)) AS count FROM UNNEST([0, 1, 2]) AS n"
    both = outcome(Statement("counted", sql), {}, {})
    assert both.google == both.duck == [{"count": 2}]


def test_a_number_with_a_point_is_no_decimal() -> None:
    sql = "SELECT 0.1 + 0.2 AS sum, 10.0 / 4 AS ratio, CAST(0.5 AS NUMERIC) AS exact, 1e-3 AS small, '0.5' AS text"
    both = outcome(Statement("numbers", sql), {}, {})
    assert both.differences() == []
    assert both.duck[0]["sum"] == 0.1 + 0.2


# Lines.


def test_a_time_is_read_alike_however_it_is_written() -> None:
    lines = {
        f"e{number}": (event(f'"time":{written}', f"e{number}"), at)
        for number, (written, at) in enumerate(awkward.TIMES.items())
    }
    rows = same_incoming([line for line, _ in lines.values()])
    assert {row["event_name"]: row["event_timestamp"] for row in rows} == {
        name: datetime.fromisoformat(at).replace(tzinfo=UTC) for name, (_, at) in lines.items()
    }


def test_what_is_no_time_is_refused_alike() -> None:
    lines = {event(f'"time":{written}'): reason for written, reason in awkward.NO_TIMES.items()}
    assert {row["rejected_line"]: row["reason"] for row in same_incoming(list(lines))} == lines


def test_what_is_no_event_is_refused_alike() -> None:
    rows = same_incoming(list(awkward.NO_EVENTS))
    assert {row["rejected_line"]: row["reason"] for row in rows} == awkward.NO_EVENTS


@pytest.mark.parametrize("blank", ["", " ", "\t", " \x0b\x0c \r"], ids=repr)
def test_a_blank_line_is_nothing(blank: str) -> None:
    """Neither is it anything to the client, where lines are quoted."""
    assert len(incoming([blank, event('"time":1')]).google) == 1
    assert not (differences := incoming([blank, event('"time":1')]).differences(*_OWN)), "\n".join(differences)
    assert Quoter().feed(f"{blank}\n".encode()) == b""


def test_a_line_that_is_quoted_to_be_staged_is_that_line() -> None:
    lines = [
        "x\x00y",
        "\x02x",
        "a\rb",
        "\x01",
        event('"time":1,"a":"é\u2028😀\\\\\\"\\ud83d\\ude00"') + "\r",
    ]
    staged = Quoter().feed("".join(f"{line}\n" for line in lines).encode()).decode().split("\n")[:-1]
    assert all(line.startswith("\x02") for line in staged)
    assert _as_multiset(same_incoming(staged)) == _as_multiset(incoming(lines).google)


def test_only_duckdb_takes_what_is_almost_json() -> None:
    """Mixpanel sends none such; to look for it in every line would cost more than it is worth."""
    both = incoming(awkward.NO_JSON_TO_GOOGLE)
    assert {row["reason"] for row in both.google} == {"not valid JSON"}
    assert {row["reason"] for row in both.duck} == {None}


def test_a_mark_before_what_is_no_json_string_is_kept_as_the_line() -> None:
    """The client never stages such a line; if it did, no run could pass it."""
    rows = same_incoming(["\x02no json", "\x02"])
    assert sorted(row["rejected_line"] or "lost" for row in rows) == ["\x02", "\x02no json"]


def _as_multiset(rows: Iterable[Row]) -> list[str]:
    return sorted(str({name: value for name, value in row.items() if name not in _OWN}) for row in rows)


# Zones.

_WALL_CLOCKS = {
    "America/New_York": ["2024-03-10T01:59:59", "2024-03-10T02:00:00", "2024-03-10T02:30:00", "2024-03-10T03:00:00",
                         "2024-11-03T00:59:59", "2024-11-03T01:00:00", "2024-11-03T01:30:00", "2024-11-03T02:00:00"],
    "Europe/Berlin": ["2024-03-31T02:30:00", "2024-03-31T03:00:00", "2024-10-27T02:00:00", "2024-10-27T02:59:59",
                      "1960-01-01T00:00:00", "2159-12-31T23:00:00"],
    "Asia/Kolkata": ["2024-03-31T02:30:00", "2024-10-27T02:30:00"],
    "America/Havana": ["2024-03-09T23:59:59", "2024-03-10T00:00:00", "2024-03-10T00:30:00", "2024-03-10T01:00:00",
                       "2024-11-02T23:59:59", "2024-11-03T00:00:00", "2024-11-03T00:30:00", "2024-11-03T01:00:00"],
    "Australia/Lord_Howe": ["2024-04-07T01:40:00", "2024-10-06T02:10:00"],
    "UTC": ["2024-03-10T02:30:00"],
}  # fmt: skip


@pytest.mark.parametrize("zone", _WALL_CLOCKS)
def test_a_wall_clock_shows_the_same_instant(zone: str) -> None:
    """In the hour that a zone repeats, Mixpanel's own clock decides; in the one that it skips, the time moves on."""
    lines, expected = [], {}
    for wall, stored in product(_WALL_CLOCKS[zone], (None, "first", "second")):
        instants = _instants(wall, ZoneInfo(zone))
        for shift in (-1, 0, 1):
            name = f"{wall}, {stored} {shift}"
            stored_ms = None if stored is None else _milliseconds(instants[stored == "second"]) + shift
            lines.append(event(f'"time":{_seconds(wall)},"mp_processing_time_ms":{json.dumps(stored_ms)}', name))
            expected[name] = _chosen(*instants, stored_ms)
    rows = same_incoming(lines, zone=zone)
    assert {row["event_name"]: row["event_timestamp"] for row in rows} == expected


def _chosen(first: datetime, second: datetime, stored_ms: int | None) -> datetime:
    is_repeated = first < second
    return second if is_repeated and stored_ms is not None and stored_ms >= _milliseconds(second) else first


def _instants(wall: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """By the offset before a change and by the one after it."""
    local = datetime.fromisoformat(wall).replace(tzinfo=zone)
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def _seconds(wall: str) -> int:
    return int(datetime.fromisoformat(wall).replace(tzinfo=UTC).timestamp())


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp()) * 1000


# Identities.


def test_an_event_id_is_what_the_design_says() -> None:
    members = (
        *awkward.IDENTITIES,
        *(f'"$insert_id":"i"{"," if one else ""}{one}' for one in awkward.IDENTITIES),
        *awkward.CONTENTS,
    )
    times = ("1700000000", "1700000000999", "-1.5")
    lines = {
        f"e{number}": f'"time":{times[number % len(times)]}{"," if one else ""}{one}'
        for number, one in enumerate(members)
    }
    rows = same_incoming([event(one, name) for name, one in lines.items()])
    of_collector = [{**row, "is_known": False, "event_key": None, "id_fingerprint": None} for row in rows]
    unmarked = outcome(UNMARKED, {"incoming": of_collector}, {})
    assert not (differences := unmarked.differences()), _shown(differences, rows)
    unmarked_ids = {row["row_id"]: row["event_id"] for row in unmarked.google}
    wanted = {row["event_name"]: row["event_id"] or unmarked_ids[row["row_id"]] for row in rows if row["is_wanted"]}
    assert len(wanted) > 150
    wrong = [lines[name] for name, event_id in wanted.items() if event_id != _event_id(name, lines[name])]
    assert not wrong, "\n".join(wrong)


def _shown(differences: Iterable[str], rows: Iterable[Row]) -> str:
    contents = {row["row_id"]: row["properties"] for row in rows}
    return "\n".join(sorted({contents[line.split("'")[3]] for line in differences}))


_SEPARATOR = "\x1f"
_NOT_IDENTIFYING = {"distinct_id", "$distinct_id_before_identity", "$is_reshuffled", "$preshuffle_distinct_id", "time"}


def _event_id(name: str, members: str) -> str:
    """The definition, without SQL."""
    properties = json.loads(f"{{{members}}}", object_pairs_hook=lambda pairs: dict(reversed(pairs)), parse_int=_integer)
    identifying = {
        key: value
        for key, value in properties.items()
        if key not in _NOT_IDENTIFYING and not key.startswith(("$mp_", "mp_"))
    }
    time = properties["time"]
    parts = (
        name,
        str(math.floor(time if abs(time) < 1e10 else time / 1000)),
        _text(properties.get("$insert_id")) or _json(identifying),
        _first_text(properties.get("$distinct_id_before_identity"), properties.get("distinct_id")),
    )
    return hashlib.sha256(_SEPARATOR.join(parts).encode()).hexdigest()


def _integer(digits: str) -> int | float:
    return int(digits) if -(2**63) <= int(digits) < 2**64 else float(digits)


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, (dict, list)):
        return None
    return value if isinstance(value, str) else _json(value)


def _first_text(*values: object) -> str:
    return next((text for value in values if (text := _text(value)) is not None), "")


# What is wanted.

_NAMED = [event(f'"time":{second},"mp_processing_time_ms":{second}999', name) for second, name in
          ((99, "A"), (100, "A"), (100, "a"), (100, "É"), (199, "A "), (199, "A"), (200, "A"))]  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({}, 7),
        ({"names": ["A", "É"], "names_are_wanted": True}, 5),
        ({"names": ["A", "É"]}, 2),
        ({"names": [], "names_are_wanted": True}, 0),
        ({"window_start": datetime.fromtimestamp(100, UTC), "window_end": datetime.fromtimestamp(199, UTC)}, 3),
        ({"arrived_from_ms": 199_999}, 3),
        ({"arrived_from_ms": 200_000}, 1),
        ({"zone": "Asia/Kolkata", "window_end": datetime.fromtimestamp(100 - 19_800, UTC)}, 1),
    ],
)
def test_names_window_and_arrival_choose_the_same_lines(parameters: Mapping[str, Any], wanted: int) -> None:
    lines = [*_NAMED, event('"time":150,"$warehouse_import_id":"x"', "A"), "no event"]
    rows = same_incoming(lines, **parameters)
    assert sum(row["is_wanted"] for row in rows) == wanted


def test_an_event_that_says_no_arrival_is_wanted() -> None:
    (row,) = same_incoming([event('"time":1')], arrived_from_ms=2**45)
    assert row["is_wanted"]


# Minutes.

_AT = datetime(2024, 3, 10, 12, tzinfo=UTC)


def test_the_same_minutes_are_packed() -> None:
    """Minutes are whole, as the collector stores them."""
    counted = [("Open", 90, 1), ("Close", 5, 2), ("Open", -1, 9), ("Other", 5, 9)]
    rows = [
        {"minute": _AT + timedelta(minutes=minute), "event_name": name, "events": events, "last_changed": _AT}
        for name, minute, events in counted
    ]
    parameters = {
        "start": _AT, "end": _AT + timedelta(hours=2), "names": ["Open", "Close"], "names_are_wanted": True,
    }  # fmt: skip
    statement = next(one for one in statements() if one.name == "detect/findings/learning/packed_minutes.sql")
    both = outcome(statement, {"event_minutes": rows}, parameters)
    assert not (differences := both.differences()), "\n".join(differences)
    assert {row["event_name"]: row["packed"] for row in both.google} == {"Open": "90 1", "Close": "5 2"}


# What runs were asked for.


def test_the_same_changes_of_what_runs_were_asked_for_are_found() -> None:
    asked = [
        ("collector", 0, '{"from":null} 17 UTC [false]', True),
        ("collector", 1, '{"from":null} 18 UTC [false]', True),
        ("collector", 2, '{"from":null} 19 UTC [false, "a [b"]', True),
        ("collector", 3, '{"from":null} 20 UTC [false]', True),
        ("collector", 4, '{"from":"2024"} 2024-01-01 UTC [true, "x"]', False),
        ("collector", 5, None, True),
        ("detector", 6, ' [false, "a [b"]', False),
        ("detector", 7, "", False),
    ]
    runs = [
        {
            **dict.fromkeys(column.name for column in TABLES["job_runs"].columns),
            "run_id": f"r{hours}",
            "part": 0,
            "job": job,
            "status": "ok",
            "request": request,
            "started_at": _AT + timedelta(hours=hours),
            "read_until": _AT + timedelta(hours=hours),
            "window_from": _AT,
            "window_to": _AT + timedelta(hours=hours),
            "watermark_from": _AT if is_for_arrivals else None,
        }
        for job, hours, request, is_for_arrivals in asked
    ]
    statement = next(one for one in statements() if one.name == "detect/findings/learning/selections.sql")
    both = outcome(statement, {"job_runs": runs}, {"since": _AT, "as_of": _AT + timedelta(days=1)})
    assert not (differences := both.differences()), "\n".join(differences)
    found = {(row["read_until"] - _AT) // timedelta(hours=1): row["selection"] for row in both.google}
    assert found == {
        0: "[false]",
        1: "[false]",
        2: '[false, "a [b"]',
        3: "[false]",
        4: '[true, "x"]',
        6: '[false, "a [b"]',
    }


# Parts of runs.


def test_the_same_parts_are_taken_up() -> None:
    unfinished = {f"{run}{part}" for run in ("lost", "failed") for part in (1, 2)}
    runs = [
        *_run("done", 1, "ok"), *_run("lost", 2, "running"), *_run("failed", 3, "failed"),
        *_run("late", 4, "ok", request="other"), *_run("other", 4, "failed", request="other"),
        *_run("detector", 4, "failed", job="detector"), *_run("unsaid", 4, "failed", request=None),
        *_run("old", -30, "failed"), *_run("before", 0, "failed"),
    ]  # fmt: skip
    parameters = {"job": "collector", "since": _AT - timedelta(hours=24), "request": "asked"}
    statement = next(one for one in statements() if one.name == "runs/published_parts.sql")
    both = outcome(statement, {"job_runs": runs}, parameters)
    assert not (differences := both.differences()), "\n".join(differences)
    windows = {row["window_from"]: row["run_id"] + str(row["part"]) for row in runs if row["part"]}
    assert {windows[row["window_from"]] for row in both.google} == unfinished


def _run(run_id: str, hour: int, status: str, job: str = "collector", request: str | None = "asked") -> list[Row]:
    """A run of two parts."""
    started_at = _AT + timedelta(hours=hour)
    shared = {"run_id": run_id, "job": job, "started_at": started_at}
    return [
        {
            **dict.fromkeys(column.name for column in TABLES["job_runs"].columns),
            **shared,
            "part": part,
            "status": "ok" if part else status,
            "window_from": datetime(2024, 1, 1, len(run_id), abs(hour), part, tzinfo=UTC),
            "request": None if part else request,
            "figures": "{}",
        }
        for part in range(3)
    ]


def test_the_same_figures_of_version_0_1_0_become_columns() -> None:
    run = {"request": "march", "arrived_from_ms": 1_700_000_000_123, "narrowed": 2, "calls": 5, "calls_without_part": 1}
    part = {"received": 7, "calls": 4, "arrived_until_ms": 1_700_000_900_456}
    unasked = {"request": "", "calls": 1, "arrived_until_ms": 0}
    (old, first, second), (new, *_) = _run("old", 1, "ok", request=None), _run("newer", 2, "ok")
    given = [{**old, "figures": json.dumps(run)}, {**first, "figures": json.dumps(part)}, {**new, "figures": "{}"}]
    given += [{**second, "figures": json.dumps(unasked)}]
    counting, statement = (
        next(one for one in statements() if one.name == f"runs/{name}_figures.sql") for name in ("old", "adopt")
    )
    counted = outcome(counting, {"job_runs": given}, {"job": "collector"})
    assert (counted.differences(), counted.google) == ([], [{"row_count": 3}])
    both = outcome(statement, {"job_runs": given}, {"job": "collector"})
    assert not (differences := both.differences()), "\n".join(differences)
    columns = [(row["part"], row["request"], row["narrowed"], row["calls"]) for row in both.google]
    assert sorted(columns) == [(0, "march", 2, 1), (1, "", None, 4), (2, "", None, 1)]
    assert {row["part"]: row["watermark"] for row in both.google if row["watermark"]} == {1: _at(1_700_000_900_456)}
    assert {row["part"]: row["watermark_from"] for row in both.google if row["watermark_from"]} == {
        0: _at(1_700_000_000_123)
    }


def _at(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


# Messages.


def _message(message_key: str, kind: str = "update", parent_key: str | None = "m", state: str = "pending") -> Row:
    return {
        "message_key": message_key, "seq": 1, "channel": "c", "kind": kind, "about": ["i"], "parent_key": parent_key,
        "body": "{}", "state": state, "created_at": _AT, "sent_at": None, "slack_channel": None, "slack_ts": None,
        "error": None,
    }  # fmt: skip


def test_the_same_updates_give_way_to_newer_ones() -> None:
    """Of the messages that wait, those that a newer one of the same parent makes pointless, and no others."""
    kept = [
        _message("old"), _message("unknown", state="sending"), _message("said", state="sent"),
        _message("again"), _message("other", parent_key="n"), _message("answer", kind="resolution"),
        _message("alone", parent_key=None),
    ]  # fmt: skip
    given = [_message("new"), _message("again"), _message("reply", kind="resolution", parent_key="n")]
    own = ("state", "sent_at", "slack_channel", "slack_ts", "error")
    rows: dict[str, list[Mapping[str, Any]]] = {
        "alert_messages": kept,
        "given_messages": [{name: one[name] for name in one if name not in own} for one in given],
    }
    statement = next(one for one in statements() if one.name == "detect/messages/supersede_updates.sql")
    both = outcome(statement, rows, {})
    assert not (differences := both.differences()), "\n".join(differences)
    assert {row["message_key"] for row in both.google} == {"old", "unknown"}
    assert {row["state"] for row in both.google} == {"superseded"}
