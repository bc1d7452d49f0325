"""What holds for each of the functions, whatever its job."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from functions.conftest import Function

FUNCTIONS = Path(__file__).parents[2] / "functions"
NAMES = sorted(path.parent.name for path in FUNCTIONS.glob("*/main.py"))

pytestmark = pytest.mark.parametrize("function", NAMES, indirect=True)


def refused(answered: tuple[int, dict[str, object]], *words: str) -> None:
    status, document = answered
    assert status == 400
    assert [*document] == ["status", "job", "run_id", "seconds", "error"]
    assert document["status"] == "error"
    assert document["job"] in NAMES
    error = document["error"]
    assert isinstance(error, dict)
    assert [*error] == ["type", "message"]
    assert error["type"] == "RequestError"
    for word in words:
        assert word in error["message"]


def test_an_unknown_parameter_is_refused_and_named(function: Function) -> None:
    refused(function.get(form="2024-03-01"), "form")
    refused(function.post(form="2024-03-01"), "form")


@pytest.mark.parametrize("path", ["/nothing", "/nothing/at/all", "/events/A/B/C"])
def test_a_path_that_is_not_there_is_refused_and_named(function: Function, path: str) -> None:
    refused(function.ask(path), path)
    refused(function.ask(path, method="POST", data=b"{}"), path)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_refused_and_named(function: Function, method: str) -> None:
    refused(function.ask(method=method), method)


def test_a_head_is_refused_too(function: Function) -> None:
    assert function.client.head("/").status_code == 400


@pytest.mark.parametrize("body", [b"{", b"from=2024-03-01", b"\xff"])
def test_a_body_that_is_no_json_is_refused(function: Function, body: bytes) -> None:
    refused(function.ask(method="POST", data=body), "body", "JSON")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"from"'])
def test_a_body_that_is_no_object_is_refused(function: Function, body: bytes) -> None:
    refused(function.ask(method="POST", data=body), "body", "object")


def test_a_wrong_setting_is_refused_and_named(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE", "postgres://x")
    status, document = function.get()
    assert status == 400
    assert document["error"]["type"] == "ConfigError"
    assert "WAREHOUSE is 'postgres://x'" in document["error"]["message"]


def test_a_refusal_is_one_line_of_the_log(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    _, document = function.get(form="x")
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert line["severity"] == "ERROR"
    assert line["event"] == "run_finished"
    assert line | document == line


def test_what_a_function_needs_is_listed(function: Function) -> None:
    """The lists are those of the library, whose code is bundled with each function."""
    project = (FUNCTIONS.parent / "pyproject.toml").read_text(encoding="utf-8")
    lists = [path.read_text(encoding="utf-8").splitlines() for path in FUNCTIONS.glob("*/requirements.txt")]
    assert len(lists) == len(NAMES)
    for requirements in lists:
        for requirement in requirements:
            assert re.fullmatch(r"[a-z0-9-]+(\[[a-z]+\])?>=[0-9.]+(,<[0-9]+)?", requirement)
            assert f'"{requirement}"' in project
