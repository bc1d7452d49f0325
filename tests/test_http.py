"""The HTTP face of any job: the request that it makes of a call, the answer that it makes of a result or an error."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

import flask
import pytest
from pydantic import Field

from mixpanel_data import http
from mixpanel_data.base import errors
from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data.base.parameters import Instant, JobRequest, JobResult, Names, Page, PageRequest
from mixpanel_data.base.window import Window
from mixpanel_data.wiring.session import Call, Session

OURS = ("MIXPANEL_", "BIGQUERY_", "COLLECTOR_", "EVENTS_", "STORAGE_", "GCP_", "WAREHOUSE", "CALL_", "CREATE_", "K_")
TRACE = "105445aa7843bc8bf206b12000100000"


class Request(JobRequest):
    """The request of the jobs of these tests."""

    job: ClassVar[str] = "tester"

    start: Annotated[Instant | None, Field(alias="from")] = None
    events: Names | None = None
    days: Annotated[int | None, Field(ge=1)] = None


@dataclass(frozen=True)
class Echo:
    """Their result: the request again."""

    start: datetime | None = None
    events: tuple[str, ...] | None = None
    days: int | None = None


def echo(request: Request, session: Session, call: Call) -> Echo:
    return Echo(request.start, request.events, request.days)


PLANETS = ("earth", "mars/phobos", "venus")
AWKWARD_NAMES = ("/home", "a\nb", "x?y")


class PlanetsRequest(PageRequest):
    """Planets, those whose names hold some text."""

    job: ClassVar[str] = "tester"

    containing: str = ""


class PlanetRequest(JobRequest):
    """One planet."""

    job: ClassVar[str] = "tester"

    name: str


@dataclass(frozen=True)
class Planet:
    """The answer about one planet."""

    name: str
    moons: int


def read_planets(request: PlanetsRequest, session: Session, call: Call) -> Page:
    names = [name for name in PLANETS if request.containing in name and name > (request.after or "")]
    shown = names[: request.limit]
    return Page([{"name": name} for name in shown], shown[-1] if len(shown) < len(names) else None)


def read_planet(request: PlanetRequest, session: Session, call: Call) -> Planet:
    if request.name not in (*PLANETS, *AWKWARD_NAMES):
        raise errors.NotFoundError(f"There is no planet {request.name!r}. Look at /planets.")
    return Planet(request.name, len(request.name))


@dataclass(frozen=True)
class Named:
    """A result with names of events, and with ids that were refused."""

    alerts: tuple[dict[str, str], ...] = ()
    problems: dict[str, str] = field(default_factory=dict)


VIEWS = (
    http.View("/planets", PlanetsRequest, read_planets),
    http.View("/planets/<path:name>", PlanetRequest, read_planet),
)
Run = Callable[..., Any]
APP = flask.Flask(__name__)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """In an empty folder and environment, with the logs of a new process."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GCP_PROJECT_ID", "acme-1")
    ours = logging.getLogger("mixpanel_data")
    before = ours.handlers[:], ours.level, ours.propagate
    ours.handlers.clear()
    yield
    ours.handlers[:], ours.level, ours.propagate = before


def answer(run: Run = echo, path: str = "/", **request: Any) -> tuple[int, dict[str, Any]]:
    with APP.test_request_context(path, **request):
        answered = http.answer(flask.request, Request, run, VIEWS)
    assert answered.mimetype == "application/json"
    return answered.status_code, json.loads(answered.get_data())


def get(run: Run = echo, /, **parameters: Any) -> tuple[int, dict[str, Any]]:
    return answer(run, query_string=parameters)


def post(run: Run = echo, /, **parameters: Any) -> tuple[int, dict[str, Any]]:
    return answer(run, method="POST", data=json.dumps(parameters))


def refused(answered: tuple[int, dict[str, Any]]) -> str:
    """The message of a 400."""
    status, document = answered
    assert status == 400
    assert document["error"]["type"] == "RequestError"
    message: str = document["error"]["message"]
    return message


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.split("\n")[:-1]]


