"""An error on stderr: one JSON object for programs, a line for people."""

import errno
import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.shell import MARCH, SHARED, Mp, ended, started
from mixpanel_data.base.errors import IncompleteExportError, RateLimitError
from mixpanel_data.cli.base.failures import failure_of, report, report_interrupt
from mixpanel_data_standins.mixpanel import StandInMixpanel

DAYS = ("--from", "2024-03-01", "--to", "2024-03-31")
MEMBERS = ["type", "message", "exit_code", "retryable", "retry_at"]


def test_an_error_is_one_line_of_json(mp: Mp) -> None:
    done = mp("runs")
    assert (done.code, done.out) == (4, "")
    (line,) = done.stderr.splitlines()
    told = json.loads(line)
    assert list(told) == ["status", "error"]
    assert told["status"] == "error"
    assert list(told["error"]) == MEMBERS
    assert told["error"] | {"message": ""} == {
        "type": "TableNotFoundError",
        "message": "",
        "exit_code": 4,
        "retryable": False,
        "retry_at": None,
    }
    assert "does not exist" in told["error"]["message"]


def test_an_error_that_ended_a_run_names_the_job_and_the_run(mp: Mp, mixpanel: StandInMixpanel) -> None:
    done = mp("collect", "--from", "2024-03-02", "--to", "2024-03-01")
    assert done.code == 3
    assert list(done.failure) == ["status", "job", "run_id", "error"]
    assert done.failure["job"] == "collector"
    assert done.failure["error"]["type"] == "RequestError"


def test_a_run_id_is_the_one_of_the_table_of_runs(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mp("collect", *MARCH).code == 0
    monkeypatch.setenv("MIXPANEL_SERVICE_ACCOUNT_SECRET", "wrong")
    failure = mp("collect", *MARCH).failure
    assert failure["error"]["type"] == "AuthenticationError"
    (newest,) = mp("runs", "--last", "1").data
    assert (newest["run_id"], newest["status"]) == (failure["run_id"], "failed")


def test_what_stands_before_the_error_is_no_part_of_it(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MP_REGION", "eu")
    done = mp("runs", "--account", "nobody")
    assert len(done.stderr.splitlines()) == 2
    assert done.failure["error"]["type"] == "AccountNotFoundError"


@pytest.mark.parametrize(
    ("arguments", "is_json"),
    [
        (["runs", "--nothing"], True),
        (["colect"], True),
        (["runs", "-f", "jsonl"], True),
        (["--format=json", "runs"], True),
        (["runs", "--format", "JSONL"], True),
        (["runs", "-f", "xml"], True),
        (["runs", "-f", "csv"], False),
        (["runs", "-fcsv"], False),
        (["runs", "-qf", "table"], False),
        (["-f", "json", "runs", "--format=Table"], False),
        (["runs", "--nothing", "-f", "table"], False),
    ],
)
def test_the_format_decides_usage_errors_included(mp: Mp, arguments: list[str], is_json: bool) -> None:
    assert mp(*arguments).stderr.startswith('{"status": "error"' if is_json else "error: ")


@pytest.mark.parametrize(("variable", "is_json"), [("table", False), ("jsonl", True), ("wrong", True)])
def test_the_format_of_the_environment_decides_too(
    mp: Mp, monkeypatch: pytest.MonkeyPatch, variable: str, is_json: bool
) -> None:
    monkeypatch.setenv("MP_FORMAT", variable)
    assert mp("runs").stderr.startswith('{"status": "error"' if is_json else "error: ")


def test_a_person_at_a_terminal_reads_a_line(mixpanel: StandInMixpanel) -> None:
    ours, theirs = pty.openpty()
    with started("runs", stderr=theirs, stdout=subprocess.DEVNULL) as process:
        os.close(theirs)
        process.wait(60)
    assert os.read(ours, 65536).decode().startswith("error: ")
    os.close(ours)


def test_the_moment_to_try_again_is_in_utc_and_never_too_early(capsys: pytest.CaptureFixture[str]) -> None:
    error = RateLimitError("used up", retry_at=datetime(2024, 3, 1, 10, 0, 0, 1, tzinfo=UTC))
    assert report(error, []) == 5
    told = json.loads(capsys.readouterr().err)["error"]
    assert (told["retryable"], told["retry_at"]) == (True, "2024-03-01T10:00:01Z")


def test_a_wait_becomes_a_moment() -> None:
    before = datetime.now(UTC)
    told = failure_of(IncompleteExportError("cut off", retry_after_seconds=60))
    assert told.retry_at is not None
    assert (told.retry_at - before).total_seconds() >= 60


@pytest.mark.parametrize(
    "arguments",
    [
        ("auth", "add", "x", "--username", "u", "geheim"),
        ("auth", "add", "x", "geheim", "geheim-too", "-f", "table"),
        ("auth", "add", "x", "--username", "u", "--secert=geheim"),
        ("auth", "add", "x", "--username", "u", "--secret-stdin=geheim"),
        ("auth", "list", "geheim"),
        ("auth", "show", "x", "geheim"),
        ("sql", "SELECT 1", "geheim"),
        ("runs", "geheim"),
        ("demo", "geheim"),
    ],
)
def test_a_usage_error_repeats_no_argument_that_may_be_a_secret(mp: Mp, arguments: tuple[str, ...]) -> None:
    done = mp(*arguments)
    assert (done.code, done.out) == (3, "")
    assert "geheim" not in done.stderr


def test_a_usage_error_says_how_many_arguments_are_too_many(mp: Mp) -> None:
    assert "1 argument is too many: `mp auth show` takes only NAME." in mp("auth", "show", "x", "y").err
    assert "2 arguments are too many: `mp auth list` takes none." in mp("auth", "list", "x", "y").err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("colect",), "No such command 'colect'. Did you mean 'collect', 'cost'? See `mp --help`."),
        (("fetch",), "A command is missing. Give one of: events, profiles. See `mp fetch --help`."),
        (
            ("frequency", "--unit", "minute"),
            "--unit is 'minute': give one of 'day', 'week', 'month'. See `mp frequency --help`.",
        ),
    ],
)
def test_a_usage_error_is_a_sentence_and_says_where_to_look(mp: Mp, arguments: tuple[str, ...], message: str) -> None:
    done = mp(*arguments)
    assert (done.code, done.out, done.err) == (3, "", f"error: {message}\n")


