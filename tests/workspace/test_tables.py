"""What a file holds, and dropping it."""

from pathlib import Path

import duckdb
import pytest

from mixpanel_data.auth import ConfigManager
from mixpanel_data.base.errors import RequestError, TableNotFoundError
from mixpanel_data.workspace.workspace import Workspace
from support.desk import Desk, DeskMaker
from support.export_lines import event

ODD_NAMES = ['a"b', "a'b", "a.b", "größe", "🎉", "select", "with space", "; DROP TABLE x", "_mine", "A"]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace on a file whose tables have odd names, and a view and a schema of the jobs."""
    path = tmp_path / "odd.duckdb"
    with duckdb.connect(str(path)) as connection:
        for count, name in enumerate(ODD_NAMES):
            connection.execute(f"CREATE TABLE {quoted(name)} AS SELECT * FROM range({count}) AS r(n)")
        connection.execute("CREATE VIEW seen AS SELECT 1 AS n")
        connection.execute("CREATE SCHEMA mixpanel_data")
        connection.execute("CREATE TABLE mixpanel_data.mixpanel_events (event_id VARCHAR NOT NULL, happened TIMESTAMP)")
    return Workspace.open(path)


def names(workspace: Workspace) -> set[str]:
    return {table.name for table in workspace.tables()}


def test_tables_of_any_name_are_listed_with_their_rows(workspace: Workspace) -> None:
    listed = {table.name: (table.type, table.row_count) for table in workspace.tables()}
    assert listed == {
        **{name: ("table", count) for count, name in enumerate(ODD_NAMES)},
        "seen": ("view", None),
        "mixpanel_data.mixpanel_events": ("table", 0),
    }


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_table_of_any_name_is_shown_and_dropped(workspace: Workspace, name: str) -> None:
    assert [column.name for column in workspace.schema(name).columns] == ["n"]
    before = names(workspace)
    workspace.drop(name)
    assert names(workspace) == before - {name}


def test_a_schema_has_types_and_whether_null_is_taken(workspace: Workspace) -> None:
    assert workspace.schema("mixpanel_data.mixpanel_events").to_dict() == {
        "table_name": "mixpanel_data.mixpanel_events",
        "columns": [
            {"name": "event_id", "type": "VARCHAR", "nullable": False},
            {"name": "happened", "type": "TIMESTAMP", "nullable": True},
        ],
    }


def test_a_name_is_found_in_any_case(workspace: Workspace) -> None:
    assert workspace.schema("SEEN").table_name == "seen"


def test_a_missing_table_is_named_with_one_that_is_close(workspace: Workspace) -> None:
    with pytest.raises(TableNotFoundError, match=r"'seem'.*'seen'"):
        workspace.schema("seem")


def test_a_drop_of_several_drops_all_or_none(workspace: Workspace) -> None:
    before = names(workspace)
    with pytest.raises(TableNotFoundError, match="nope"):
        workspace.drop("A", "nope")
    assert names(workspace) == before
    workspace.drop("A", "seen", "A")
    assert names(workspace) == before - {"A", "seen"}


def test_tables_of_the_jobs_are_not_dropped(workspace: Workspace) -> None:
    before = names(workspace)
    with pytest.raises(RequestError, match="mixpanel_events"):
        workspace.drop("A", "mixpanel_data.mixpanel_events")
    assert names(workspace) == before
    workspace.drop_all()
    assert names(workspace) == {"mixpanel_data.mixpanel_events"}


def test_all_tables_of_a_type_are_dropped(desk_with: DeskMaker) -> None:
    desk = desk_with([event()])
    workspace = desk.workspace()
    workspace.fetch_events("one", "2040-03-14", "2040-03-14")
    workspace.connection.execute("CREATE TABLE mine AS SELECT 1 AS n")
    workspace.close()
    workspace.drop_all("profiles")
    assert names(workspace) == {"one", "mine"}
    workspace.drop_all("events")
    assert names(workspace) == {"mine"}
    assert workspace.sql_rows("SELECT * FROM _metadata") == []


def test_a_table_is_dropped_beside_the_raw_connection(workspace: Workspace) -> None:
    workspace.connection.execute("CREATE TABLE mine AS SELECT 1 AS n")
    workspace.drop("mine")
    assert "mine" not in names(workspace)


def test_info_says_which_file_and_why(desk: Desk) -> None:
    info = desk.workspace().info()
    assert (info.path, info.path_source) == (str(desk.path), "the path that was given")
    assert (info.project_id, info.region) == (desk.mixpanel.access.project_id, "us")
    assert (info.tables, info.size_mb, info.created_at) == ((), None, None)


def test_info_names_the_account_that_is_used_though_nobody_named_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ConfigManager().add_account("ann", "robot.1", "s3cret-of-ann", "77", "eu")
    assert desk.workspace().info().account is None
    for name in ("MP_USERNAME", "MP_SECRET", "MP_PROJECT_ID"):
        monkeypatch.delenv(name)
    info = desk.workspace().info()
    assert (info.account, info.project_id, info.region) == ("ann", "77", "eu")


def test_the_file_is_that_of_warehouse_else_the_one_here_else_the_projects(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / ".mp" / "data" / f"{desk.mixpanel.access.project_id}.duckdb"
    assert Workspace().info().path == str(own)
    monkeypatch.setenv("MP_DATA_DIR", str(tmp_path / "elsewhere"))
    assert Path(Workspace().info().path).parent == tmp_path / "elsewhere"
    duckdb.connect(str(tmp_path / "mixpanel_data.duckdb")).close()
    assert Workspace().info().path == str(tmp_path / "mixpanel_data.duckdb")
    monkeypatch.setenv("WAREHOUSE", f"duckdb:///{tmp_path}/named.duckdb")
    assert Workspace().info().path == str(tmp_path / "named.duckdb")
    assert Workspace(path=tmp_path / "given.duckdb").info().path == str(tmp_path / "given.duckdb")


def test_the_data_folder_is_made_for_its_owner_alone(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MP_DATA_DIR", str(tmp_path / "new" / "data"))
    with Workspace() as workspace:
        workspace.connection.execute("CREATE TABLE mine AS SELECT 1 AS n")
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700
    assert [table.name for table in Workspace().tables()] == ["mine"]
    assert desk.mixpanel.calls == []
