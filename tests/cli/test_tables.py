"""Tables for people at the width of their terminal, and the same rows as CSV."""

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rich.cells import cell_len

from cli.conftest import a_project
from cli.shell import MARCH, Mp
from mixpanel_data.cli import main
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.base.tables.columns import Choice, Column, Kind, spare
from mixpanel_data.cli.base.tables.plots import Band, Bar

WIDTHS = (40, 60, 80, 100, 200)
SENTENCE = "Mixpanel's hourly budget is spent. Wait until 03:00, or give the run more time."
ROWS: list[dict[str, Any]] = [
    {
        "at": "2026-03-01T09:30:15.250000Z",
        "job": "incremental-user-sync",
        "count": 12_345_678,
        "share": 0.123456,
        "owner": None,
        "tags": ["größe", "日本語"],
        "plot": Bar(number / 8),
        "error": SENTENCE if number == 6 else None,
    }
    for number in (4, 6, 8)
]
COLUMNS: Choice = (
    "at",
    "job",
    "count",
    *spare("share"),
    "owner",
    "tags",
    Column("plot", kind=Kind.PLOT),
    Column("error", kind=Kind.PROSE),
)
Table = Callable[..., list[str]]


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A working directory with one run, of the collector."""
    with pytest.MonkeyPatch.context() as patch, a_project(tmp_path_factory.mktemp("collected"), patch):
        assert main(("collect", *MARCH)) == 0
        yield


@pytest.fixture
def mp(collected: None, capsys: pytest.CaptureFixture[str]) -> Mp:
    return Mp(capsys)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Table:
    """The lines of a table on a terminal without color."""

    def written(width: int, rows: list[dict[str, Any]], columns: Choice = (), **options: Any) -> list[str]:
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("TERM", "dumb")
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        Output(Format.TABLE, wide=options.pop("wide", False)).show(rows, columns, **options)
        return capsys.readouterr().out.splitlines()

    return written


def words(lines: list[str]) -> str:
    """What lines say, however they are folded."""
    return re.sub(r"\s", "", "".join(lines))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_table_fits_its_terminal_and_cuts_nothing(table: Table, width: int) -> None:
    lines = table(width, ROWS, COLUMNS)
    assert [line for line in lines if cell_len(line) > width] == []
    # Folded or below its row, but whole; a number and an instant on one line.
    assert re.sub(r"\s", "", SENTENCE) in words(lines) or width == 200
    assert sum(line.count("12345678") for line in lines) == 3
    assert sum(line.count("2026-03-01 09:30:15") for line in lines) == 3
    assert "…" not in words(lines)
    assert SENTENCE in "".join(lines) or width < 200


def test_what_has_no_value_goes_first_and_what_can_be_spared_last(table: Table) -> None:
    head = [line.split() for line in (table(width, ROWS, COLUMNS)[0] for width in (200, 100))]
    assert head[0] == ["at", "(UTC)", "job", "count", "share", "owner", "tags", "plot", "error"]
    assert "owner" not in head[1]
    assert "No room for share; --wide shows all." in table(72, ROWS, COLUMNS)
    assert not any("No room" in line for line in table(100, ROWS, COLUMNS))


def test_below_the_width_of_a_table_each_record_is_a_list(table: Table) -> None:
    lines = table(40, ROWS, COLUMNS)
    assert lines[0] == "─ 1 ".ljust(40, "─")
    assert [line for line in lines if line.startswith("count")] == ["count     12345678"] * 3
    assert not any(line.startswith(("owner", "plot")) for line in lines)


def test_bars_of_4_6_and_8_differ_at_every_width(table: Table) -> None:
    for width in (80, 100, 200):
        bars = [re.findall("[█▏▎▍▌▋▊▉]+", line)[0] for line in table(width, ROWS, COLUMNS) if "█" in line]
        assert len(set(bars)) == 3
        assert abs(len(bars[0]) * 2 - len(bars[2])) <= 1


def test_a_plot_has_its_marks_in_its_room_and_a_legend_below(table: Table) -> None:
    rows = [{"minute": f"2026-03-01T09:0{number}:00Z", "plot": Band(number, 2, 4, 6, 8)} for number in range(9)]
    for width in WIDTHS:
        lines = table(width, rows, ("minute", Column("plot", kind=Kind.PLOT)), legend="from 0 to 8")
        assert max(map(cell_len, lines)) <= width
        assert len(lines) == 2 + 9 + 1
        assert lines[-1] == "from 0 to 8"
        assert {line.index("]") for line in lines[2:-1]} == {lines[2].index("]")}
        assert all(line.startswith("2026-03-01 09:0") for line in lines[2:-1])


def test_wide_has_every_column_behind_the_chosen_ones(table: Table) -> None:
    head, *_ = table(200, [{"a": 1, "b": {"c": 2, "d": [3, 4]}, "e": None}], ("e", "b.c"), wide=True)
    assert head.split() == ["e", "b.c", "a", "b.d"]


def test_csv_has_the_columns_of_the_table_and_whole_values(capsys: pytest.CaptureFixture[str]) -> None:
    Output(Format.CSV).show(ROWS[1], COLUMNS)
    head, row = csv.reader(io.StringIO(capsys.readouterr().out))
    assert head == ["at", "job", "count", "share", "owner", "tags", "error"]
    assert row == [ROWS[1]["at"], ROWS[1]["job"], "12345678", "0.123456", "", "größe, 日本語", SENTENCE]


def test_no_cell_of_csv_has_json(capsys: pytest.CaptureFixture[str]) -> None:
    nested = {"ids": [1, None, "a"], "kinds": {"ok": 1, "failed": [2, 3]}, "steps": [{"n": 1}, {"n": 2}], "none": []}
    Output(Format.CSV).show([{"found": nested}], ("found.ids", "found.kinds", "found.steps", "found.none"))
    _, row = csv.reader(io.StringIO(capsys.readouterr().out))
    assert row == ["1, , a", "ok: 1, failed: (2, 3)", "n: 1; n: 2", ""]


def test_runs_fit_80_columns(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_: os.terminal_size((80, 24)))
    head, rule, row = mp("runs", "-f", "table").out.splitlines()
    assert head.split() == ["when", "(UTC)", "job", "status", "took", "new", "changed", "same", "billed", "error"]
    assert max(map(len, (head, rule, row))) <= 80
    assert row.split()[2:4] == ["collector", "ok"]
    assert row.split()[5:] == ["4", "0", "0"]
    header, *_ = mp("runs", "-f", "csv").out.splitlines()
    assert header == "when,job,status,took,new,changed,same,billed,error"
    assert "figures.inserted" in mp("runs", "-f", "csv", "--wide").out.splitlines()[0]


def test_what_the_stream_cannot_write_has_a_form_that_it_can(collected: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def written(encoding: str, *arguments: str) -> str:
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr("sys.stdout", stream)
        assert main(arguments) == 0
        stream.flush()
        return stream.buffer.getvalue().decode(encoding)

    report = ("report", "segmentation", "--event", "Purchase", "--from", "2024-03-01", "--to", "2024-03-20")
    assert "#" in written("latin-1", *report, "-f", "table")
    assert "-----" in written("ascii", "runs", "-f", "table")
    query = "SELECT '日 é █' AS value"
    assert json.loads(written("ascii", "sql", query)) == [{"value": "日 é █"}]
    assert r"\u65e5 é #" in written("latin-1", "sql", query, "-f", "table")
