"""`--jq`: a jq program over the JSON that a command prints."""

import json
from pathlib import Path

import duckdb
import pytest

from cli.shell import MARCH, Mp

ROWS = "SELECT n, 'größe' AS name FROM range(3) AS t(n) ORDER BY n"


@pytest.fixture
def db(tmp_path: Path) -> str:
    path = tmp_path / "rows.duckdb"
    duckdb.connect(path).close()
    return str(path)


@pytest.mark.parametrize(
    ("program", "output_format", "printed"),
    [
        (".[].n", "json", "0\n1\n2\n"),
        (".[0]", "json", '{"n":0,"name":"größe"}\n'),
        ("length", "json", "3\n"),
        (".[] | select(.n > 5)", "json", ""),
        (".name", "jsonl", '"größe"\n' * 3),
        (".n, .n + 10", "jsonl", "0\n10\n1\n11\n2\n12\n"),
    ],
)
def test_rows_go_through_the_program(mp: Mp, db: str, program: str, output_format: str, printed: str) -> None:
    done = mp("sql", ROWS, "--db", db, "--jq", program, "-f", output_format)
    assert (done.code, done.out, done.err) == (0, printed, "")


def test_every_command_takes_it_before_and_after_its_name(mp: Mp) -> None:
    assert mp("collect", *MARCH, "--jq", ".inserted").out == "4\n"
    assert mp("--jq", ".[0].job", "runs").out == '"collector"\n'
    assert mp("--jq", ".[0].job", "runs", "--jq", ".[0].status").out == '"ok"\n'


def test_a_scalar_goes_through_it(mp: Mp, db: str) -> None:
    assert mp("sql", "SELECT 41", "--scalar", "--db", db, "--jq", ". + 1").out == "42\n"


@pytest.mark.parametrize("output_format", ["csv", "table"])
def test_another_format_exits_3_before_anything_is_done(mp: Mp, output_format: str) -> None:
    done = mp("collect", *MARCH, "--jq", ".", "-f", output_format)
    assert (done.code, done.out) == (3, "")
    assert done.err == f"error: --jq reads JSON, and the format is {output_format}. Give --format json or jsonl.\n"
    assert mp("runs").code == 4


def test_a_wrong_program_exits_3_with_what_jq_says(mp: Mp) -> None:
    done = mp("collect", *MARCH, "--jq", ".[")
    assert (done.code, done.out) == (3, "")
    assert done.failure["error"]["type"] == "RequestError"
    assert "syntax error, unexpected end of file" in done.err
    assert mp("runs").code == 4


def test_a_program_that_fails_on_the_output_exits_3(mp: Mp, db: str) -> None:
    done = mp("sql", ROWS, "--db", db, "--jq", ".n")
    assert (done.code, done.out) == (3, "")
    assert 'Cannot index array with string ("n")' in done.err


@pytest.mark.parametrize("output_format", ["json", "jsonl"])
def test_output_above_a_megabyte_is_told(mp: Mp, db: str, output_format: str) -> None:
    large = "SELECT repeat('ö', 1000) AS text FROM range(600)"
    done = mp("sql", large, "--db", db, "-f", output_format)
    assert done.err == "The output has 1.2 MB. --limit, --jq or --format table may show what you need.\n"
    assert len(done.out.encode()) > 1_200_000
    assert mp("sql", large, "--db", db, "-f", output_format, "--quiet").err == ""
    assert mp("sql", large, "--db", db, "-f", output_format, "--jq", "length").err == ""
    assert mp("sql", large, "--db", db, "-f", "csv").err == ""


def test_a_program_sees_what_is_printed_without_it(mp: Mp) -> None:
    mp("collect", *MARCH)
    assert json.loads(mp("runs", "--jq", ".").out) == mp("runs").data
