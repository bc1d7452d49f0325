"""`mp runs` shows what ran, from job_runs."""

from pathlib import Path

import duckdb
import pytest

from cli.shell import MARCH, Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel

TWO_DAYS = ("--from", "2024-03-01", "--to", "2024-03-03")


def test_runs_are_shown_newest_first(mp: Mp) -> None:
    first, second = mp("collect", *MARCH).data, mp("collect", *TWO_DAYS).data
    newest, oldest = mp("runs").data
    assert [newest["run_id"], oldest["run_id"]] == [second["run_id"], first["run_id"]]
    assert (oldest["job"], oldest["part"], oldest["status"], oldest["error"]) == ("collector", 0, "ok", None)
    assert oldest["window"] == {"from": "2024-03-01T00:00:00Z", "to": "2024-04-01T00:00:00Z"}
    assert (oldest["figures"]["inserted"], newest["figures"]["duplicates"]) == (4, 3)
    assert 0 < oldest["seconds"] < 60


def test_parts_stand_behind_their_run(mp: Mp) -> None:
    mp("collect", *MARCH)
    mp("collect", *TWO_DAYS)
    rows = mp("runs", "--parts").data
    assert [row["part"] for row in rows] == [0, 1, 0, 1, 2]
    assert sum(row["figures"]["inserted"] for row in rows if row["part"]) == 4


def test_last_counts_runs_and_not_parts(mp: Mp) -> None:
    mp("collect", *TWO_DAYS)
    mp("collect", *MARCH)
    assert [row["part"] for row in mp("runs", "--last", "1", "--parts").data] == [0, 1, 2]


def test_only_the_runs_of_one_job_are_shown(mp: Mp) -> None:
    mp("collect", *MARCH)
    assert len(mp("runs", "--job", "collector").data) == 1
    none = mp("runs", "--job", "detector")
    assert (none.code, none.data) == (0, [])
    assert none.err == "No run in the last 90 days matches.\n"


def test_a_failed_run_tells_its_error(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXPANEL_SERVICE_ACCOUNT_SECRET", "wrong")
    mp("collect", *MARCH)
    (row,) = mp("runs").data
    assert row["status"] == "failed"
    assert row["error"].startswith("AuthenticationError: Mixpanel answered 401")


def test_before_the_first_run_there_is_nothing_and_nothing_is_made(mp: Mp) -> None:
    done = mp("runs")
    assert (done.code, done.out) == (4, "")
    assert "events.duckdb does not exist" in done.err
    assert "Run `mp collect`" in done.err
    assert not Path("events.duckdb").exists()


def test_a_file_without_our_tables_is_left_as_it_is(mp: Mp) -> None:
    duckdb.connect("events.duckdb").close()
    done = mp("runs")
    assert (done.code, done.out) == (4, "")
    with duckdb.connect("events.duckdb") as connection:
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]


def test_credentials_are_not_needed(mp: Mp, mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch) -> None:
    mp("collect", *MARCH)
    for name in ("MIXPANEL_SERVICE_ACCOUNT", "MIXPANEL_SERVICE_ACCOUNT_SECRET", "MIXPANEL_BASE_URL"):
        monkeypatch.delenv(name)
    assert mp("runs").code == 0


def test_what_bigquery_billed_is_shown_and_nothing_where_nothing_is_billed(mp: Mp) -> None:
    mp("collect", *MARCH)
    assert mp("runs").data[0]["bytes_billed"] == 0
    assert "MB" not in mp("runs", "--format", "table").out
    with duckdb.connect("events.duckdb") as connection:
        connection.execute("UPDATE mixpanel_data.job_runs SET bytes_billed = 1_234_567_890")
    assert "billed" in (out := mp("runs", "--format", "table").out)
    assert "1.23 GB" in out


def test_runs_of_a_file_that_an_earlier_version_made_are_shown(mp: Mp) -> None:
    mp("collect", *MARCH)
    with duckdb.connect("events.duckdb") as connection:
        connection.execute("ALTER TABLE mixpanel_data.job_runs DROP COLUMN bytes_billed")
    assert mp("runs").data[0]["bytes_billed"] is None
