"""`mp collect` brings events and says so; an error is told on stderr and by the exit code."""

import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from cli.shell import MARCH, SHARED, Mp, ended, started
from mixpanel_data_standins.mixpanel import Quotas, StandInMixpanel, faults
from support.export_lines import event


def test_a_window_is_brought_and_the_answer_is_on_stdout(mp: Mp) -> None:
    done = mp("collect", *MARCH)
    assert done.code == 0, done.err
    assert done.data["status"] == "ok"
    assert done.data["job"] == "collector"
    assert done.data["window"] == {"from": "2024-03-01T00:00:00Z", "to": "2024-04-01T00:00:00Z"}
    assert (done.data["received"], done.data["inserted"], done.data["duplicates"]) == (4, 4, 0)


def test_the_same_window_again_brings_nothing(mp: Mp) -> None:
    mp("collect", *MARCH)
    again = mp("collect", *MARCH)
    assert (again.code, again.data["inserted"], again.data["duplicates"]) == (0, 0, 4)


def test_each_part_is_told_on_stderr(mp: Mp) -> None:
    done = mp("collect", *MARCH)
    first, last = done.err.splitlines()
    assert re.fullmatch(
        r"\[2024-03-01T00:00:00Z, 2024-03-08T00:00:00Z\): 3 events, 3 inserted, day 7 of 31, \d+:\d\d left", first
    )
    assert last == "[2024-03-08T00:00:00Z, 2024-04-01T00:00:00Z): 1 events, 1 inserted, day 31 of 31"


def test_verbose_tells_more_and_quiet_nothing(mp: Mp) -> None:
    assert "part 1, bytes " in mp("collect", *MARCH, "-v").err
    assert mp("collect", *MARCH, "-q").err == ""


def test_without_a_window_what_arrived_is_brought(mp: Mp, mixpanel: StandInMixpanel) -> None:
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    mixpanel.add(event("Signup", now, "eve", "m9"))
    done = mp("collect")
    assert (done.code, done.data["inserted"]) == (0, 1), done.err


def test_only_the_named_events_are_brought(mp: Mp) -> None:
    done = mp("collect", *MARCH, "--event", "Signup")
    assert done.data["inserted"] == 1
    assert mp("collect", *MARCH, "--event", "Signup", "--event", "Purchase").data["inserted"] == 3


def test_a_window_that_moves_with_the_day_is_brought(mp: Mp) -> None:
    done = mp("collect", "--reread", "recent")
    assert (done.code, done.data["received"]) == (0, 0), done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--from", "2024-03-01"], "give --from and --to together"),
        (["--from", "March", "--to", "2024-03-02"], '--from is "March": give ISO 8601'),
        (["--from", "2024-03-02", "--to", "2024-03-01"], "ends after it starts"),
        (["--event", ""], "--event is"),
        (["--days", "3"], "No such option: --days"),
        (["--reread", "all"], "'recent', 'slice'"),
        (["yesterday"], "1 argument is too many"),
    ],
)
def test_wrong_arguments_exit_3(mp: Mp, arguments: list[str], told: str) -> None:
    done = mp("collect", *arguments)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: ")
    assert told in done.err


