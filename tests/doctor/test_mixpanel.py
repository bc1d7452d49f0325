"""Mixpanel's rows of `mp doctor`, with each thing wrong in turn."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from cli.shell import Mp
from doctor.diagnosis import checks_of, failed, text_of
from mixpanel_data.accounts.credentials import Credentials
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.doctor.check import Verdict
from mixpanel_data.doctor.mixpanel import mixpanel_checks
from mixpanel_data_standins.mixpanel import StandInMixpanel
from support.query_server import Reply, query_server

ME = "/api/app/me"
ACCOUNT = Credentials("reader.0a1b2c.mp-service-account", "a-secret-of-32-letters-and-digits", "12", "us")


def test_a_project_that_works_is_all_right_and_takes_no_quota(mp: Mp, mixpanel: StandInMixpanel) -> None:
    checks = checks_of(mp)
    of_mixpanel = {name: check["verdict"] for name, check in checks.items() if name.startswith("mixpanel")}
    names = ("server", "credential", "project", "region", "time zone", "clock")
    assert of_mixpanel == {f"mixpanel {name}": "ok" for name in names}
    assert {call.path for call in mixpanel.calls} == {ME}


@pytest.mark.parametrize(
    ("variable", "value", "row", "words"),
    [
        ("MIXPANEL_SERVICE_ACCOUNT_SECRET", "not-the-secret", "credential", ["401", "Check the user name, the secret"]),
        ("MIXPANEL_PROJECT_ID", "77", "project", ["not for project 77", "'1000001'", "grant it access"]),
        ("MIXPANEL_REGION", "eu", "region", ["served by mixpanel.com", "to us."]),
        ("MIXPANEL_TIME_BASIS", "project", "time zone", ["America/New_York", "hours off", "MIXPANEL_TIMEZONE="]),
    ],
)
def test_a_wrong_setting_fails_the_row_that_is_about_it(
    mp: Mp, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, row: str, words: list[str]
) -> None:
    monkeypatch.setenv(variable, value)
    if variable == "MIXPANEL_TIME_BASIS":
        monkeypatch.setenv("MIXPANEL_TIMEZONE", "America/New_York")
    checks = checks_of(mp)
    assert failed(checks) == [f"mixpanel {row}"]
    assert [word for word in words if word not in text_of(checks, f"mixpanel {row}")] == []
    assert "not-the-secret" not in str(checks)


@pytest.mark.parametrize(
    ("reply", "row", "words"),
    [
        (Reply({"error": "no role"}, 403), "credential", ["403: no role", "Check the project's number and the role"]),
        (Reply({"error": "slow"}, 429, {"Retry-After": "30"}), "server", ["takes no more requests", "again from"]),
        (Reply("<html>Sign in</html>"), "server", ["not Mixpanel's: <html>Sign in", "another server answers"]),
        (Reply("<html>Not here</html>", 404), "server", ["404: <html>Not here", "another server answers"]),
        (
            Reply({"status": "ok", "results": {"projects": {}}}),
            "project",
            ["not for project 12. It can read none. Grant"],
        ),
        (Reply({"status": "ok", "results": {"projects": [1]}}), "project", ["It can read none"]),
    ],
    ids=["403", "429", "HTML", "404", "no project", "odd projects"],
)
def test_an_answer_that_is_none_fails_the_row_that_it_is_about(reply: Reply, row: str, words: list[str]) -> None:
    with query_server() as server:
        server.answer(ME, reply)
        found = {check.name: check for check in mixpanel_checks(ACCOUNT, server.url, Deadline.after(20.0))}
    assert [name for name, check in found.items() if check.verdict is Verdict.FAILED] == [row]
    assert [word for word in words if word not in f"{found[row].found} {found[row].remedy}"] == []
    later = list(found)[list(found).index(row) + 1 : -1]
    assert {found[name].verdict for name in later} == {Verdict.SKIPPED}


@pytest.mark.parametrize(
    ("off", "verdict", "words"),
    [(timedelta(hours=3), "failed", " ahead of Mixpanel's"), (timedelta(minutes=-2), "warning", " behind Mixpanel's")],
)
def test_a_clock_that_is_off_is_told_whatever_mixpanel_answers(off: timedelta, verdict: str, words: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    with query_server() as server:
        server.answer(ME, Reply({"error": "no"}, 401, {"Date": format_datetime(now, usegmt=True)}))
        (clock,) = [
            check
            for check in mixpanel_checks(ACCOUNT, server.url, Deadline.after(20.0), clock=lambda: now + off)
            if check.name == "clock"
        ]
    assert (clock.verdict, words in clock.found, clock.remedy is not None) == (verdict, True, True)


def test_a_server_that_does_not_answer_is_told_by_the_deadline_with_the_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, query_server() as plain:
        reasons = {
            f"http://127.0.0.1:{silent.getsockname()[1]}": "did not answer in time",
            plain.url.replace("http://", "https://"): "does not speak TLS",
            "http://127.0.0.1:1": "refuses connections",
            "http://nowhere.invalid": "its name is not known here",
        }
        for url, reason in reasons.items():
            server, *others = mixpanel_checks(ACCOUNT, url, Deadline.after(0.3))
            assert (server.name, server.verdict, reason in server.found) == ("server", "failed", True), server
            assert url in (server.remedy or "")
            assert {check.verdict for check in others} == {"skipped"}


def test_a_proxy_that_does_not_answer_is_told_apart_from_mixpanel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://someone:a-password@127.0.0.1:1")
    (server, *_) = mixpanel_checks(ACCOUNT, "https://mixpanel.example", Deadline.after(0.3))
    assert "the proxy of HTTPS_PROXY does not work: it refuses connections" in server.found
    assert server.remedy == "Check HTTPS_PROXY, or unset it."
