"""Log lines as Google Cloud Logging reads them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mixpanel_data.base import logs

log = logging.getLogger("mixpanel_data.somewhere")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """As in a new process, and afterwards as before."""
    ours = logging.getLogger("mixpanel_data")
    before = ours.handlers[:], ours.level, ours.propagate
    ours.handlers.clear()
    yield
    ours.handlers[:], ours.level, ours.propagate = before


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.split("\n")[:-1]]


def test_a_line_is_an_object_with_severity_message_time_and_what_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    logs.to_stdout()
    log.info("%s: run finished", "collector", extra={"event": "run_finished", "seconds": 1.5, "window": {"from": "x"}})
    (line,) = lines(capsys)
    at = datetime.fromisoformat(line.pop("time"))
    assert at.tzinfo == UTC
    assert line == {
        "severity": "INFO",
        "message": "collector: run finished",
        "logger": "mixpanel_data.somewhere",
        "event": "run_finished",
        "seconds": 1.5,
        "window": {"from": "x"},
    }


@pytest.mark.parametrize("level", ["INFO", "WARNING", "ERROR", "CRITICAL"])
def test_a_severity_is_one_that_cloud_logging_knows(capsys: pytest.CaptureFixture[str], level: str) -> None:
    logs.to_stdout()
    log.log(logging.getLevelNamesMapping()[level], "text")
    assert lines(capsys)[0]["severity"] == level


def test_what_is_below_info_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    logs.to_stdout()
    log.debug("text")
    assert lines(capsys) == []


def test_called_twice_it_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    logs.to_stdout()
    logs.to_stdout()
    log.info("text")
    assert len(lines(capsys)) == 1


def test_the_logs_of_others_stay_as_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    logs.to_stdout()
    logging.getLogger("somebody.else").info("text")
    log.info("ours")
    (line,) = lines(capsys)
    assert line["message"] == "ours"
    assert capsys.readouterr().err == ""


def test_a_line_has_no_line_end_within(capsys: pytest.CaptureFixture[str]) -> None:
    logs.to_stdout()
    log.info("two\nlines \u2028 größe", extra={"text": "a\r\nb"})
    (line,) = lines(capsys)
    assert line["message"] == "two\nlines \u2028 größe"
    assert line["text"] == "a\r\nb"


def test_what_is_no_json_is_written_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    logs.to_stdout()
    log.info("text", extra={"at": datetime(2026, 3, 1, tzinfo=UTC), "secret": logs})
    (line,) = lines(capsys)
    assert line["at"] == "2026-03-01 00:00:00+00:00"


def test_a_traceback_stands_in_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    logs.to_stdout()
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError:
        log.exception("unexpected")
    (line,) = lines(capsys)
    assert line["severity"] == "ERROR"
    assert line["message"].startswith("unexpected\nTraceback (most recent call last):")
    assert "ZeroDivisionError: by zero" in line["message"]


TRACE = "105445aa7843bc8bf206b12000100000"
NAME = "logging.googleapis.com/trace"


@pytest.mark.parametrize("header", [f"{TRACE}/1;o=1", f"{TRACE}/1", TRACE])
def test_the_lines_of_a_request_carry_its_trace(capsys: pytest.CaptureFixture[str], header: str) -> None:
    logs.to_stdout()
    with logs.trace(header, "acme-1"):
        log.info("within")
    log.info("after")
    within, after = lines(capsys)
    assert within[NAME] == f"projects/acme-1/traces/{TRACE}"
    assert NAME not in after


@pytest.mark.parametrize(("header", "project"), [(None, "acme-1"), ("", "acme-1"), ("/1", "acme-1"), (TRACE, None)])
def test_without_trace_or_project_there_is_none(
    capsys: pytest.CaptureFixture[str], header: str | None, project: str | None
) -> None:
    logs.to_stdout()
    with logs.trace(header, project):
        log.info("within")
    assert NAME not in lines(capsys)[0]


def test_a_trace_ends_with_its_request_even_if_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    logs.to_stdout()
    with pytest.raises(ZeroDivisionError), logs.trace(TRACE, "outer"), logs.trace(TRACE, "inner"):
        raise ZeroDivisionError
    log.info("after")
    assert NAME not in lines(capsys)[0]


def test_a_trace_without_span_has_no_options(capsys: pytest.CaptureFixture[str]) -> None:
    logs.to_stdout()
    with logs.trace(f"{TRACE};o=1", "acme-1"):
        log.info("within")
    assert lines(capsys)[0][NAME] == f"projects/acme-1/traces/{TRACE}"