@pytest.mark.sequences
@pytest.mark.parametrize("output_format", ["json", "jsonl", "csv", "table"])
def test_a_reader_that_leaves_ends_the_command_quietly(mixpanel: StandInMixpanel, output_format: str) -> None:
    rows = "SELECT repeat('x', 100) AS text FROM range(20000)"
    ours, theirs = os.pipe()
    os.close(ours)
    assert ended(started("collect", *MARCH)).code == 0
    process = started("-v", "sql", rows, "-f", output_format, stdout=theirs)
    os.close(theirs)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, "")


@pytest.mark.sequences
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_error(mixpanel: StandInMixpanel, closed: str) -> None:
    assert ended(started("collect", *MARCH)).code == 0
    code = "import sys; from mixpanel_data.cli import main; sys.exit(main())"
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" runs {closed}', sys.executable, code],
        env={**os.environ, "PYTHONPATH": str(SHARED)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_told(mixpanel: StandInMixpanel) -> None:
    with Path("/dev/full").open("w") as full:
        process = started("auth", "list", "-q", stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert json.loads(err)["error"]["message"] == "The disk is full. Make room, and run the command again."


def test_a_program_reads_of_an_interrupt_in_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    report_interrupt(["collect", "-f", "table"])
    assert capsys.readouterr().err == ""
    report_interrupt(["collect"])
    told = json.loads(capsys.readouterr().err)["error"]
    assert (told["type"], told["exit_code"], told["retryable"]) == ("KeyboardInterrupt", 130, False)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "The memory is used up."),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "The disk is full."),
        (PermissionError(errno.EACCES, "Permission denied", "x.sql"), "x.sql: Permission denied."),
    ],
)
def test_a_fault_of_the_machine_is_told_without_the_words_of_python(error: Exception, message: str) -> None:
    told = failure_of(error)
    assert told.message.startswith(message)
    assert told.exit_code == 1


def test_a_number_that_no_table_holds_is_refused_by_its_option(mp: Mp) -> None:
    done = mp("runs", "--last", "9" * 20)
    assert (done.code, done.err) == (3, f"error: --last is {'9' * 20}. Give a smaller number.\n")


def test_a_name_that_nothing_has_ends_with_4_and_the_nearest(mp: Mp) -> None:
    assert (mp("collect", *MARCH).code, mp("registry", "update").code) == (0, 0)
    for arguments, told in (
        (("report", "segmentation", "--event", "Purchas", *DAYS), "Nearest: 'Purchase'."),
        (("schema", "mixpanel_event"), "Nearest: 'mixpanel_data.mixpanel_events'"),
        (("registry", "event", "Purchas"), "Nearest: 'Purchase'."),
        (("detect", "backtest", "--event", "Purchas"), "Nearest: 'Purchase'."),
    ):
        done = mp(*arguments)
        assert (done.code, told in done.err) == (4, True), done.err
