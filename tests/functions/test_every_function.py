"""The behaviour that all functions share, whatever their jobs are."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from functions.conftest import assert_refused
from support.function_folders import FUNCTIONS, function_names

if TYPE_CHECKING:
    from functions.conftest import Answer, Function

every_function = pytest.mark.parametrize("function", function_names(), indirect=True)


def assert_request_refused(answer: Answer, *words: str) -> None:
    """The request is refused with a document of the usual shape."""
    _, document = answer
    assert [*document] == ["status", "job", "run_id", "seconds", "error"]
    assert document["status"] == "error"
    assert document["job"] in function_names()
    assert [*document["error"]] == ["type", "message"]
    assert_refused(answer, "RequestError", *words)


@every_function
def test_an_unknown_parameter_is_refused_and_named(function: Function) -> None:
    assert_request_refused(function.get(form="2024-03-01"), "form")
    assert_request_refused(function.post(form="2024-03-01"), "form")


@every_function
@pytest.mark.parametrize("path", ["/nothing", "/nothing/at/all", "/Events/A/B/C"])
def test_an_unknown_path_is_refused_and_named(function: Function, path: str) -> None:
    assert_request_refused(function.ask(path), path)
    assert_request_refused(function.ask(path, method="POST", data=b"{}"), path)


@every_function
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_method_other_than_get_and_post_is_refused_and_named(function: Function, method: str) -> None:
    assert_request_refused(function.ask(method=method), method)


@every_function
def test_a_head_request_is_refused(function: Function) -> None:
    assert function.client.head("/").status_code == 400


@every_function
@pytest.mark.parametrize("body", [b"{", b"from=2024-03-01", b"\xff"])
def test_a_body_that_is_not_json_is_refused(function: Function, body: bytes) -> None:
    assert_request_refused(function.ask(method="POST", data=body), "body", "JSON")


@every_function
@pytest.mark.parametrize("body", [b"[]", b"null", b'"from"'])
def test_a_json_body_that_is_not_an_object_is_refused(function: Function, body: bytes) -> None:
    assert_request_refused(function.ask(method="POST", data=body), "body", "object")


@every_function
def test_a_wrong_setting_is_refused_and_named(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE", "postgres://x")
    assert_refused(function.get(), "ConfigError", "WAREHOUSE is 'postgres://x'")


@every_function
def test_a_refused_request_writes_one_log_line(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    _, document = function.get(form="x")
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert line["severity"] == "ERROR"
    assert line["event"] == "run_finished"
    assert line | document == line


@pytest.mark.parametrize("name", function_names())
def test_every_requirement_of_a_function_is_one_of_the_library(name: str) -> None:
    project = tomllib.loads((FUNCTIONS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = {*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)}
    requirements = (FUNCTIONS / name / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert requirements
    for requirement in requirements:
        assert re.fullmatch(r"[a-z0-9-]+(\[[a-z]+\])?>=[0-9.]+(,<[0-9]+)?", requirement)
        assert requirement in known