# What is asked


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({}, {"start": None, "events": None, "days": None}),
        ({"from": "2026-03-01"}, {"start": "2026-03-01T00:00:00Z"}),
        ({"from": "2026-03-01T10:30:00"}, {"start": "2026-03-01T10:30:00Z"}),
        ({"from": "2026-03-01T10:30:00Z"}, {"start": "2026-03-01T10:30:00Z"}),
        ({"from": "2026-03-01T10:30:00+02:00"}, {"start": "2026-03-01T08:30:00Z"}),
        ({"from": "2026-03-01T00:00:00.250000-01:00"}, {"start": "2026-03-01T01:00:00.250000Z"}),
        ({"events": ["A b", "ü,[1]"]}, {"events": ["A b", "ü,[1]"]}),
        ({"events": '["A", "B"]'}, {"events": ["A", "B"]}),
        ({"events": "A, B"}, {"events": ["A, B"]}),
        ({"days": "3"}, {"days": 3}),
    ],
)
def test_get_and_post_mean_the_same(parameters: dict[str, Any], told: dict[str, Any]) -> None:
    for status, document in (get(**parameters), post(**parameters)):
        assert status == 200
        assert document | told == document


def test_a_post_may_be_empty() -> None:
    assert answer(method="POST")[0] == answer(method="POST", data=b"{}")[0] == 200


def test_null_is_what_is_not_given() -> None:
    assert post(**{"from": None, "events": None})[0] == 200


@pytest.mark.parametrize("ask", [get, post])
@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"form": "2026-03-01"}, ["form is not known here"]),
        ({"from": "2026-02-30"}, ["from", "2026-02-30", "ISO 8601"]),
        ({"from": "yesterday"}, ["from", "yesterday", "ISO 8601"]),
        ({"from": "2026-13-01"}, ["from", "2026-13-01"]),
        ({"from": ""}, ["from", "ISO 8601"]),
        ({"from": "1772355600"}, ["from", "ISO 8601"]),
        ({"from": ["2026-03-01", "2026-03-02"]}, ["from", "ISO 8601"]),
        ({"events": ""}, ["events", "not empty"]),
        ({"events": "[]"}, ["events", "at least 1"]),
        ({"events": '["A", 1]'}, ["events[1]", "give text"]),
        ({"events": '["A"'}, ["events", "JSON list"]),
        ({"events": ["A", ""]}, ["events[1]", "not empty"]),
        ({"days": "0"}, ["days", "1 or more"]),
        ({"days": "x", "form": 1}, ["days", "form is not known"]),
    ],
)
def test_a_wrong_parameter_is_named(
    ask: Callable[..., tuple[int, dict[str, Any]]], parameters: dict[str, Any], words: list[str]
) -> None:
    message = refused(ask(**parameters))
    for word in words:
        assert word in message
    assert "pydantic" not in message


@pytest.mark.parametrize("value", [1772355600, True, {}, ["2026-03-01"], 1.5])
def test_a_time_is_text(value: object) -> None:
    assert "from" in refused(post(**{"from": value}))


@pytest.mark.parametrize("value", [[], 1, {}, [["A"]], [None], "[1]"])
def test_events_are_names(value: object) -> None:
    assert "events" in refused(post(events=value))


@pytest.mark.parametrize("body", [b"{", b"\xff", b"from=2026-03-01", b'{"from": }', b" ", b'{"from": 1, "from": 2}'])
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    assert "not valid JSON" in refused(answer(method="POST", data=body))


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"1", b'[{"from": "2026-03-01"}]'])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    assert "not a JSON object" in refused(answer(method="POST", data=body))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(method: str) -> None:
    message = refused(answer(method=method))
    assert method in message
    assert "GET" in message
    assert "POST" in message


def test_a_post_takes_no_parameters_from_the_url() -> None:
    assert "'from'" in refused(answer(path="/?from=2026-03-01", method="POST"))


@pytest.mark.parametrize("path", ["/events", "/collector/"])
def test_other_paths_are_refused(path: str) -> None:
    assert path.strip("/") in refused(answer(path=path))


def test_a_setting_that_is_wrong_is_a_400_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLECTOR_LOOKBACK_DAYS", "many")
    status, document = get()
    assert status == 400
    assert document["error"]["type"] == "ConfigError"
    assert "COLLECTOR_LOOKBACK_DAYS is 'many'" in document["error"]["message"]


def test_a_wrong_request_is_told_before_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLECTOR_LOOKBACK_DAYS", "many")
    assert "form" in refused(get(form="x"))


