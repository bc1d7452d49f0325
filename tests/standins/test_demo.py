"""`mp demo` and `mp serve`: they do as they say, and leave nothing running."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import duckdb
import pytest
from rich.console import Console

from docs.pages import shown_by_the_demo, without_chance
from mixpanel_data.base.log_lines import line
from mixpanel_data.cli import main as mp
from mixpanel_data_standins.demo import Found, Sample, check, count_sample
from mixpanel_data_standins.demo.identity_states import State, check_states
from mixpanel_data_standins.function_process import log_entry
from mixpanel_data_standins.sample import GROWING_CLUSTER
from mixpanel_data_standins.serve.functions import assigned_ports
from support.free_ports import ports_of_serve, row_of_ports

pytestmark = pytest.mark.sequences

ROOT = Path(__file__).parents[2]
BY_NAME = {"commit": 2, "merge": 1}
FIRST = {"inserted": 3, "updated": 0, "duplicates": 0}
AGAIN = {"inserted": 0, "updated": 0, "duplicates": 3}
FOUND = Found(events=3, ids=3, in_minutes=3, by_name=BY_NAME, by_month={"2019-01": 3})


def started(*arguments: object, cwd: Path = ROOT) -> subprocess.Popen[str]:
    """`mp` in a process of its own, with stderr among its output."""
    command = [sys.executable, "-u", "-m", "mixpanel_data", *map(str, arguments)]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "shared")}
    return subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def read_until(stream: IO[str] | None, pattern: str) -> re.Match[str]:
    assert stream is not None
    seen = ""
    for text in stream:
        seen += text
        if found := re.search(pattern, text):
            return found
    raise AssertionError(f"{pattern} is not in:\n{seen}")


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def test_the_demo_brings_the_sample_exactly_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a developer has set for a real project leads nowhere.
    monkeypatch.setenv("GCP_PROJECT_ID", "production")
    monkeypatch.setenv("EVENTS_CONFIG", '{"events": [{"name": "commit"}]}')
    database = tmp_path / "demo.duckdb"
    database.write_text("of an earlier demo")
    code = mp(["demo", "--database", str(database)])
    out = capsys.readouterr().out
    assert code == 0, out
    assert out.count("✓") == 15
    assert "✗" not in out
    assert "18,939 events" in out
    assert re.search(r"Signed-off-by +10,371", out)
    assert "2020-12" in out
    assert "mp runs --format table" in out
    printed = iter([without_chance(line) for line in out.splitlines()])
    assert [line for line in shown_by_the_demo() if line not in printed] == [], "in the order of the README"
    with duckdb.connect(str(database), read_only=True) as connection:
        counted = (
            "SELECT count(*), count(DISTINCT event_id) FROM mixpanel_data.mixpanel_events "
            "WHERE event_timestamp < TIMESTAMPTZ '2021-01-01 00:00:00+00'"
        )
        assert connection.execute(counted).fetchall() == [(18939, 18939)]
    ports = re.findall(r"functions framework: http://127\.0\.0\.1:(\d+)", out)
    assert len(ports) == 5
    assert not any(listens(int(port)) for port in ports)
    assert "Checkout Failed" in (tmp_path / "demo-alert.html").read_text(encoding="utf-8")


def test_the_sample_is_counted_without_the_collector() -> None:
    sample = count_sample()
    assert (sample.events, sample.in_window, len(sample.by_name)) == (19101, 18939, 44)
    assert isinstance(sample.by_name, Counter)


@pytest.mark.parametrize(
    ("first", "again", "found"),
    [
        ({**FIRST, "inserted": 2}, AGAIN, FOUND),
        (FIRST, {**AGAIN, "inserted": 1}, FOUND),
        (FIRST, {**AGAIN, "updated": 1}, FOUND),
        (FIRST, AGAIN, replace(FOUND, events=4)),
        (FIRST, AGAIN, replace(FOUND, ids=2)),
        (FIRST, AGAIN, replace(FOUND, by_name={"commit": 1, "merge": 2})),
        (FIRST, AGAIN, replace(FOUND, in_minutes=2)),
    ],
)
def test_a_count_that_is_not_exact_fails_the_demo(
    first: dict[str, Any], again: dict[str, Any], found: Found, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(Console(), Sample(5, BY_NAME), FIRST, AGAIN, FOUND)
    assert not check(Console(), Sample(5, BY_NAME), first, again, found)
    assert "The counts are not exact" in capsys.readouterr().out


GROWN = (
    State("yesterday", [["foo"]], 1, 0),
    State("today", [["foo", "bar"]], 1, 1),
    State("tomorrow", [["foo", "bar"], ["bar", "baz"]], 1, 0),
)
ANSWERS = [{"changed": {"inserted": state.inserted, "updated": 0, "deleted": state.deleted}} for state in GROWN]


def test_the_demo_shows_the_cluster_of_the_file_that_ships() -> None:
    assert json.loads((ROOT / "config" / "identity_demo.json").read_text(encoding="utf-8")) == GROWING_CLUSTER


@pytest.mark.parametrize(
    "last",
    [
        replace(GROWN[2], pairs=[["foo", "bar"], ["foo", "baz"]]),
        replace(GROWN[2], inserted=2),
        replace(GROWN[2], deleted=1),
    ],
)
def test_a_cluster_that_grows_in_another_way_fails_the_demo(last: State, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_states(Console(), GROWN, ANSWERS)
    assert not check_states(Console(), (*GROWN[:2], last), ANSWERS)
    assert "The identity graph is wrong" in capsys.readouterr().out


def test_a_demo_that_cannot_run_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mp(["demo", "--database", str(tmp_path / "none" / "demo.duckdb")]) == 1
    assert f"The folder {tmp_path / 'none'} does not exist. Create it" in capsys.readouterr().err
    assert mp(["demo", "--functions", str(tmp_path), "--database", str(tmp_path / "demo.duckdb")]) == 1
    assert "collector did not start" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_interrupted_leaves_nothing_running(tmp_path: Path, number: signal.Signals) -> None:
    with started("demo", "--database", tmp_path / "demo.duckdb") as process:
        port = int(read_until(process.stdout, r"functions framework: http://127\.0\.0\.1:(\d+)")[1])
        process.send_signal(number)
        rest, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "\ninterrupted, stopping the functions\n" in rest
    assert not listens(port)


def test_serve_offers_the_functions_until_it_is_interrupted(tmp_path: Path) -> None:
    database = tmp_path / "served.duckdb"
    first = row_of_ports(8)
    with started("serve", "--database", database, *ports_of_serve(first)) as process:
        url = read_until(process.stdout, r"collector \| (http://127\.0\.0\.1:\d+)")[1]
        read_until(process.stdout, r"ready, writing to")
        with urllib.request.urlopen(f"{url}/?from=2020-12-01&to=2020-12-02", timeout=60) as answer:
            body = json.load(answer)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
    assert "Fatal Python error" not in rest
    assert (process.returncode, body["status"]) == (0, "ok")
    assert body["inserted"] > 0
    assert re.search(rf"collector \| \d\d \w\w\w \d\d:\d\d  {body['inserted']} inserted", rest)
    assert not listens(int(url.rpartition(":")[2]))


def test_serve_names_a_port_that_is_in_use_and_the_option_for_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = ("--database", str(tmp_path / "x.duckdb"))
    free = ("--mixpanel-port", "0", "--slack-port", "0", "--control-port", "0")
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = str(server.getsockname()[1])
        assert mp(["serve", *database, "--mixpanel-port", taken]) == 1
        err = capsys.readouterr().err
        assert f"Port {taken}, meant for the stand-in Mixpanel, cannot be used: Address already in use" in err
        assert "--mixpanel-port" in err
        assert mp(["serve", *database, *free[:4], "--control-port", taken]) == 1
        assert f"Port {taken}, meant for faults, cannot be used" in capsys.readouterr().err
        assert mp(["serve", *database, *free, "--first-port", taken]) == 1
        err = capsys.readouterr().err
        assert f"Port {taken}, meant for collector, is in use" in err
        assert "Stop the program" in err


def test_each_function_has_its_port_whichever_others_exist(tmp_path: Path) -> None:
    for name, port in (("registry-updater", 8085), ("collector", 8081), ("another", 8090), ("detector", 8082)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "function.json").write_text(f'{{"port": {port}}}')
    (tmp_path / "no-function").mkdir()
    found = {folder.name: port for folder, port in assigned_ports(tmp_path, 9081)}
    assert list(found.items()) == [
        ("collector", 9081),
        ("detector", 9082),
        ("registry-updater", 9085),
        ("another", 9090),
    ]


def test_serve_names_a_folder_without_functions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    free = ("--mixpanel-port", "0", "--slack-port", "0", "--control-port", "0")
    assert mp(["serve", "--functions", str(tmp_path), "--database", str(tmp_path / "x.duckdb"), *free]) == 1
    err = capsys.readouterr().err
    assert f"{tmp_path} has no functions" in err
    assert "--functions" in err


def test_a_line_of_a_functions_output_is_an_entry_of_its_log_or_a_message() -> None:
    text = '{"severity": "WARNING", "message": "late", "part": 1}'
    assert log_entry(text) == ("WARNING", "late", {"severity": "WARNING", "message": "late", "part": 1})
    for other in ("Traceback (most recent call last):", "[1, 2]", "{}", "3"):
        assert log_entry(other) == ("INFO", other, {})


def test_a_log_entry_is_a_readable_line() -> None:
    fields = {"part": 2, "received": 1204, "inserted": 1200, "updated": 0, "duplicates": 4, "bytes": 70_000}
    assert line("INFO", "[a, b): 1,204 events", fields) == "[a, b): 1,204 events, 1,200 inserted, 4 duplicates"
    assert line("WARNING", "slow", {}) == "warning: slow"
    assert line("DEBUG", "x", fields, verbose=True) == "x, 1,200 inserted, 4 duplicates, part 2, bytes 70,000"
