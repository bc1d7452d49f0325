"""Data comes in the format that was asked for, before or behind the command's name or by MP_FORMAT."""

import csv
import io
import json
import logging
import os
import pty
import re
from typing import Any

import pytest

from cli.shell import MARCH, Mp, ended, started
from mixpanel_data.base.errors import RequestError
from mixpanel_data.cli.base.failures import report
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data_standins.mixpanel import StandInMixpanel
from support.terminal import read_until_closed

RECORDS: list[dict[str, Any]] = [
    {"name": "größe", "window": {"from": "a", "to": None}, "events": 3},
    {"name": 'of "two"\nlines', "window": None, "events": 12, "ids": ["x", "y"]},
]


def written(chosen: Format, capsys: pytest.CaptureFixture[str]) -> str:
    Output(chosen).show(RECORDS)
    return capsys.readouterr().out


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(written(Format.JSON, capsys)) == RECORDS


def test_jsonl_is_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert [json.loads(line) for line in written(Format.JSONL, capsys).splitlines()] == RECORDS


def test_csv_has_a_header_and_members_of_members(capsys: pytest.CaptureFixture[str]) -> None:
    header, *rows = csv.reader(io.StringIO(written(Format.CSV, capsys)))
    assert header == ["name", "window.from", "window.to", "events", "ids"]
    assert rows == [["größe", "a", "", "3", ""], ['of "two"\nlines', "", "", "12", "x, y"]]


def test_a_table_is_not_cut_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    Output(Format.TABLE).show({"name": "x" * 200, "markup": "[red]not markup[/]"})
    out = capsys.readouterr().out
    assert "x" * 200 in out
    assert "[red]not markup[/]" in out
    assert "\x1b" not in out


def test_no_records_are_an_empty_list_or_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for chosen, nothing in ((Format.JSON, "[]\n"), (Format.JSONL, ""), (Format.CSV, "")):
        Output(chosen).show([])
        assert capsys.readouterr().out == nothing


@pytest.mark.parametrize(
    ("variable", "arguments", "expected"),
    [
        ("", ["runs"], "json"),
        ("csv", ["runs"], "csv"),
        ("CSV", ["-f", "jsonl", "runs"], "jsonl"),
        ("csv", ["-f", "table", "runs", "-f", "jsonl"], "jsonl"),
        ("", ["--format", "table", "runs"], "table"),
        ("", ["runs", "--format=TABLE"], "table"),
    ],
)
def test_the_nearest_format_counts(
    mp: Mp, monkeypatch: pytest.MonkeyPatch, variable: str, arguments: list[str], expected: str
) -> None:
    mp("collect", *MARCH)
    monkeypatch.setenv("MP_FORMAT", variable)
    out = mp(*arguments).out
    begins = {"json": "[\n", "jsonl": '{"run_id"', "csv": "when,job,status", "table": "when (UTC)"}
    assert out.startswith(begins[expected])


