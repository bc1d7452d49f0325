"""A fetch that is killed at any moment: nobody sees a part, and the same call ends where it would have ended."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mixpanel_data.base.errors import WarehouseBusyError
from mixpanel_data.workspace.workspace import Workspace
from mixpanel_data_standins.mixpanel import faults
from support.desk import Desk, DeskMaker
from support.export_lines import event

pytestmark = pytest.mark.sequences

FIRST, LAST = "2040-03-01", "2040-03-14"
SCRIPT = Path(__file__).with_name("fetch_process.py")
ROOT = Path(__file__).parents[2]


def thirty_a_day() -> list[bytes]:
    return [
        event("E", f"2040-03-{day:02} {number % 24:02}:{number:02}:00", f"p{number}", f"{day}-{number}")
        for day in range(1, 15)
        for number in range(30)
    ]


def started(desk: Desk, *options: str) -> "subprocess.Popen[bytes]":
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}"}
    command = [sys.executable, str(SCRIPT), str(desk.path), "events", FIRST, LAST, *options]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def seen(desk: Desk) -> int | None:
    """How many events the table has; None while there is no table."""
    if not desk.path.exists():
        return None
    with Workspace.open(desk.path) as workspace:
        if "events" not in [table.name for table in workspace.tables()]:
            return None
        return int(workspace.sql_scalar("SELECT count(*) FROM events"))


def finished_days(desk: Desk) -> set[str]:
    """The days of the portions that are stored."""
    if not desk.path.exists() or not desk.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = '_fetches_portions'"):
        return set()
    days = "unnest(range(first_day, last_day + 1, INTERVAL 1 DAY))::DATE::VARCHAR"
    return {day for (day,) in desk.rows(f"SELECT {days} FROM _fetches_portions")}


@pytest.mark.parametrize("seed", range(8))
def test_a_fetch_that_is_killed_again_and_again_is_whole_or_not_there(desk_with: DeskMaker, seed: int) -> None:
    desk = desk_with(thirty_a_day())
    chance = random.Random(seed)
    for _ in range(3):
        before, asked = finished_days(desk), len(desk.days_asked)
        process = started(desk)
        try:
            process.communicate(timeout=chance.uniform(0.8, 3.0))
        except subprocess.TimeoutExpired:
            process.send_signal(chance.choice([signal.SIGKILL, signal.SIGINT, signal.SIGTERM]))
            process.communicate()
        assert seen(desk) in (None, 420)
        assert not any(first <= day <= last for first, last in desk.days_asked[asked:] for day in before)
    if seen(desk) is None:
        with desk.workspace() as workspace:
            workspace.fetch_events("events", FIRST, LAST)
    assert desk.rows("SELECT count(*), count(DISTINCT event_id) FROM events") == [(420, 420)]


def test_a_fetch_that_is_killed_while_mixpanel_answers_goes_on(desk_with: DeskMaker) -> None:
    desk = desk_with(thirty_a_day())
    desk.mixpanel.faults.extend([faults.Stall(10)])
    process = started(desk)
    while not desk.days_asked and process.poll() is None:
        pass
    process.kill()
    process.communicate()
    assert seen(desk) is None
    with desk.workspace() as workspace:
        assert workspace.fetch_events("events", FIRST, LAST).rows == 420


def test_a_second_fetch_into_the_file_is_refused_while_the_first_runs(desk_with: DeskMaker) -> None:
    desk = desk_with(thirty_a_day())
    desk.mixpanel.faults.extend([faults.Stall(10)])
    process = started(desk)
    while not desk.days_asked and process.poll() is None:
        pass
    try:
        with desk.workspace() as workspace, pytest.raises(WarehouseBusyError, match="Another fetch"):
            workspace.fetch_events("other", FIRST, LAST)
        assert seen(desk) is None
    finally:
        process.kill()
        process.communicate()


HOLDER = (
    "import sys\n"
    "from mixpanel_data.workspace.workspace import Workspace\n"
    "connection = Workspace.open(sys.argv[1]).connection\n"
    "print('held', flush=True)\n"
    "sys.stdin.read()\n"
)


def test_a_connection_that_another_process_forgot_is_named_and_loses_nothing(
    desk_with: DeskMaker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk = desk_with([event()])
    with desk.workspace() as workspace:
        workspace.fetch_events("events", FIRST, LAST)
    monkeypatch.setattr("mixpanel_data.workspace.storage.file._PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr("mixpanel_data.warehouse.duckdb.attaching._QUIET_SECONDS", 0.1)
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}"}
    command = [sys.executable, "-c", HOLDER, str(desk.path)]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        asked = len(desk.days_asked)
        with desk.workspace() as workspace:
            for use in (
                lambda: workspace.sql_rows("FROM events"),
                lambda: workspace.fetch_events("other", FIRST, LAST),
                lambda: workspace.drop("events"),
            ):
                with pytest.raises(WarehouseBusyError, match=rf"\(PID {holder.pid}\) holds .*desk\.duckdb"):
                    use()
        assert len(desk.days_asked) == asked
        holder.kill()
    assert "waiting for it" in caplog.text
    assert seen(desk) == 1


def test_the_file_of_an_ephemeral_workspace_in_use_is_not_removed_by_another(desk_with: DeskMaker) -> None:
    desk_with([event()])
    with Workspace.ephemeral() as first, Workspace.ephemeral() as second:
        first.fetch_events("events", FIRST, LAST)
        with Workspace.ephemeral():
            pass
        assert second.info().path != first.info().path
        assert first.sql_scalar("SELECT count(*) FROM events") == 1


def test_the_file_of_a_killed_ephemeral_workspace_is_removed_by_the_next(desk_with: DeskMaker, tmp_path: Path) -> None:
    desk = desk_with([event()])
    script = (
        "import os, signal\n"
        "from mixpanel_data.workspace.workspace import Workspace\n"
        "with Workspace.ephemeral() as workspace:\n"
        f"    workspace.fetch_events('events', '{FIRST}', '{LAST}')\n"
        "    print(workspace.info().path, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}", "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    path = Path(done.stdout.strip())
    assert done.returncode == -signal.SIGKILL
    assert path.exists()
    again = script.replace("    os.kill(os.getpid(), signal.SIGKILL)\n", "")
    subprocess.run([sys.executable, "-c", again], env=env, capture_output=True, text=True, check=True)
    assert not path.exists()
    assert desk.days_asked