def test_settings_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CALL_DEADLINE_SECONDS=many\n")
    assert "CALL_DEADLINE_SECONDS" in get()[1]["error"]["message"]


def test_a_job_has_the_time_that_the_settings_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALL_DEADLINE_SECONDS", "1000")

    def run(request: Request, session: Session, call: Call) -> Echo:
        return Echo(days=round(call.deadline.left(1e9)))

    assert get(run)[1]["days"] == pytest.approx(1000, abs=30)


def test_an_unknown_parameter_may_not_be_null() -> None:
    assert "form" in refused(post(form=None))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00"])
def test_a_time_before_or_after_all_times_is_refused(moment: str) -> None:
    assert "from" in refused(post(**{"from": moment}))


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"events": ' + b"[" * 100_000])
def test_a_body_of_brackets_is_refused(body: bytes) -> None:
    refused(answer(method="POST", data=body))


def test_a_parameter_of_brackets_is_refused() -> None:
    refused(post(events="[" * 100_000))


@pytest.mark.parametrize("body", [rb'{"\ud800": 1}', rb'{"from": "\ud800"}', rb'{"events": ["\ud800"]}'])
def test_half_a_character_is_refused(body: bytes) -> None:
    refused(answer(method="POST", data=body))


# What is answered


@dataclass(frozen=True)
class Inner:
    at: datetime
    words: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    window: Window
    at: datetime
    inner: list[Inner]
    nothing: None = None
    text: str = "größe"


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_result_is_answered_as_json() -> None:
    berlin = datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=1)))
    result = Result(Window(NOON, NOON + timedelta(days=1)), berlin, [Inner(NOON, ("a", "b"))])
    status, document = get(lambda *_: result)
    assert status == 200
    assert re.fullmatch(r"\d{8}T\d{6}-[0-9a-f]{12}", document.pop("run_id"))
    assert 0 <= document.pop("seconds") < 60
    assert document == {
        "status": "ok",
        "job": "tester",
        "window": {"from": "2026-03-01T12:00:00Z", "to": "2026-03-02T12:00:00Z"},
        "at": "2026-03-01T12:00:00Z",
        "inner": [{"at": "2026-03-01T12:00:00Z", "words": ["a", "b"]}],
        "nothing": None,
        "text": "größe",
    }
    assert [*document][:2] == ["status", "job"]


def test_a_result_may_hold_an_object() -> None:
    status, document = get(lambda *_: Echo(days={"inserted": 1, "at": NOON}))  # type: ignore[arg-type]
    assert (status, document["days"]) == (200, {"inserted": 1, "at": "2026-03-01T12:00:00Z"})


def test_every_run_has_its_own_id() -> None:
    assert get()[1]["run_id"] != get()[1]["run_id"]


def test_a_job_runs_under_the_run_id_of_its_answer() -> None:
    seen: list[str] = []

    def run(request: Request, session: Session, call: Call) -> Echo:
        seen.append(call.run_id)
        return Echo()

    assert [get(run)[1]["run_id"]] == seen


OUR_ERRORS = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, MixpanelDataError)]


@pytest.mark.parametrize("kind", OUR_ERRORS)
def test_an_error_of_ours_is_answered_with_its_status(kind: type[MixpanelDataError]) -> None:
    def run(request: Request, session: Session, call: Call) -> Echo:
        raise kind("what is wrong, and what to do")

    status, document = get(run)
    assert status == kind.http_status
    assert document == {
        "status": "error",
        "job": "tester",
        "run_id": document["run_id"],
        "seconds": document["seconds"],
        "error": {"type": kind.__name__, "message": "what is wrong, and what to do"},
    }


def test_the_statuses_are_those_that_the_scheduler_knows() -> None:
    assert {kind.__name__: kind.http_status for kind in OUR_ERRORS} == {
        "MixpanelDataError": 500,
        "RequestError": 400,
        "NotFoundError": 404,
        "ConfigError": 400,
        "AccountNotFoundError": 400,
        "AccountExistsError": 400,
        "TableNotFoundError": 400,
        "TableExistsError": 400,
        "AuthenticationError": 502,
        "QueryError": 502,
        "PlanError": 502,
        "WarehouseRefusedError": 502,
        "UnavailableError": 503,
        "RateLimitError": 503,
        "IncompleteExportError": 503,
        "DeadlineError": 503,
        "DailyBytesError": 503,
        "WarehouseUnavailableError": 503,
        "WarehouseBusyError": 503,
        "StateMovedError": 503,
    }


