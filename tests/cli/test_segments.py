"""`mp segments`: lists, definitions, versions, and frozen members."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import a_project
from cli.shell import MARCH, Mp
from mixpanel_data.cli import main

SEGMENTS = {"big buyers": {"did": "Purchase", "at_least": 2}, "buyers": {"did": "Purchase"}}
REPORT = ("report", "segmentation", "--event", "Purchase", "--measure", "unique", "--unit", "month")
DAYS = ("--from", "2024-03-01", "--to", "2024-03-31")


@pytest.fixture
def configured(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> Mp:
    """The command, with two named segments and no events yet."""
    monkeypatch.setenv("SEGMENTS_CONFIG", json.dumps(SEGMENTS))
    return mp


@pytest.fixture(scope="module")
def march(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file with the collected events of March."""
    with pytest.MonkeyPatch.context() as patch, a_project(tmp_path_factory.mktemp("march"), patch):
        assert main(("collect", *MARCH)) == 0
        return Path(os.environ["WAREHOUSE"].removeprefix("duckdb:///")).absolute()


@pytest.fixture
def collected(configured: Mp, march: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mp:
    """The command, over a copy of the file with the events of March."""
    copy = shutil.copy(march, tmp_path / "copy.duckdb")
    monkeypatch.setenv("WAREHOUSE", f"duckdb:///{copy}")
    return configured


def data(done: Any) -> Any:
    assert done.code == 0, done.err
    return done.data


def frozen(mp: Mp, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = data(mp("segments", "freeze", "buyers", *arguments))
    return found


def test_a_list_has_the_configuration_before_anything_is_kept(configured: Mp) -> None:
    rows = data(configured("segments", "list"))
    assert [(row["name"], row["kind"], row["is_current"], row["saved_at"]) for row in rows] == [
        ("big buyers", "dynamic", True, None),
        ("buyers", "dynamic", True, None),
    ]
    assert all(len(row["version"]) == 64 for row in rows)


def test_a_table_has_short_versions_and_the_members_of_frozen_ones(collected: Mp) -> None:
    version = frozen(collected)["version"]
    out = collected("segments", "list", "--format", "table").out
    assert "…" not in out
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["name", "version", "kind", "is_current", "members", "saved_at", "(UTC)"]
    (row,) = [line for line in lines if version[:12] in line]
    assert row[:5] == ["buyers", version[:12], "frozen", "false", "2"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", row[5])


def test_a_segment_is_shown_with_its_definition(collected: Mp) -> None:
    shown = data(collected("segments", "show", "buyers"))
    assert (shown["name"], shown["definition"], shown["saved_at"]) == ("buyers", {"did": ["Purchase"]}, None)
    assert data(collected("segments", "show", f"buyers@{shown['version'][:8]}")) == shown
    use = frozen(collected, "--as-of", "2024-03-02T00:00:00Z")["use"]
    assert data(collected("segments", "show", use))["definition"]["as_of"] == "2024-03-02T00:00:00Z"


def test_freezing_prints_the_version_to_use(collected: Mp) -> None:
    found = frozen(collected, "--as-of", "2024-03-02T00:00:00Z", "--by", "user", "--timezone", "Europe/Berlin")
    assert list(found) == ["name", "version", "members", "as_of", "use"]
    assert found["use"] == f"buyers@{found['version'][:12]}"
    assert (found["members"], found["as_of"]) == (1, "2024-03-02T00:00:00Z")
    answer = data(collected(*REPORT, *DAYS, "--segment", found["use"]))
    assert answer["parts"][0]["rows"][0]["value"] == 1
    assert answer["segments"] == {found["use"]: found["version"]}
    beside = data(collected(*REPORT, *DAYS, "--segments", found["use"], "--segments", "buyers"))
    assert [part["rows"][0]["value"] for part in beside["parts"]] == [1, 2]


def test_members_are_written_in_every_format(collected: Mp) -> None:
    use = frozen(collected)["use"]
    assert data(collected("segments", "members", use)) == [{"user_id": "ann"}, {"user_id": "bob"}]
    assert collected("segments", "members", use, "--format", "csv").out == "user_id\nann\nbob\n"
    assert collected("segments", "members", use, "--format", "jsonl").out == '{"user_id": "ann"}\n{"user_id": "bob"}\n'
    nobody = frozen(collected, "--as-of", "2024-01-01T00:00:00Z")["use"]
    assert data(collected("segments", "members", nobody)) == []


def test_saving_prints_what_is_new(collected: Mp) -> None:
    new = data(collected("segments", "save"))
    assert [row["name"] for row in new] == ["big buyers", "buyers"]
    assert data(collected("segments", "save")) == []
    assert data(collected("segments", "list")) == new
    assert all(row["saved_at"] for row in new)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("show", "buyer"), 4, "SEGMENTS_CONFIG has no segment 'buyer'. Nearest: 'buyers'"),
        (("show", "buyers@00000000"), 4, "There is no version buyers@00000000. There are "),
        (("show", "buyers@1234"), 3, "buyers@1234 names no version."),
        (("members", "buyers"), 3, "buyers is dynamic"),
        (("freeze", "buyers", "--as-of", "noon"), 3, "--as-of is"),
        (("freeze", "buyers", "--timezone", "Mars"), 3, "--timezone is"),
        (("freeze", "buyers", "--table", "others"), 4, "'others'"),
        (("freeze", "buyer"), 4, "Nearest: 'buyers'"),
    ],
)
def test_what_is_wrong_is_named(collected: Mp, arguments: tuple[str, ...], code: int, message: str) -> None:
    done = collected("segments", *arguments)
    assert done.code == code
    assert message in done.err
    assert "Traceback" not in done.err


def test_without_events_saving_and_freezing_say_how_to_get_some(configured: Mp) -> None:
    for arguments in (("save",), ("freeze", "buyers")):
        done = configured("segments", *arguments)
        assert (done.code, "mp collect" in done.err) == (4, True)


def test_without_a_file_of_segments_a_list_is_empty(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEGMENTS_CONFIG", raising=False)
    assert data(mp("segments", "list")) == []


def test_a_report_says_that_it_could_not_keep_versions(collected: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREATE_TABLES", "false")
    monkeypatch.setenv("BIGQUERY_DATASET", "another")
    done = collected("fetch", "events", *MARCH)
    assert done.code == 0, done.err
    asked = collected(*REPORT, *DAYS, "--segment", "buyers")
    assert asked.code == 0, asked.err
    assert asked.stderr.count("are not kept: 'buyers'") == 1
