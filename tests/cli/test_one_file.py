"""Without WAREHOUSE, the jobs and the analyst's commands work on one DuckDB file."""

from pathlib import Path

import duckdb
import pytest

from cli.shell import MARCH, Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel

EVENTS = "SELECT count(*) FROM mixpanel_data.mixpanel_events"


@pytest.fixture
def mp(mp: Mp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mp:
    """The command, with a data folder of its own and no warehouse that a variable names."""
    monkeypatch.delenv("WAREHOUSE")
    monkeypatch.setenv("MP_DATA_DIR", str(tmp_path / "home" / ".mp" / "data"))
    return mp


@pytest.fixture
def own_file(tmp_path: Path, mixpanel: StandInMixpanel) -> Path:
    """The project's own file."""
    return tmp_path / "home" / ".mp" / "data" / f"{mixpanel.access.project_id}.duckdb"


def test_a_job_writes_to_the_projects_own_file_which_queries_read(mp: Mp, own_file: Path) -> None:
    assert mp("collect", *MARCH).code == 0
    assert mp("fetch", "events", "--from", "2024-03-01", "--to", "2024-03-31").code == 0
    assert mp("sql", EVENTS, "--scalar").out == "4\n"
    assert mp("sql", "SELECT count(*) FROM events", "--scalar").out == "4\n"
    assert len(mp("runs").data) == 1
    info = mp("info").data
    assert (info["path"], info["path_source"]) == (str(own_file), "MP_DATA_DIR")
    assert sorted(info["tables"])[0] == "events"


def test_the_data_folder_and_those_above_it_are_for_their_owner_alone(mp: Mp, own_file: Path) -> None:
    mp("collect", *MARCH)
    assert [folder.stat().st_mode & 0o777 for folder in own_file.parents[:2]] == [0o700, 0o700]


def test_a_file_in_the_working_directory_comes_first(mp: Mp, own_file: Path, tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "mixpanel_data.duckdb")).close()
    assert mp("collect", *MARCH).code == 0
    assert mp("sql", EVENTS, "--scalar").out == "4\n"
    info = mp("info").data
    assert (info["path"], info["path_source"]) == (str(tmp_path / "mixpanel_data.duckdb"), "the working directory")
    assert not own_file.parent.exists()


def test_another_project_has_a_file_of_its_own(mp: Mp, own_file: Path) -> None:
    mp("collect", *MARCH)
    assert mp("runs", "--project", "77").code == 4
    assert mp("info", "--project", "77").data["path"] == str(own_file.with_name("77.duckdb"))
    assert not own_file.with_name("77.duckdb").exists()


def test_a_command_that_only_reads_makes_neither_file_nor_folder(mp: Mp, own_file: Path) -> None:
    ended = mp("runs")
    assert (ended.code, str(own_file) in ended.err) == (4, True)
    assert not own_file.parent.exists()


def test_a_command_without_credentials_says_how_to_name_the_file(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MIXPANEL_SERVICE_ACCOUNT", "MIXPANEL_SERVICE_ACCOUNT_SECRET", "MIXPANEL_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    for command in ("runs", "tables"):
        ended = mp(command)
        assert ended.code == 3
        assert all(remedy in ended.err for remedy in ("WAREHOUSE", "--project", "mp auth add"))


def test_with_a_google_cloud_project_the_file_is_only_that_of_queries(
    mp: Mp, own_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GCP_PROJECT_ID", "acme-1")
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:1")
    monkeypatch.setenv("CALL_DEADLINE_SECONDS", "1")
    assert mp("fetch", "events", "--from", "2024-03-01", "--to", "2024-03-31").code == 0
    assert mp("info").data["path"] == str(own_file)
    assert mp("collect", *MARCH).code == 1
    assert [table["name"] for table in mp("tables").data] == ["events"]