def test_an_unexpected_error_is_answered_without_its_text_and_logged_with_its_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(request: Request, session: Session, call: Call) -> Echo:
        raise KeyError("an inner matter")

    status, document = get(run)
    assert status == 500
    assert document["status"] == "error"
    assert document["error"]["type"] == "KeyError"
    assert "an inner matter" not in json.dumps(document)
    assert "log" in document["error"]["message"]
    unexpected, finished = lines(capsys)
    assert unexpected["run_id"] == finished["run_id"] == document["run_id"]
    assert unexpected["severity"] == finished["severity"] == "ERROR"
    assert "Traceback (most recent call last)" in unexpected["message"]
    assert "KeyError: 'an inner matter'" in unexpected["message"]
    assert "an inner matter" not in json.dumps(finished)


@pytest.mark.parametrize("value", [date(2026, 3, 1), {1, 2}, b"x"])
def test_a_result_that_is_no_json_is_a_bug_that_is_answered(value: object) -> None:
    status, document = get(lambda *_: Inner(NOON, value))  # type: ignore[arg-type]
    assert status in (200, 500)
    assert document["job"] == "tester"


def test_an_env_file_that_cannot_be_read_is_answered(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"MIXPANEL_REGION=\xff\n")
    status, document = get()
    assert status == 400
    assert ".env" in document["error"]["message"]


# Read-only paths


def read(path: str, **request: Any) -> flask.Response:
    """What a path answers, to GET unless the request says otherwise."""
    with APP.test_request_context(path, **request):
        return http.answer(flask.request, Request, echo, VIEWS)


def test_a_path_answers_a_page_and_the_key_of_the_next() -> None:
    status, document = answer(path="/planets?limit=2")
    assert status == 200
    assert (document["status"], document["job"]) == ("ok", "tester")
    assert [item["name"] for item in document["items"]] == ["earth", "mars/phobos"]
    _, rest = answer(path=f"/planets?limit=2&after={document['next']}")
    assert ([item["name"] for item in rest["items"]], rest["next"]) == (["venus"], None)


def test_a_path_takes_filters() -> None:
    assert [item["name"] for item in answer(path="/planets?containing=v")[1]["items"]] == ["venus"]


@pytest.mark.parametrize("path", ["/planets?limit=0", "/planets?limit=1001", "/planets?contains=v"])
def test_a_path_refuses_a_wrong_parameter(path: str) -> None:
    assert path.partition("?")[2].partition("=")[0] in refused(answer(path=path))


@pytest.mark.parametrize("path", ["/planets/mars/phobos", "/planets/mars%2Fphobos"])
def test_a_path_leads_to_one_item_whatever_characters_its_name_has(path: str) -> None:
    status, document = answer(path=path)
    assert (status, document["name"], document["moons"]) == (200, "mars/phobos", 11)


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_a_name_may_begin_with_a_slash_and_hold_a_line_break(name: str) -> None:
    status, document = answer(path=f"/planets/{quote(name, safe='')}")
    assert (status, document.get("name")) == (200, name)


def test_an_item_that_does_not_exist_is_a_404_that_names_it() -> None:
    status, document = answer(path="/planets/pluto")
    assert (status, document["error"]["type"]) == (404, "NotFoundError")
    assert "'pluto'" in document["error"]["message"]


def test_a_path_that_does_not_exist_is_refused_with_those_that_do() -> None:
    assert "'/planets'" in refused(answer(path="/stars"))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_path_can_be_read_only(method: str) -> None:
    assert "GET" in refused(answer(path="/planets", method=method))


