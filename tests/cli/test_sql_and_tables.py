"""`mp sql`, `mp info`, `mp tables`, `mp schema` and `mp drop`."""

import io
import json
from pathlib import Path

import duckdb
import pytest

from cli.shell import Mp


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with one table, which WAREHOUSE names; there are no credentials."""
    path = tmp_path / "desk.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE events AS SELECT range AS n, 'e' || range AS name FROM range(5)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MP_CONFIG_PATH", str(tmp_path / "none.toml"))
    monkeypatch.setenv("WAREHOUSE", f"duckdb:///{path}")
    return path


@pytest.fixture
def mp(capsys: pytest.CaptureFixture[str]) -> Mp:
    """The command, in this process."""
    return Mp(capsys)


VALUES = """
SELECT 1.10::DECIMAL(9, 2) AS price, 'nan'::DOUBLE AS nothing, '-inf'::DOUBLE AS endless, '{"a": [1]}'::JSON AS doc,
  TIMESTAMP '2024-01-01 10:00:00' AS at_time, TIMESTAMPTZ '2024-01-01 10:00:00+02' AS instant,
  DATE '2024-01-02' AS day, [1.5::DECIMAL(3, 1), NULL] AS list, {'x': 1} AS struct, NULL AS none, true AS yes,
  'é"x' AS text, 12345678901234567890123::HUGEINT AS huge, 1 AS twice, 2 AS twice
"""


def test_values_keep_what_they_are_in_json(mp: Mp) -> None:
    done = mp("sql", VALUES)
    assert done.code == 0
    (row,) = json.loads(done.out, parse_float=str)
    assert row == {
        "price": "1.10",
        "nothing": None,
        "endless": None,
        "doc": {"a": [1]},
        "at_time": "2024-01-01T10:00:00",
        "instant": "2024-01-01T08:00:00Z",
        "day": "2024-01-02",
        "list": ["1.5", None],
        "struct": {"x": 1},
        "none": None,
        "yes": True,
        "text": 'é"x',
        "huge": 12345678901234567890123,
        "twice": 1,
        "twice_1": 2,
    }


NESTED = """
SELECT {'a': '{"k":1.10}'::JSON, 'b': NULL} AS struct, ['[1.50]'::JSON, NULL] AS list,
  MAP {'k': '{"q": [1]}'::JSON} AS map, MAP {[1]: 2} AS by_list, MAP {true: DATE '2024-01-02'} AS by_boolean,
  [{'x': ['"y"'::JSON]}] AS deep,
  ['nan'::DOUBLE, 1.5] AS numbers, NULL::JSON[] AS nothing, '[1]'::JSON AS plain