def test_a_wrong_setting_exits_3_and_is_named(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXPANEL_REGION", "mars")
    done = mp("collect", *MARCH)
    assert (done.code, done.out) == (3, "")
    assert "MIXPANEL_REGION is 'mars'. Give one of us, eu, in." in done.err


def test_a_refused_credential_exits_2_and_the_secret_is_not_shown(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXPANEL_SERVICE_ACCOUNT_SECRET", "not-to-be-seen")
    for verbosity in ("-q", "-v"):
        done = mp("collect", *MARCH, verbosity)
        assert (done.code, done.out) == (2, "")
        assert "Check the credentials" in done.err
        assert "not-to-be-seen" not in done.err


def test_verbose_shows_where_an_error_arose(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXPANEL_REGION", "mars")
    assert "Traceback" in mp("-v", "collect").err
    assert "Traceback" not in mp("collect").err


def test_a_quota_that_is_used_up_exits_5(mp: Mp, mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch) -> None:
    mixpanel.quotas = Quotas(per_hour=0)
    monkeypatch.setenv("CALL_DEADLINE_SECONDS", "5")
    done = mp("collect", *MARCH)
    assert (done.code, done.out) == (5, "")
    assert "429" in done.err


def test_a_deadline_holds_where_one_is_set(mp: Mp, mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch) -> None:
    mixpanel.faults.permanent = faults.Stall(after_bytes=20)
    mixpanel.behaviour = replace(mixpanel.behaviour, framing="close")
    monkeypatch.setenv("CALL_DEADLINE_SECONDS", "1")
    done = mp("collect", *MARCH)
    assert (done.code, done.out) == (1, "")
    assert "this call ran out of time" in done.err.lower()


def test_an_unexpected_error_exits_1(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("mixpanel_data.calls.result", fail)
    done = mp("collect")
    assert (done.code, done.out, done.err) == (
        1,
        "",
        "error: ZeroDivisionError: a bug (unexpected error; run with -v for the traceback)\n",
    )


def test_a_process_keeps_data_and_progress_apart(mixpanel: StandInMixpanel) -> None:
    done = ended(started("collect", *MARCH, "--format", "jsonl"))
    assert done.code == 0, done.err
    assert done.data["inserted"] == 4
    assert len(done.out.splitlines()) == 1
    assert "3 events, 3 inserted" in done.err


def test_a_process_that_was_asked_wrongly_exits_3(mixpanel: StandInMixpanel) -> None:
    done = ended(started("collect", "--bogus"))
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: No such option: --bogus")
    assert done.err.endswith("See `mp collect --help`.\n")


def test_settings_come_from_a_dotenv_file_too(
    mp: Mp, mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text(f"MIXPANEL_BASE_URL={mixpanel.url}\n")
    monkeypatch.delenv("MIXPANEL_BASE_URL")
    assert mp("collect", *MARCH).data["inserted"] == 4


def test_ctrl_c_exits_130_and_a_repeat_completes(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.SlowFirstByte(seconds=3600))
    process = started("collect")
    _wait_for_a_call(mixpanel)
    process.send_signal(signal.SIGINT)
    done = ended(process)
    assert (done.code, done.out) == (130, "")
    assert done.err.startswith("\ninterrupted")
    assert "Traceback" not in done.err
    assert ended(started("collect", *MARCH)).data["inserted"] == 4


def test_a_second_ctrl_c_ends_while_cleaning_up_still_waits(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.SlowFirstByte(seconds=3600))
    process = started("collect", *MARCH)
    _wait_for_a_call(mixpanel)
    # How the run ended cannot be recorded as long as the file is held here.
    with process, duckdb.connect("events.duckdb"):
        process.send_signal(signal.SIGINT)
        assert process.stderr
        # Who does not heed it says nothing, for ever.
        too_late = threading.Timer(60, process.kill)
        too_late.start()
        told = process.stderr.readline() + process.stderr.readline()
        too_late.cancel()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        # By what read the lines before: it may hold some of the rest already.
        told += process.stderr.read()
    assert told == "\ninterrupted, cleaning up; press Ctrl-C again to quit at once\n"


def test_a_ctrl_c_after_cleaning_up_changes_nothing() -> None:
    script = """if True:
        import contextlib, signal
        from mixpanel_data.cli.base import interrupts
        with contextlib.suppress(KeyboardInterrupt), interrupts.heard():
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        print("on the way out")
    """
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": str(SHARED)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "on the way out\n"), done.stderr


def _wait_for_a_call(mixpanel: StandInMixpanel) -> None:
    deadline = time.monotonic() + 30
    while not mixpanel.calls and time.monotonic() < deadline:
        time.sleep(0.05)
    assert mixpanel.calls
