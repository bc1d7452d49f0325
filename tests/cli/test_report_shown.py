"""What `mp report` writes beside the figures: tables for people, warnings, and pages on awkward disks."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from cli.conftest import EVENTS, a_project
from cli.shell import MARCH, Mp
from mixpanel_data.cli import main
from support.export_lines import event

DAYS = ("--from", "2024-03-01", "--to", "2024-03-02")
PURCHASES = ("report", "segmentation", "--event", "Purchase", *DAYS)
RETENTION = ("report", "retention", "--returned", "Purchase", "--buckets", "1", "--unit", "month", *DAYS)
BUYERS = '{"did": "Purchase", "at_least": 1}'


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The value of WAREHOUSE for the events of March, the last of which has figures."""
    last = event("Purchase", "2024-03-20 13:00:00", "eve", "m5", amount=0.00012345678, price=1234567.123456)
    folder = tmp_path_factory.mktemp("march")
    with pytest.MonkeyPatch.context() as patch, a_project(folder, patch, (*EVENTS, last)):
        assert main(("collect", *MARCH)) == 0
        return os.environ["WAREHOUSE"]


@pytest.fixture
def collected(mp: Mp, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Mp:
    """The command, over the events of March; all tests share their file, which reports do not change."""
    monkeypatch.setenv("WAREHOUSE", warehouse)
    return mp


def test_a_drawing_names_the_table_that_was_read(collected: Mp) -> None:
    out = collected(*PURCHASES, "--format", "table").out
    _, _, heading = out.partition("\nSegmentation\n")
    days, *source = heading.split("\n\n")[0].split("\n")
    assert days == "2024-03-01 to 2024-03-02, UTC"
    assert " ".join(source).startswith("mixpanel_events in DuckDB file ")


@pytest.mark.parametrize(
    ("measure", "whole", "shown"),
    [
        (("--measure", "average"), "1.3333333333333333", "1.3333"),
        (("--measure", "mean", "--property", "amount"), "0.00012345678", "0.0001235"),
        (("--measure", "sum", "--property", "price"), "1234567.123456", "1234567.1235"),
        (("--measure", "general"), "4", "4"),
    ],
)
def test_figures_of_a_table_are_short_and_those_of_other_formats_whole(
    collected: Mp, measure: tuple[str, ...], whole: str, shown: str
) -> None:
    days = ("--from", "2024-03-01", "--to", "2024-03-20")
    asked = ("report", "segmentation", "--event", "Purchase", "--unit", "month", *measure, *days)
    assert collected(*asked, "-f", "csv").out.splitlines()[1].split(",")[-1] == whole
    rows = [line.split() for line in collected(*asked, "-f", "table").out.splitlines()]
    assert ["1", "Purchase", "2024-03-01", shown] in rows


def test_a_segment_without_a_name_is_one_column_of_text(collected: Mp) -> None:
    asked = (*RETENTION, "--segments", BUYERS, "--segments", '{"not": {"did": "Signup"}}')
    header, first, *_ = collected(*asked, "-f", "csv").out.splitlines()
    assert header.startswith("users_of,segment,cohort,size,bucket,users,")
    assert first.startswith('"did: Purchase, at_least: 1",,2024-03-01,')
    table = collected(*asked, "-f", "table").out
    assert "not: did: Signup" in table
    assert "users_of.did" not in table
    (line, *_) = collected(*asked, "-f", "jsonl").out.splitlines()
    row = json.loads(line)
    assert (row["users_of"]["did"], row["size"]) == (["Purchase"], 2)


@pytest.mark.parametrize(
    ("first", "last", "outside"),
    [
        ("2024-03-01", "2024-03-20", False),
        ("2024-02-29", "2024-03-02", True),
        ("2024-03-02", "2024-03-21", True),
        ("2024-04-01", "2024-04-02", True),
        ("2024-03-02", "2040-12-31", True),
    ],
)
def test_days_without_stored_events_are_told_once(collected: Mp, first: str, last: str, outside: bool) -> None:
    asked = ("report", "segmentation", "--event", "Purchase", "--unit", "month", "--from", first, "--to", last)
    done = collected(*asked)
    assert done.code == 0
    told = "has events from 2024-03-01 to 2024-03-20; days outside count as 0."
    assert done.stderr.count(told) == int(outside)
    assert done.stderr.count("\n") == int(outside)


def test_the_days_of_a_comparison_count_too_and_those_of_the_zone(collected: Mp) -> None:
    asked = ("report", "active-users", "--from", "2024-03-02", "--to", "2024-03-03", "--compare")
    assert "days outside" in collected(*asked, "previous").stderr
    assert collected(*asked, "2024-03-10..2024-03-11").stderr == ""
    early = ("report", "active-users", "--from", "2024-02-29", "--to", "2024-03-01", "--timezone")
    assert collected(*early, "Pacific/Honolulu").stderr == ""
    assert "from 2024-03-01 to 2024-03-20" in collected(*early, "Asia/Tokyo").stderr


def test_an_unwritable_place_for_a_page_is_told_before_the_report_is_worked_out(collected: Mp) -> None:
    Path("folder").mkdir()
    for path, reason in (("no/page.html", "No such file or directory"), ("folder", "Is a directory")):
        done = collected("report", "segmentation", "--event", "Purchas", *DAYS, "--html", path)
        assert (done.code, done.out) == (3, "")
        assert f"--html is {path!r}, which cannot be written: {reason}." in done.failure["error"]["message"]
    Path("page.html").write_text("before")
    assert collected("report", "segmentation", "--event", "Purchas", *DAYS, "--html", "page.html").code == 4
    assert Path("page.html").read_text() == "before"


def test_a_full_disk_leaves_no_part_of_a_page(collected: Mp, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("before")
    (tmp_path / "page.html.part").symlink_to("/dev/full")
    done = collected(*PURCHASES, "--html", "page.html")
    assert done.code == 3
    assert "cannot be written: No space left on device." in done.failure["error"]["message"]
    assert (tmp_path / "page.html").read_text() == "before"
    assert [each.name for each in tmp_path.glob("page*")] == ["page.html"]


def test_a_page_goes_into_a_pipe_and_through_a_link(collected: Mp, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("before")
    (tmp_path / "link.html").symlink_to("page.html")
    assert collected(*PURCHASES, "--html", "link.html").code == 0
    assert (tmp_path / "link.html").is_symlink()
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        assert collected(*PURCHASES, "--html", "pipe").code == 0
        assert reader.communicate()[0].decode().startswith("<!DOCTYPE html>")
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")
