"""`mp export`: files for other programs, and what `mp` says of them."""

import os
import signal
from pathlib import Path

import pytest

from cli.shell import MARCH, Mp, ended, started
from mixpanel_data.workspace.workspace import Workspace
from mixpanel_data_standins.mixpanel import StandInMixpanel
from support.exported_files import files_of, rows_of

pytestmark = pytest.mark.sequences

EVENTS = ("export", "events", "--to", "raw")


@pytest.fixture
def collected(mp: Mp) -> Mp:
    """The command, after the events of March were collected."""
    assert mp("collect", *MARCH).code == 0
    return mp


def test_collected_events_become_a_parquet_file_a_day(collected: Mp) -> None:
    done = collected(*EVENTS)
    assert done.code == 0
    assert {name: done.data[name] for name in ("source", "to", "format", "files", "rows", "skipped")} == {
        "source": "warehouse",
        "to": "raw/events",
        "format": "parquet",
        "files": 3,
        "rows": 4,
        "skipped": 0,
    }
    assert done.data["date_range"] == ["2024-03-01", "2024-03-20"]
    assert [path.stem for path in files_of(Path("raw/events"))] == ["2024-03-01", "2024-03-02", "2024-03-20"]
    assert [row["event_name"] for row in rows_of(Path("raw/events"))] == ["Signup", "Purchase", "Purchase", "Purchase"]
    assert collected(*EVENTS).data["skipped"] == 3


def test_files_are_named_on_stderr_only_with_verbose(collected: Mp) -> None:
    assert collected(*EVENTS).err == ""
    told = collected("-v", *EVENTS, "--restart").err.splitlines()
    assert [line.partition(",")[0] for line in told] == [
        f"Wrote raw/events/2024-03-{day}.parquet" for day in ("01", "02", "20")
    ]


def test_the_format_of_the_files_and_of_the_output_are_two_options(collected: Mp) -> None:
    shown = collected("--format", "csv", *EVENTS, "--format", "jsonl", "--to-date", "2024-03-01")
    assert shown.code == 0
    assert shown.out.startswith("source,table,to,format,")
    (first_day,) = files_of(Path("raw/events"))
    assert first_day.name == "2024-03-01.jsonl"
    assert [row["event_name"] for row in rows_of(Path("raw/events"))] == ["Signup", "Purchase"]


def test_fetched_tables_are_exported_from_the_workspace(mp: Mp, mixpanel: StandInMixpanel) -> None:
    mixpanel.profiles.put("ann", {"plan": "pro"})
    mp("fetch", "profiles")
    mp("fetch", "events", "--from", "2024-03-01", "--to", "2024-03-02")
    assert mp("export", "profiles", "--to", "raw", "--format", "csv").data["files"] == 1
    assert rows_of(Path("raw/profiles"))[0]["distinct_id"] == "ann"
    events = mp(*EVENTS, "--from-date", "2024-03-02")
    assert (events.data["source"], events.data["rows"]) == ("workspace", 1)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("export", "events"), 3, "--to"),
        ((*EVENTS, "--format", "xml"), 3, "xml"),
        ((*EVENTS, "--from-date", "March"), 3, "--from-date is 'March'"),
        (("export", "events", "--to", "2024-03-01", "--to", "raw"), 3, "the last day is --to-date"),
        (("export", "nothing", "--to", "raw"), 4, "no table 'nothing'"),
        (("export", "events", "--to", "missing/raw"), 3, "missing"),
        (("export", "events", "--to", "s3://x/y"), 3, "gs://"),
    ],
)
def test_a_wrong_argument_ends_before_anything_is_written(
    collected: Mp, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = collected(*arguments)
    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert not Path("raw").exists()


def test_another_format_into_the_same_folder_is_refused_until_it_restarts(collected: Mp) -> None:
    collected(*EVENTS)
    refused = collected(*EVENTS, "--format", "csv")
    assert refused.code == 3
    assert "format 'parquet', not 'csv'" in refused.err
    assert collected(*EVENTS, "--format", "csv", "--restart").code == 0
    assert {path.suffix for path in files_of(Path("raw/events"))} == {".csv"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_access_is_named(collected: Mp, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir(mode=0o500)
    done = collected(*EVENTS)
    assert (done.code, done.out) == (3, "")
    assert "raw" in done.err


def test_ctrl_c_ends_with_130_and_whole_files_only(collected: Mp) -> None:
    many = "CREATE TABLE many AS SELECT n, sha256(n::VARCHAR) AS text FROM range(600000) AS t(n)"
    with Workspace.open("events.duckdb") as workspace:
        workspace.connection.execute(many)
    process = started("export", "many", "--to", "raw", "--format", "jsonl")
    while process.poll() is None and not list(Path().glob("raw/many/.many.*")):
        pass
    process.send_signal(signal.SIGINT)
    done = ended(process)
    assert (done.code, done.out) == (130, "")
    assert [path.name for path in Path("raw/many").iterdir()] == ["_export.json"]
    assert collected("export", "many", "--to", "raw", "--format", "jsonl").data["rows"] == 600_000


def test_help_says_where_each_format_stands(mp: Mp) -> None:
    shown = mp("export", "--help")
    assert shown.code == 0
    assert "Format of the files" in shown.out
    assert "--format <json" not in shown.out