def test_a_client_that_has_the_content_gets_no_second_copy() -> None:
    first = read("/planets")
    again = read("/planets", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    other = read("/planets?limit=1", headers={"If-None-Match": first.headers["ETag"]})
    assert (other.status_code, other.headers["ETag"] == first.headers["ETag"]) == (200, False)


def test_the_job_itself_and_errors_carry_no_etag() -> None:
    assert "ETag" not in read("/").headers
    assert "ETag" not in read("/planets/pluto").headers


def test_reading_a_path_is_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    read("/planets")
    assert lines(capsys) == []


# What is logged


def test_a_run_is_one_line_that_carries_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    header = {"X-Cloud-Trace-Context": f"{TRACE}/123;o=1"}
    _, document = answer(query_string={"days": 3}, headers=header)
    (line,) = lines(capsys)
    assert line["severity"] == "INFO"
    assert line["message"] == "tester: run finished"
    assert line["event"] == "run_finished"
    assert line["logging.googleapis.com/trace"] == f"projects/acme-1/traces/{TRACE}"
    assert line | document == line
    assert line["bytes_billed"] == 0
    assert "bytes_billed" not in document
    assert capsys.readouterr().err == ""


@dataclass(frozen=True)
class Reading(JobResult):
    """What a job answers that reads events."""

    read_until: datetime | None = None


@pytest.mark.parametrize(("behind", "least"), [(timedelta(hours=2), 7200.0), (-timedelta(hours=2), 0.0)])
def test_a_run_tells_how_far_behind_it_has_read(
    capsys: pytest.CaptureFixture[str], behind: timedelta, least: float
) -> None:
    get(lambda *_: Reading(datetime.now(UTC) - behind))
    (line,) = lines(capsys)
    assert least <= line["lag"] < least + 60.0
    assert line["lag"] >= line["seconds"]


def fail(request: Request, session: Session, call: Call) -> Echo:
    raise errors.UnavailableError("It was not there.")


@pytest.mark.parametrize("run", [echo, fail, lambda *_: Reading(None)], ids=["no reader", "failed", "nothing read"])
def test_a_run_that_read_nothing_tells_no_lag(capsys: pytest.CaptureFixture[str], run: Run) -> None:
    get(run)
    (line,) = lines(capsys)
    assert line["lag"] is None


@pytest.mark.parametrize("parameters", [{"form": 1}, {"days": 0}])
def test_a_refused_run_is_one_line_too(capsys: pytest.CaptureFixture[str], parameters: dict[str, Any]) -> None:
    _, document = get(**parameters)
    (line,) = lines(capsys)
    assert line["severity"] == "ERROR"
    assert line["event"] == "run_finished"
    assert line["status"] == "error"
    assert line["error"] == document["error"]


def test_the_next_request_has_a_trace_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    answer(headers={"X-Cloud-Trace-Context": TRACE})
    get()
    first, second = lines(capsys)
    assert "logging.googleapis.com/trace" in first
    assert "logging.googleapis.com/trace" not in second


def test_without_a_google_project_there_is_no_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GCP_PROJECT_ID")
    answer(headers={"X-Cloud-Trace-Context": TRACE})
    (line,) = lines(capsys)
    assert "logging.googleapis.com/trace" not in line


@pytest.mark.parametrize("ends_well", [True, False])
def test_the_log_keeps_no_personal_data_that_stands_in_names_of_events(
    ends_well: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["Opened by ann@example.com", "Ticket 4711-ABC"]

    def run(request: Request, session: Session, call: Call) -> Named:
        if not ends_well:
            raise errors.ConfigError(f"{names} have no alert_channel.")
        return Named(tuple({"event": name} for name in names))

    monkeypatch.setenv(
        "EVENTS_CONFIG", json.dumps({"events": [{"name": "*"}], "redact": {"patterns": ["4711-[A-Z]+"]}})
    )
    _, document = answer(run)
    line = capsys.readouterr().out
    assert "run_finished" in line
    assert "Opened by" in line
    for personal in ("ann@example.com", "4711-ABC"):
        assert personal in json.dumps(document)
        assert personal not in line


@pytest.mark.parametrize(
    "problems", [{"mixpanel": "refused 'ann@example.com', and maybe others"}, {"ann@example.com d9": "refused"}]
)
def test_the_log_keeps_no_personal_data_that_stands_in_ids_with_problems(
    problems: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, document = answer(lambda *_: Named(problems=problems))
    (line,) = lines(capsys)
    assert document["problems"] == problems
    assert "refused" in json.dumps(line["problems"])
    assert "ann@example.com" not in json.dumps(line)