"""


def test_json_inside_of_nested_values_is_json(mp: Mp) -> None:
    done = mp("sql", NESTED)
    assert done.code == 0
    assert json.loads(done.out, parse_float=str) == [
        {
            "struct": {"a": {"k": "1.10"}, "b": None},
            "list": [["1.50"], None],
            "map": {"k": {"q": [1]}},
            "by_list": {"[1]": 2},
            "by_boolean": {"true": "2024-01-02"},
            "deep": [{"x": ["y"]}],
            "numbers": [None, "1.5"],
            "nothing": None,
            "plain": [1],
        }
    ]
    assert '"{""a"": {""k"":1.10}, ""b"": null}"' in mp("sql", NESTED, "-f", "csv").out


def test_a_json_value_that_holds_no_number_is_null(mp: Mp) -> None:
    query = """SELECT to_json(['nan'::DOUBLE, '-inf'::DOUBLE, 1.5]) AS a, json_object('NaN', 'a "NaN\\') AS b"""
    assert mp("sql", query).data == [{"a": [None, None, 1.5], "b": {"NaN": 'a "NaN\\'}}]


def test_a_scalar_that_is_json_is_printed_as_json(mp: Mp) -> None:
    assert mp("sql", """SELECT '{"a": [1.10]}'::JSON""", "--scalar").out == '{"a": [1.10]}\n'


@pytest.mark.parametrize("more", [(), ("--limit", "9")], ids=["as DuckDB writes it", "as Python does"])
def test_a_row_of_one_null_is_no_empty_line(mp: Mp, more: tuple[str, ...]) -> None:
    query = "SELECT n FROM (VALUES (1, 7), (2, NULL)) AS t(k, n) ORDER BY k"
    assert mp("sql", query, "-f", "csv", *more).out == 'n\n7\n""\n'


def test_csv_has_a_header_and_a_line_per_row(mp: Mp) -> None:
    query = (
        "SELECT 1.10::DECIMAL(9, 2) AS d, 'nan'::DOUBLE AS f, '{\"a\":1}'::JSON AS j, 'a,b' AS t, NULL AS n, true AS b"
    )
    done = mp("sql", query, "--format", "csv")
    assert (done.code, done.out, done.stderr) == (0, 'd,f,j,t,n,b\n1.10,,"{""a"":1}","a,b",,true\n', "")


def test_jsonl_has_an_object_per_row(mp: Mp) -> None:
    done = mp("sql", "SELECT n FROM events ORDER BY n", "--format", "jsonl")
    assert (done.code, [json.loads(line)["n"] for line in done.out.splitlines()]) == (0, [0, 1, 2, 3, 4])


def test_no_rows_are_an_empty_list(mp: Mp) -> None:
    assert mp("sql", "SELECT n FROM events WHERE n > 9").out == "[]\n"


def test_a_limit_says_that_there_are_more(mp: Mp) -> None:
    done = mp("sql", "SELECT n FROM events ORDER BY n", "--limit", "2")
    assert (done.code, done.data) == (0, [{"n": 0}, {"n": 1}])
    assert "more than 2" in done.stderr
    assert mp("sql", "SELECT n FROM events", "--limit", "5").stderr == ""


def test_a_query_comes_from_a_file_or_from_stdin(mp: Mp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "q.sql").write_text("SELECT count(*) FROM events", encoding="utf-8")
    assert mp("sql", "--file", "q.sql", "--scalar").out == "5\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 7"))
    assert mp("sql", "-", "--scalar").out == "7\n"


@pytest.mark.parametrize("arguments", [(), ("SELECT 1", "--file", "q.sql"), ("--file", "missing.sql")])
def test_no_query_or_two_are_invalid(mp: Mp, arguments: tuple[str, ...]) -> None:
    assert mp("sql", *arguments).code == 3


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("sql", "DROP TABLE events"), 1, "mp drop"),
        (("sql", "SELECT * FROM nope"), 4, "nope"),
        (("sql", "SELEC"), 1, "syntax"),
        (("sql", "SELECT 1", "--db", "missing.duckdb"), 4, "missing.duckdb"),
        (("schema", "nope"), 4, "nope"),
        (("drop", "nope", "--force"), 4, "nope"),
        (("drop", "events"), 3, "--force"),
        (("drop",), 3, "--all"),
        (("drop", "events", "--all", "--force"), 3, "--all"),
        (("drop", "--all", "--type", "x", "--force"), 3, "'x'"),
    ],
)
def test_an_error_has_its_exit_code_and_says_what_to_do(
    mp: Mp, arguments: tuple[str, ...], code: int, named: str
) -> None:
    done = mp(*arguments)
    assert (done.code, done.out) == (code, "")
    assert named in done.err


def test_info_says_which_file_and_why_without_credentials(mp: Mp, file: Path) -> None:
    done = mp("info")
    shown = done.data
    assert (done.code, shown["path"], shown["path_source"]) == (0, str(file), "WAREHOUSE")
    assert (shown["tables"], shown["project_id"]) == (["events"], None)


def test_tables_and_a_schema_are_shown(mp: Mp) -> None:
    (table,) = mp("tables").data
    assert (table["name"], table["type"], table["row_count"]) == ("events", "table", 5)
    shown = mp("schema", "events").data
    assert [column["name"] for column in shown["columns"]] == ["n", "name"]


def test_tables_are_dropped_by_name_or_all(mp: Mp) -> None:
    assert mp("drop", "events", "--force").data == {"dropped": ["events"]}
    assert mp("tables").data == []
    assert mp("drop", "--all", "--force").data == {"dropped": []}


ORDERED = (
    "SELECT range AS n, 'x' || range AS text, range / 4 AS part, 'nan'::DOUBLE AS f FROM range(100000) ORDER BY n DESC"
)


def test_csv_that_duckdb_writes_is_that_of_rows_and_in_order(mp: Mp) -> None:
    copied = mp("sql", ORDERED, "--format", "csv").out
    written = mp("sql", ORDERED, "--format", "csv", "--limit", "100000").out
    assert copied == written
    assert copied.count("\n") == 100_001


def test_times_are_iso_8601_in_csv(mp: Mp) -> None:
    query = "SELECT TIMESTAMP '2024-01-01 10:00:00' AS a, TIMESTAMPTZ '2024-01-01 10:00:00.5+02' b, DATE '2024-01-02' c"
    assert mp("sql", query, "-f", "csv").out == "a,b,c\n2024-01-01T10:00:00,2024-01-01T08:00:00.5Z,2024-01-02\n"


def test_an_error_amid_the_rows_ends_csv_with_an_error(mp: Mp) -> None:
    query = "SELECT CASE WHEN range = 90000 THEN error('late') ELSE 1 END AS n FROM range(100000)"
    done = mp("sql", query, "-f", "csv")
    assert (done.code, "late" in done.err) == (1, True)
