"""`mp serve`: the traffic that flows by a fast clock, its faults, and the schedules that call the functions."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests

from mixpanel_data.base.errors import ConfigError, RequestError, UnavailableError
from mixpanel_data.cli import main as mp
from mixpanel_data.configuration.schedules import Schedule
from mixpanel_data_standins.fast_clock import FastClock
from mixpanel_data_standins.function_process import free_port
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.mixpanel.access import DEFAULT_ACCESS
from mixpanel_data_standins.serve.control import Control, begin
from mixpanel_data_standins.serve.database import started_anew
from mixpanel_data_standins.serve.faults import LASTS, Kind
from mixpanel_data_standins.serve.names import PER_MINUTE
from mixpanel_data_standins.serve.schedules import last_missed, read_schedules, schedules_file
from mixpanel_data_standins.serve.terminal import outcome
from mixpanel_data_standins.serve.traffic import Traffic
from support.free_ports import ports_of_serve, row_of_ports

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = timedelta(days=30)


@pytest.fixture
def mixpanel() -> Iterator[StandInMixpanel]:
    # Late enough that every event is there to see.
    with StandInMixpanel(now=lambda: NOON + LATER) as running:
        yield running


def counts(mixpanel: StandInMixpanel, start: datetime, end: datetime) -> Counter[str]:
    """The events that the stand-in exports of a span, by name."""
    access = mixpanel.access
    days = {"from_date": f"{start:%Y-%m-%d}", "to_date": f"{end:%Y-%m-%d}", "project_id": access.project_id}
    answer = requests.get(f"{mixpanel.url}/api/2.0/export", days, auth=(access.username, access.secret), timeout=10)
    events = [json.loads(line) for line in answer.text.splitlines()]
    ids = [event["properties"]["$insert_id"] for event in events]
    assert len(ids) == len(set(ids))
    span = range(int(start.timestamp()), int(end.timestamp()))
    return Counter(event["event"] for event in events if event["properties"]["time"] in span)


# The clock.


def test_a_clock_passes_on_a_command_line_and_counts_real_seconds() -> None:
    clock = FastClock.starting(NOON, 60)
    assert FastClock.of(*clock.arguments()) == clock
    assert clock() >= NOON
    assert 0 < clock.seconds_until(clock() + HOUR) <= 60
    assert clock.seconds_until(NOON) == 0


# The traffic.


def test_traffic_keeps_to_its_usual_rates_however_often_it_flows(mixpanel: StandInMixpanel) -> None:
    traffic = Traffic(mixpanel, NOON)
    for minutes in (5, 5, 90, 120):
        traffic.flow(NOON + timedelta(minutes=minutes))
    found = counts(mixpanel, NOON, NOON + 2 * HOUR)
    assert set(found) == set(PER_MINUTE)
    # From noon on, there are four fifths to all of the average.
    assert all(0.75 * 120 * usual < found[name] < 1.05 * 120 * usual for name, usual in PER_MINUTE.items())


@pytest.mark.parametrize(
    ("kind", "event", "concerned", "most"),
    [
        (Kind.OUTAGE, None, set(PER_MINUTE), 0),
        (Kind.SILENCE, "Page Viewed", {"Page Viewed"}, 0),
        (Kind.SILENCE, None, {"Checkout Started"}, 0),
        (Kind.BURST, None, {"Checkout Failed"}, 300),
    ],
)
def test_a_fault_concerns_its_events_alone_and_ends(
    mixpanel: StandInMixpanel, kind: Kind, event: str | None, concerned: set[str], most: int
) -> None:
    traffic = Traffic(mixpanel, NOON)
    traffic.flow(NOON)
    fault = traffic.disturb(kind, event)
    traffic.flow(NOON + 2 * HOUR)
    during, after = counts(mixpanel, fault.begins, fault.ends), counts(mixpanel, fault.ends, fault.ends + HOUR)
    usual = {name: PER_MINUTE[name] * LASTS[kind] / timedelta(minutes=1) for name in PER_MINUTE}
    assert all(0.3 * usual[name] < during[name] < 1.5 * usual[name] for name in set(PER_MINUTE) - concerned)
    for name in concerned:
        assert during[name] == 0 if kind is not Kind.BURST else 5 * usual[name] < during[name] < most
        assert 0.4 * 60 < after[name] / PER_MINUTE[name] < 1.5 * 60


def test_one_fault_lasts_at_a_time_and_an_unknown_event_is_refused(mixpanel: StandInMixpanel) -> None:
    traffic = Traffic(mixpanel, NOON)
    with pytest.raises(RequestError, match=r"no event 'Page Veiwed'\. Choose one of: Page Viewed, "):
        traffic.disturb(Kind.SILENCE, "Page Veiwed")
    fault = traffic.disturb(Kind.OUTAGE, None)
    with pytest.raises(UnavailableError, match=f"There is an outage of all events until {fault.ends:%H:%M}"):
        traffic.disturb(Kind.BURST, None)
    traffic.flow(fault.ends)
    assert traffic.disturb(Kind.BURST, None).begins >= fault.ends


def test_traffic_of_long_ago_is_forgotten_once_a_day(mixpanel: StandInMixpanel) -> None:
    days = [NOON - timedelta(days=days) for days in (2000, 14, 13)]
    mixpanel.add(
        json.dumps({"event": "commit", "properties": {"time": day.timestamp(), "$insert_id": str(day)}}).encode()
        for day in days
    )
    traffic = Traffic(mixpanel, NOON + 11 * HOUR)
    traffic.flow(NOON + 11.5 * HOUR)
    assert [counts(mixpanel, day, day + HOUR).total() for day in days] == [1, 1, 1]
    traffic.flow(NOON + 12.5 * HOUR)
    assert [counts(mixpanel, day, day + HOUR).total() for day in days] == [1, 0, 1]


# The port that takes faults.


def test_a_fault_starts_from_another_program(mixpanel: StandInMixpanel) -> None:
    traffic = Traffic(mixpanel, NOON)
    with Control(0, traffic.disturb, "http://slack.example", 60) as control:
        begun = begin(Kind.BURST, "Signed In", control.port)
        assert (begun.fault, begun.begins, begun.ends, begun.seconds) == ("a burst of Signed In", "12:00", "12:12", 12)
        assert begun.seen_at == "http://slack.example"
        with pytest.raises(UnavailableError, match=r"There is a burst of Signed In until 12:12 of simulated time"):
            begin(Kind.OUTAGE, None, control.port)
        with pytest.raises(RequestError, match="no event 'x'"):
            begin(Kind.BURST, "x", control.port)
        url = f"http://127.0.0.1:{control.port}/faults"
        assert [requests.post(url, body, timeout=10).status_code for body in ("", "[]", '{"kind": "flood"}')] == [
            400
        ] * 3
    with pytest.raises(UnavailableError, match=f"No `mp serve` answers on port {control.port}"):
        begin(Kind.BURST, None, control.port)


def test_the_command_says_that_nothing_serves(capsys: pytest.CaptureFixture[str]) -> None:
    assert mp(["serve", "burst", "--port", str(free_port())]) == 1
    assert "Start one in another terminal" in capsys.readouterr().err


# The schedules.


def _entry(cron: str, time_zone: str = "Etc/UTC") -> dict[str, Any]:
    where = {"name": "x", "function": "collector", "body": {}, "attempt_deadline": "180s", "retries": 0}
    return {**where, "schedule": cron, "time_zone": time_zone}


HOURLY = Schedule(**_entry("5 * * * *"))


def test_a_schedule_is_due_by_the_clock_of_its_zone() -> None:
    nightly = Schedule(**_entry("0 3 * * *", "Europe/Berlin"))
    assert nightly.after(NOON) == datetime(2026, 3, 3, 2, tzinfo=UTC)
    assert nightly.after(NOON + LATER) == datetime(2026, 4, 2, 1, tzinfo=UTC)


def test_of_calls_that_were_missed_only_the_last_is_made() -> None:
    due = HOURLY.after(NOON)
    assert due == NOON + timedelta(minutes=5)
    assert last_missed(HOURLY, due, due + timedelta(minutes=1)) == due + HOUR
    assert last_missed(HOURLY, due, due + 3.5 * HOUR) == due + 3 * HOUR


def test_the_schedules_that_ship_are_read_and_those_of_the_working_directory_win(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = read_schedules(schedules_file(ROOT / "functions"))
    assert {schedule.function for schedule in shipped} == {
        each.parent.name for each in ROOT.glob("functions/*/main.py")
    }
    own = Path("config", "schedules.json")
    own.parent.mkdir()
    for text in ("{", "{}", '{"schedules": [{"name": "x"}]}', json.dumps({"schedules": [_entry("often")]})):
        own.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"config/schedules\.json"):
            read_schedules(schedules_file(ROOT / "functions"))


# The file and the lines.

LOCKED = "CREATE TABLE mixpanel_data.job_locks AS SELECT '{}' AS project_id"
LOCKED_TOO = "INSERT INTO mixpanel_data.job_locks VALUES ('{}')"
FILLED = "CREATE TABLE mixpanel_data.events AS SELECT 1 AS id"


def test_the_file_of_an_earlier_start_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "serve.duckdb"
    _write(path, LOCKED.format(DEFAULT_ACCESS.project_id), FILLED)
    with started_anew(path, DEFAULT_ACCESS):
        assert not path.exists()
        with pytest.raises(UnavailableError, match="Another `mp serve` writes to"):
            started_anew(path, DEFAULT_ACCESS).__enter__()
    # An earlier start can have ended before anything was collected.
    _write(path, "CREATE TABLE mixpanel_data.events (id INTEGER)")
    with started_anew(path, DEFAULT_ACCESS):
        assert not path.exists()


@pytest.mark.parametrize(
    "statements",
    [
        (LOCKED.format("4711"), FILLED),
        (LOCKED.format(DEFAULT_ACCESS.project_id), LOCKED_TOO.format("4711"), FILLED),
        (FILLED,),
        (LOCKED.format(DEFAULT_ACCESS.project_id), "CREATE TABLE main.notes (text VARCHAR)"),
    ],
    ids=["another project", "two projects", "no project", "a table of the user"],
)
def test_a_file_of_anything_else_is_kept(tmp_path: Path, statements: Sequence[str]) -> None:
    path = tmp_path / "serve.duckdb"
    _write(path, *statements)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="is not from an earlier `mp serve`"), started_anew(path, DEFAULT_ACCESS):
        pass
    assert path.read_bytes() == before


def _write(path: Path, *statements: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA mixpanel_data")
        for statement in statements:
            connection.execute(statement)


def test_a_run_is_told_in_a_few_words() -> None:
    run = {"status": "ok", "seconds": 0.42, "job": "collector", "inserted": 1204, "updated": 0, "bytes": 70_000}
    assert outcome(run) == "1,204 inserted, 0.4 s"
    alert = {"event": "Checkout Failed", "direction": "high", "state": "open"}
    assert outcome({**run, "inserted": 0, "alerts": [alert]}) == "Checkout Failed high and open, 0.4 s"
    assert outcome({**run, "inserted": 0}) == "nothing new, 0.4 s"
    assert outcome({"status": "error", "error": {"message": "no quota"}}) == "failed: no quota"


# All of it.


@pytest.mark.sequences
def test_a_burst_has_an_alert_and_an_end_and_nothing_else_has_one(tmp_path: Path) -> None:
    first = row_of_ports(8)
    page = f"http://127.0.0.1:{first + 6}"
    program = [sys.executable, "-u", "-m", "mixpanel_data", "serve"]
    with (
        subprocess.Popen(
            [*program, *ports_of_serve(first)], cwd=tmp_path, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as serving,
        _ended_after(300, serving),
    ):
        assert serving.stdout is not None
        lines = iter(serving.stdout)
        assert any("ready, writing to serve.duckdb" in line for line in lines)
        begun = subprocess.run(
            [*program, "burst", "--port", str(first + 7)], capture_output=True, text=True, check=True, timeout=60
        )
        assert re.match(r"Started a burst of Checkout Failed: .* of simulated time, 12 s of yours\.\n", begun.stdout)
        assert page in begun.stdout
        told = []
        for line in lines:
            told += [line] if "notified" in line else []
            if "Checkout Failed high and resolved" in line:
                break
        assert any("Checkout Failed high and open" in line for line in told[:1]), told
        with urllib.request.urlopen(page, timeout=60) as answer:
            shown = answer.read().decode()
        assert re.findall(r'<div class="header">\W*(.*?): over', shown) == ["Checkout Failed"]
        assert "60 times as fast" in shown
        serving.send_signal(signal.SIGINT)
        rest, _ = serving.communicate(timeout=60)
    assert serving.returncode == 0
    assert "Traceback" not in rest
    assert not [port for port in range(first, first + 8) if _listens(port)]


@contextlib.contextmanager
def _ended_after(seconds: float, process: "subprocess.Popen[str]") -> Iterator[None]:
    """Kill a process, and what ends with it, if the block takes longer: nobody then waits for its next line."""
    timer = threading.Timer(seconds, os.killpg, (process.pid, signal.SIGKILL))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def _listens(port: int) -> bool:
    with socket.socket() as probing:
        return probing.connect_ex(("127.0.0.1", port)) == 0
