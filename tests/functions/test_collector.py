"""The collector over HTTP: a stand-in Mixpanel on one side, a DuckDB file on the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from functions.conftest import assert_refused
from mixpanel_data_standins.mixpanel import Access, StandInMixpanel, faults
from support.export_lines import event

if TYPE_CHECKING:
    from functions.conftest import Function

SECRET = "s3cret-of-ours"
ACCESS = Access(username="robot.1", secret=SECRET)
DAY = {"from": "2024-03-01", "to": "2024-03-02"}
KEYS = ["status", "job", "run_id", "seconds", "window"]
COUNTS = ["received", "inserted", "updated", "duplicates", "rejected", "filtered", "bytes"]


LINES = [
    event("Purchase", "2024-03-01 00:00:00", mark="m1"),
    event("Purchase", "2024-03-01 23:59:59", mark="m2"),
    event("Purchase", "2024-03-01 23:59:59", mark="m2"),
    event("Visit", "2024-03-01 12:00:00", mark="m3"),
    b'{"event": "broken, and of the same day as the line before',
    event("Purchase", "2024-03-02 00:00:00", mark="m4"),
]


@pytest.fixture
def mixpanel(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInMixpanel]:
    with StandInMixpanel(LINES, access=ACCESS) as running:
        monkeypatch.setenv("MIXPANEL_BASE_URL", running.url)
        monkeypatch.setenv("MIXPANEL_PROJECT_ID", ACCESS.project_id)
        monkeypatch.setenv("MIXPANEL_SERVICE_ACCOUNT", ACCESS.username)
        monkeypatch.setenv("MIXPANEL_SERVICE_ACCOUNT_SECRET", SECRET)
        monkeypatch.setenv("WAREHOUSE", "duckdb:///warehouse.duckdb")
        monkeypatch.setenv("EVENTS_CONFIG", '{"events": [{"name": "Purchase"}, {"name": "Visit"}]}')
        yield running


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# Runs


@pytest.mark.usefixtures("mixpanel")
def test_the_answer_to_a_window_has_its_counts(function: Function) -> None:
    status, document = function.get(**DAY)
    assert status == 200
    assert [*document] == [*KEYS, *COUNTS]
    assert (document["status"], document["job"]) == ("ok", "collector")
    assert document["window"] == {"from": "2024-03-01T00:00:00Z", "to": "2024-03-02T00:00:00Z"}
    assert document["bytes"] > 0
    assert {name: document[name] for name in COUNTS[:-1]} == {
        "received": 5,
        "inserted": 3,
        "updated": 0,
        "duplicates": 1,
        "rejected": 1,
        "filtered": 0,
    }


@pytest.mark.usefixtures("mixpanel")
def test_a_post_collects_the_same_as_a_get(function: Function) -> None:
    _, first = function.get(**DAY)
    status, second = function.post(**DAY)
    assert status == 200
    assert (second["received"], second["inserted"], second["window"]) == (first["received"], 0, first["window"])


@pytest.mark.parametrize("how", ["repeated", "list", "posted"])
def test_a_call_can_name_the_events_to_collect(function: Function, mixpanel: StandInMixpanel, how: str) -> None:
    ask = function.post if how == "posted" else function.get
    chosen = '["Visit", "Purchase"]' if how == "list" else ["Visit", "Purchase"]
    status, document = ask(**DAY, events=chosen)
    assert status == 200
    assert document["inserted"] == 3
    assert json.loads(mixpanel.calls[-1].parameters["event"]) == ["Visit", "Purchase"]


def test_a_call_without_a_window_collects_the_events_that_arrived(
    function: Function, mixpanel: StandInMixpanel
) -> None:
    now = datetime.now(UTC)
    at, stored = (f"{now - ago:%Y-%m-%d %H:%M:%S}" for ago in (timedelta(days=2), timedelta(minutes=5)))
    mixpanel.add(event("Purchase", at, mark="late", stored=stored))
    status, document = function.get()
    assert status == 200
    assert [*document] == [*KEYS, *COUNTS]
    assert document["inserted"] == 1
    assert datetime.fromisoformat(document["window"]["to"]) > now
    again = function.post()
    assert (again[0], again[1]["inserted"]) == (200, 0)


def test_a_window_without_events_is_answered_with_zeros(function: Function, mixpanel: StandInMixpanel) -> None:
    status, document = function.get(**{"from": "2024-01-01", "to": "2024-01-03"})
    assert status == 200
    assert all(document[name] == 0 for name in COUNTS)
    assert len(mixpanel.calls) == 1


# Refusals


@pytest.mark.usefixtures("mixpanel")
@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"from": "2024-03-01"}, ["from and to"]),
        ({"to": "2024-03-01"}, ["from and to"]),
        ({"from": "2024-03-02", "to": "2024-03-01"}, ["from is 2024-03-02", "to is 2024-03-01"]),
        ({"from": "2024-03-01", "to": "2024-03-01"}, ["from is 2024-03-01", "to is 2024-03-01"]),
        ({"from": "2024-02-30", "to": "2024-03-01"}, ["from", "2024-02-30"]),
        ({"from": "2024-03-01", "to": "2024-03-32"}, ["to", "2024-03-32"]),
        ({"from": "2999-01-01", "to": "2999-01-02"}, ["from", "2999-01-01", "future"]),
        ({**DAY, "events": "[]"}, ["events"]),
        ({**DAY, "events": ""}, ["events"]),
        ({**DAY, "events": "Misspelt"}, ["events", "'Misspelt'"]),
        ({**DAY, "events": ["Purchase", "Misspelt"]}, ["events", "'Misspelt'"]),
        ({**DAY, "form": "x"}, ["form"]),
    ],
)
def test_a_wrong_request_is_refused_and_named(
    function: Function, tmp_path: Path, parameters: dict[str, Any], words: list[str]
) -> None:
    assert_refused(function.get(**parameters), "RequestError", *words)
    assert_refused(function.post(**parameters), "RequestError", *words)
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.parametrize("start", ["0001-01-01", "0202-03-01", "1024-03-01"])
def test_a_window_that_starts_before_all_events_is_refused(
    function: Function, mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    monkeypatch.setenv("MIXPANEL_CALLS_PER_HOUR", "2")  # ends the test soon if the window is not refused
    assert_refused(function.get(**{"from": start, "to": "2024-03-02"}), "RequestError", "from", start)
    assert mixpanel.calls == []


@pytest.mark.usefixtures("mixpanel")
@pytest.mark.parametrize(
    ("config", "words"),
    [
        ('{"events": []}', ["EVENTS_CONFIG", "events"]),
        ('{"events": [{"name": "a", "enabled": false}]}', ["EVENTS_CONFIG", "no event is enabled"]),
        ('{"events": [{"name": "a", "threshold": 1}]}', ["EVENTS_CONFIG", "events[0].threshold"]),
        ('{"events": [{"name": "a", "alert_threshold": 0}]}', ["events[0].alert_threshold"]),
        ("not JSON", ["EVENTS_CONFIG", "JSON"]),
    ],
)
def test_a_wrong_configuration_is_refused_and_named(
    function: Function, monkeypatch: pytest.MonkeyPatch, config: str, words: list[str]
) -> None:
    monkeypatch.setenv("EVENTS_CONFIG", config)
    assert_refused(function.get(**DAY), "ConfigError", *words)


@pytest.mark.usefixtures("mixpanel")
@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("EVENTS_CONFIG", "", ["config/events_config.json", "EVENTS_CONFIG"]),
        ("MIXPANEL_SERVICE_ACCOUNT_SECRET", "", ["MIXPANEL_SERVICE_ACCOUNT_SECRET"]),
        ("MIXPANEL_SERVICE_ACCOUNT", "", ["MIXPANEL_SERVICE_ACCOUNT"]),
        ("MIXPANEL_PROJECT_ID", "", ["MIXPANEL_PROJECT_ID"]),
        ("MIXPANEL_PROJECT_ID", "acme", ["MIXPANEL_PROJECT_ID"]),
        ("WAREHOUSE", "duckdb:///not/there/x.duckdb", ["not/there"]),
        ("WAREHOUSE", "bigquery", ["GCP_PROJECT_ID"]),
        ("MIXPANEL_TIMEZONE", "Berlin", ["MIXPANEL_TIMEZONE"]),
    ],
)
def test_a_missing_or_wrong_setting_is_refused_and_named(
    function: Function, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: list[str]
) -> None:
    monkeypatch.setenv(variable, value)
    assert_refused(function.get(**DAY), "ConfigError", *words)


@pytest.mark.usefixtures("mixpanel")
def test_missing_tables_that_it_must_not_create_are_named(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREATE_TABLES", "false")
    assert_refused(function.get(**DAY), "TableNotFoundError", "CREATE_TABLES")


# Failures outside

FAILURES = [
    (faults.Status(400, "Error in where: no such thing"), 502, "QueryError", "no such thing"),
    (faults.Status(401), 502, "AuthenticationError", "MIXPANEL_REGION"),
    (faults.Status(402), 502, "PlanError", "plan"),
    (faults.Status(403), 502, "AuthenticationError", "role"),
    (faults.Status(404, "gone"), 502, "QueryError", "gone"),
    (faults.Status(400, "Timeout Error."), 503, "UnavailableError", "Timeout Error."),
    (faults.Status(429), 503, "RateLimitError", "quota"),
    (faults.Status(429, retry_after="3600"), 503, "RateLimitError", "quota"),
    (faults.Status(500), 503, "UnavailableError", "500"),
    (faults.Status(503, retry_after="Fri, 31 Dec 2999 23:59:59 GMT"), 503, "UnavailableError", "503"),
    (faults.EmptyReply(), 503, "UnavailableError", "did not answer"),
    (faults.ResetBeforeHeader(), 503, "UnavailableError", "did not answer"),
    (faults.TERMINATED_EARLY, 503, "IncompleteExportError", "incomplete"),
    (faults.ERROR_LINE, 503, "IncompleteExportError", "incomplete"),
    (faults.ERROR_FRAGMENT, 503, "IncompleteExportError", "incomplete"),
    (faults.NoLastNewline(), 503, "IncompleteExportError", "incomplete"),
    (faults.TruncatedGzip(), 503, "IncompleteExportError", "incomplete"),
    (faults.WrongChecksum(), 503, "IncompleteExportError", "incomplete"),
    (faults.Reset(100), 503, "IncompleteExportError", "incomplete"),
    (faults.CloseEarly(100), 503, "IncompleteExportError", "incomplete"),
]


@pytest.mark.parametrize(("fault", "status", "kind", "word"), FAILURES, ids=lambda value: str(value)[:40])
def test_a_failure_outside_is_answered_with_its_status(
    function: Function, mixpanel: StandInMixpanel, fault: faults.Fault, status: int, kind: str, word: str
) -> None:
    mixpanel.faults.permanent = fault
    answered, document = function.get(**DAY)
    assert answered == status
    assert document["error"]["type"] == kind
    assert word in document["error"]["message"]


def test_the_call_after_a_failed_one_collects_everything(function: Function, mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.permanent = faults.TERMINATED_EARLY
    assert function.get(**DAY)[0] == 503
    mixpanel.faults.clear()
    assert function.get(**DAY)[1]["inserted"] == 3


def test_the_caller_does_not_notice_passing_faults(function: Function, mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.extend([faults.Status(500), faults.TERMINATED_EARLY, faults.Reset(10), faults.EmptyReply()])
    status, document = function.get(**DAY)
    assert (status, document["inserted"]) == (200, 3)
    assert len(mixpanel.calls) == 5


# Logs


@pytest.mark.usefixtures("mixpanel")
def test_the_last_log_line_of_a_run_has_the_whole_answer(
    function: Function, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GCP_PROJECT_ID", "acme-1")
    header = {"X-Cloud-Trace-Context": "105445aa7843bc8bf206b12000100000/1;o=1"}
    _, document = function.ask(query_string=DAY, headers=header)
    logged = lines(capsys)
    (finished,) = [line for line in logged if line.get("event") == "run_finished"]
    assert finished == logged[-1]
    assert finished["severity"] == "INFO"
    assert finished | document == finished
    for line in logged:
        assert line["severity"] == "INFO"
        assert line["logging.googleapis.com/trace"] == "projects/acme-1/traces/105445aa7843bc8bf206b12000100000"


ECHOES = [
    faults.Status(status, f"bad credentials robot.1:{SECRET}", retry_after="3600")
    for status in (400, 401, 402, 403, 404, 429, 500, 503)
]


@pytest.mark.parametrize(
    "fault",
    [
        None,
        *ECHOES,
        faults.EmptyReply(),
        faults.TERMINATED_EARLY,
        faults.Tail(json.dumps({"error": f"bad {SECRET}"})),
    ],
    ids=lambda fault: str(fault)[:40],
)
@pytest.mark.parametrize("parameters", [DAY, {}], ids=["window", "arrivals"])
def test_no_answer_log_line_or_file_has_the_secret(
    function: Function,
    mixpanel: StandInMixpanel,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    fault: faults.Fault | None,
    parameters: dict[str, str],
) -> None:
    mixpanel.faults.permanent = fault
    status, document = function.get(**parameters)
    assert (status == 200) is (fault is None)
    written = capfd.readouterr()
    assert SECRET not in json.dumps(document)
    assert SECRET not in written.out
    assert SECRET not in written.err
    assert "run_finished" in written.out
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()


def test_no_answer_or_log_line_has_the_secret_when_the_warehouse_fails(
    function: Function, mixpanel: StandInMixpanel, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "warehouse.duckdb").write_bytes(b"no database")
    status, document = function.get(**DAY)
    assert status >= 400
    written = capfd.readouterr()
    assert SECRET not in json.dumps(document) + written.out + written.err


@pytest.mark.usefixtures("mixpanel")
def test_a_file_that_is_not_a_database_is_a_wrong_setting(function: Function, tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_bytes(b"no database" * 1000)
    assert_refused(function.get(**DAY), "ConfigError", "warehouse.duckdb")


@pytest.mark.sequences
@pytest.mark.usefixtures("mixpanel")
def test_another_project_is_refused_until_the_call_asks_for_a_new_state(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert function.get(**DAY)[1]["inserted"] == 3
    other = Access(username=ACCESS.username, secret=SECRET, project_id="4242")
    with StandInMixpanel([event("Visit", "2024-03-01 08:00:00", mark="other")], access=other) as running:
        monkeypatch.setenv("MIXPANEL_BASE_URL", running.url)
        monkeypatch.setenv("MIXPANEL_PROJECT_ID", "4242")
        assert_refused(
            function.get(**DAY), "ConfigError", f"has that of Mixpanel project {ACCESS.project_id}", "new_state=true"
        )
        assert function.get(new_state="true", **DAY)[1]["inserted"] == 1
        assert function.post(new_state=True, **DAY)[1]["inserted"] == 0
    monkeypatch.setenv("MIXPANEL_PROJECT_ID", ACCESS.project_id)
    assert_refused(function.get(**DAY), "ConfigError", "has that of Mixpanel project 4242")
