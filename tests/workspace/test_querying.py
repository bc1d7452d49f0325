"""SQL on the workspace's file: it reads the file, and nothing else."""

import threading
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from mixpanel_data.base.errors import (
    ConfigError,
    MixpanelDataError,
    NotFoundError,
    QueryError,
    TableNotFoundError,
    WarehouseUnavailableError,
)
from mixpanel_data.workspace.workspace import Workspace
from support.desk import Desk


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with three small tables, one of them in a schema with the file's name."""
    path = tmp_path / "made.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE events AS SELECT range AS n, 'e' || range AS name FROM range(5)")
        connection.execute("CREATE SCHEMA made")
        connection.execute("CREATE TABLE made.made.mixpanel_events AS SELECT 1 AS n")
        connection.execute("""CREATE TABLE exact AS SELECT 1.10::DECIMAL(10, 2) AS price, '{"a":1}'::JSON AS j""")
    return path


@pytest.fixture
def workspace(file: Path) -> Workspace:
    return Workspace.open(file)


def test_a_query_finds_tables_of_main_by_their_bare_names(workspace: Workspace) -> None:
    assert workspace.sql_rows("SELECT n, name FROM events ORDER BY n LIMIT 2") == [(0, "e0"), (1, "e1")]


def test_a_query_finds_tables_of_other_schemas_even_one_named_like_the_file(workspace: Workspace) -> None:
    assert workspace.sql_rows("SELECT n FROM made.mixpanel_events") == [(1,)]


def test_a_data_frame_has_the_rows_and_columns_of_the_query(workspace: Workspace) -> None:
    frame = workspace.sql("SELECT n, name FROM events ORDER BY n")
    assert list(frame.columns) == ["n", "name"]
    assert frame["n"].tolist() == [0, 1, 2, 3, 4]


def test_a_scalar_is_the_value_itself(workspace: Workspace) -> None:
    assert workspace.sql_scalar("SELECT count(*) FROM events") == 5
    assert workspace.sql_scalar("SELECT price FROM exact") == Decimal("1.10")


def test_a_scalar_of_no_row_is_none(workspace: Workspace) -> None:
    assert workspace.sql_scalar("SELECT n FROM events WHERE n > 99") is None


@pytest.mark.parametrize("query", ["SELECT n FROM events", "SELECT 1, 2"])
def test_a_scalar_query_with_more_than_one_value_is_an_error(workspace: Workspace, query: str) -> None:
    with pytest.raises(QueryError, match="one value"):
        workspace.sql_scalar(query)


FORBIDDEN = {
    "DROP TABLE events": "mp drop",
    "DELETE FROM events": "Workspace.connection",
    "UPDATE events SET n = 1": "Workspace.connection",
    "INSERT INTO events VALUES (9, 'x')": "Workspace.connection",
    "CREATE TABLE other AS SELECT 1": "Workspace.connection",
    "COPY events TO '/tmp/stolen.csv'": "mp sql --format csv",
    "ATTACH '/tmp/other.duckdb'": "--db",
    "SET enable_external_access = true": "Workspace.connection",
    "RESET memory_limit": "Workspace.connection",
    "INSTALL httpfs": "Workspace.connection",
    "SELECT * FROM read_csv('/etc/passwd')": "Workspace.connection",
    "SELECT * FROM read_text('/etc/passwd')": "Workspace.connection",
    "SELECT * FROM glob('/etc/*')": "Workspace.connection",
    "SELECT * FROM read_blob('/etc/passwd')": "Workspace.connection",
    "SELECT * FROM sniff_csv('/etc/passwd')": "Workspace.connection",
    "SELECT * FROM '/etc/passwd.csv'": "Workspace.connection",
    "SELECT * FROM 'http://127.0.0.1/x.csv'": "Workspace.connection",
    "SELECT n FROM events WHERE name IN (FROM read_text('/etc/hosts'))": "Workspace.connection",
    "SELECT * FROM sqlite_scan('/x', 'y')": "Workspace.connection",
    "SELECT * FROM st_read('/etc/passwd')": "Workspace.connection",
    "COPY (SELECT 1) TO '/dev/stdout'": "mp sql --format csv",
    "EXPORT DATABASE '/tmp/stolen'": "mp export",
    "EXPLAIN ANALYZE COPY events TO '/tmp/stolen.csv'": "mp sql --format csv",
    "EXPLAIN ANALYZE DELETE FROM events": "Workspace.connection",
    "CREATE TEMP TABLE other AS SELECT 1": "WITH",
    "CREATE MACRO one() AS 1": "Workspace.connection",
    "PRAGMA threads = 1": "Workspace.connection",
    "LOAD json": "Workspace.connection",
    "DETACH workspace": "--db",
    "WITH a AS (SELECT 1) DELETE FROM events": "Workspace.connection",
    "SELECT 1; DROP TABLE events": "mp drop",
    "SELECT 1 -- ; nothing\n; DROP TABLE events": "mp drop",
    "/* SELECT */ DROP /* 1 */ TABLE events": "mp drop",
}