def test_an_unknown_format_exits_3(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mp("runs", "-f", "xml").code == 3
    monkeypatch.setenv("MP_FORMAT", "xml")
    done = mp("runs")
    assert (done.code, done.err) == (3, "error: MP_FORMAT is 'xml'. Give one of json, table, csv, jsonl.\n")


def test_help_is_on_stdout_and_names_what_there_is(mp: Mp) -> None:
    for arguments in ([], ["--help"]):
        done = mp(*arguments)
        assert done.code == 0
        assert "collect" in done.out
        assert "runs" in done.out
        assert "--format" in done.out
    assert "--from" in mp("collect", "--help").out


def test_an_unknown_command_exits_3(mp: Mp) -> None:
    done = mp("colect")
    assert (done.code, done.out) == (3, "")
    assert "collect" in done.err


@pytest.mark.parametrize("no_color", ["", "1"])
def test_no_color_is_honoured_on_a_terminal(
    mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch, no_color: str
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", "xterm-256color")
    code, shown = _on_a_terminal("collect", *MARCH, "--format", "table")
    assert code == 0, shown
    assert "Collecting" in shown
    assert "Collecting day 31 of 31  4 events" in re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "inserted," not in shown
    assert ("\x1b[32m" in shown) == (not no_color), shown


def test_a_fetch_on_a_terminal_shows_how_many_events_there_are_and_how_fast_they_come(
    mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    code, shown = _on_a_terminal("fetch", "events", "--from", "2024-03-01", "--to", "2024-03-31")
    assert code == 0, shown
    assert re.search(r"Fetching day 31 of 31  4 events  [0-9,]+/s  0:0[0-9]  2 exports ━{10}", shown), shown


def test_an_export_on_a_terminal_shows_how_many_rows_there_are_and_no_line_for_a_file(
    mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ended(started("collect", *MARCH)).code == 0
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    code, shown = _on_a_terminal("export", "events", "--to", "raw")
    assert code == 0, shown
    assert re.search(r"Exporting  4 rows  [0-9,]+/s  0:0[0-9] ━{10}", shown), shown
    assert "Wrote" not in shown


def test_one_record_is_a_table_where_it_fits_and_else_a_list(
    mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    code, shown = _on_a_terminal("info", "--format", "table")
    assert code == 0, shown
    assert re.search(r"^region +us *$", _plain(shown), re.MULTILINE), shown
    assert "events.duckdb" in re.sub(r"\s", "", _plain(shown))
    monkeypatch.setenv("COLUMNS", "1000")
    code, shown = _on_a_terminal("info", "--format", "table")
    assert code == 0, shown
    assert re.search(r"^path +path_source +project_id", _plain(shown), re.MULTILINE), shown


def _plain(shown: str) -> str:
    """What a terminal shows without its styles."""
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)


def _on_a_terminal(*arguments: str) -> tuple[int, str]:
    """The exit code of a command and what it shows on a terminal, which is as wide as COLUMNS."""
    ours, theirs = pty.openpty()
    with started(*arguments, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = read_until_closed(ours).decode(errors="replace").replace("\r\n", "\n")
    return process.returncode, shown


def test_a_table_shows_what_would_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    records: list[dict[str, object]] = [{"event": "\x1b[31mred\x1b[0m\x07"}, {"\x1b]0;title\x07": 1}, {"event": "x\ny"}]
    Output(Format.TABLE).show(records)
    Output(Format.TABLE).show(records[:1])
    out = capsys.readouterr().out
    assert r"\x1b[31mred\x1b[0m\x07" in out
    assert r"\x1b]0;title\x07" in out
    assert not {character for character in out if not character.isprintable()} - {"\n"}


def test_nothing_else_that_is_shown_commands_the_terminal_either(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "\x1b]0;title\x07\x9b31m\u202ered"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    for output_format in (Format.JSON, Format.JSONL, Format.CSV):
        Output(output_format).show([{name: name}])
    Output(Format.TABLE).note(f"No event {name}")
    with Output(Format.TABLE).progress("Collecting"):
        logging.getLogger("mixpanel_data.collect").warning("no event %s", name)
    report(RequestError(f"no event {name}"), ["-f", "json"])
    report(RequestError(f"no event {name}"), ["-f", "table"])
    captured = capsys.readouterr()
    assert not {character for character in captured.out + captured.err if not character.isprintable()} - {"\n"}
    assert captured.out.count("title") == 6
    assert captured.err.count("title") == 4


def test_json_and_csv_have_the_value_itself(capsys: pytest.CaptureFixture[str]) -> None:
    records = [{"event": "\x1b[31m\x9bred\u202e\u2028 caf\u00e9 \U0001f600"}]
    Output(Format.JSON).show(records)
    assert json.loads(capsys.readouterr().out) == records
    Output(Format.CSV).show(records)
    assert capsys.readouterr().out == f"event\n{records[0]['event']}\n"


def test_a_traceback_shows_what_a_terminal_would_obey(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RequestError), Output(Format.JSON, verbose=True).explaining_errors():
        raise RequestError("Nearest: 'Evil\x1b[2J'.")
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):\n")
    assert err.endswith("Nearest: 'Evil\\x1b[2J'.\n")