@pytest.mark.parametrize("query", FORBIDDEN)
def test_a_query_that_does_more_than_read_fails_with_what_to_do_instead(
    workspace: Workspace, file: Path, query: str
) -> None:
    before = file.read_bytes()
    with pytest.raises(QueryError) as caught:
        workspace.sql_rows(query)
    assert FORBIDDEN[query] in str(caught.value)
    assert file.read_bytes() == before


def test_a_query_cannot_lift_the_lock_by_any_statement_it_is_allowed(workspace: Workspace) -> None:
    for query in ("PRAGMA enable_external_access", "CALL pragma_version()", "PRAGMA memory_limit='1MB'"):
        try:
            workspace.sql_rows(query)
        except MixpanelDataError:
            continue
    with pytest.raises(QueryError):
        workspace.sql_rows("SELECT * FROM read_text('/etc/passwd')")


@pytest.mark.parametrize(
    ("table", "hint"),
    [
        ("evnts", "Did you mean 'events'"),
        ("mixpanel_events", "Did you mean 'made.mixpanel_events'"),
        ("nowhere.events", "mp tables"),
        ("pg_clas", "mp tables"),
        ("'/etc/passwd'", "Workspace.connection"),
    ],
)
def test_a_missing_table_is_named_with_what_to_do_and_where_it_stands(
    workspace: Workspace, table: str, hint: str
) -> None:
    with pytest.raises(TableNotFoundError) as caught:
        workspace.sql_rows(f"SELECT 1,\n  n FROM {table}")
    message = str(caught.value)
    assert message.startswith(f"There is no table {table.strip(chr(39))!r}. ")
    assert hint in message
    assert "LINE 2:" in message


def test_the_values_of_a_pivot_need_not_be_listed(workspace: Workspace) -> None:
    assert workspace.sql_rows("PIVOT events ON name USING sum(n)") == [(0, 1, 2, 3, 4)]


@pytest.mark.parametrize("query", ["SELEC 1", "SELECT nope FROM events", "SELECT nope(1)", "", "  -- nothing\n"])
def test_a_query_that_is_wrong_is_a_query_error(workspace: Workspace, query: str) -> None:
    with pytest.raises(QueryError):
        workspace.sql_rows(query)


def test_a_variable_of_the_program_is_not_a_table(workspace: Workspace) -> None:
    rows = workspace.sql("SELECT 1")
    with pytest.raises(TableNotFoundError):
        workspace.sql_rows("SELECT * FROM rows")
    assert len(rows) == 1


def test_two_workspaces_read_one_file_at_the_same_time(file: Path) -> None:
    found: list[int] = []
    query = "SELECT count(*) FROM events, range(300000)"

    def read() -> None:
        found.append(Workspace.open(file).sql_scalar(query))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1_500_000] * 4


def test_a_large_sort_spills_within_the_memory_limit(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUCKDB_MEMORY_LIMIT", "100MB")
    rows = "SELECT md5(range::VARCHAR) || range AS x, range FROM range(3000000) ORDER BY 1 LIMIT 2900000"
    assert Workspace.open(file).sql_scalar(f"SELECT max(x) FROM ({rows})")


def test_the_raw_connection_writes_and_the_workspace_reads_beside_it(workspace: Workspace, file: Path) -> None:
    workspace.connection.execute("CREATE TABLE mine AS SELECT 7 AS n")
    assert workspace.sql_scalar("SELECT n FROM mine") == 7
    with pytest.raises(QueryError):
        workspace.sql_rows("DROP TABLE mine")
    workspace.close()
    assert Workspace.open(file).sql_scalar("SELECT n FROM mine") == 7


def test_a_file_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"none\.duckdb"):
        Workspace.open(tmp_path / "none.duckdb")
    assert not (tmp_path / "none.duckdb").exists()


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder"):
        Workspace.open(tmp_path)


def test_a_path_that_cannot_be_looked_at_is_named(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    with pytest.raises(ConfigError, match="File name too long"):
        Workspace.open(path)


def test_a_file_that_was_cut_off_is_a_damaged_file(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE long AS SELECT hash(range) AS n FROM range(500000)")
    file.write_bytes(file.read_bytes()[:1_000_000])
    with pytest.raises(WarehouseUnavailableError, match="damaged"):
        Workspace.open(file).sql_rows("SELECT sum(n) FROM long")


@pytest.mark.parametrize("content", [b"x" * 5000, b"SQLite format 3\x00" + bytes(5000), b"x"])
def test_a_file_that_is_no_database_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.duckdb"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"other\.duckdb"):
        Workspace.open(path)
    assert path.read_bytes() == content


def test_a_workspace_whose_file_does_not_exist_yet_is_empty(desk: Desk) -> None:
    workspace = desk.workspace()
    assert workspace.sql_scalar("SELECT 1") == 1
    assert workspace.tables() == []
    assert not desk.path.exists()


def test_a_query_that_is_not_unicode_is_refused_with_the_position(workspace: Workspace) -> None:
    with pytest.raises(QueryError, match="at position 9"):
        workspace.sql_rows("SELECT '\udc80'")


def test_words_in_a_query_are_not_taken_for_faults_of_the_disk(workspace: Workspace) -> None:
    with pytest.raises(QueryError, match="colx") as caught:
        workspace.sql_rows("SELECT colx, 'Corrupt', 'extension', 'read-only' FROM events")
    assert "damaged" not in str(caught.value)
