"""deploy.sh that is interrupted, by a call that fails or by a signal."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from deploy.project import Project, changing

pytestmark = pytest.mark.deploy

SIGNALS = [signal.SIGHUP, signal.SIGINT, signal.SIGTERM]
AFTER_ALL = "Fix the cause and run the same command again: it leaves what is done as it is.\n"
WAITING = "Waiting for gcloud to end; press Ctrl-C to stop waiting.\n"
NEW = {"secrets": ["mixpanel-api-secret", "slack-bot-token"]}


@pytest.mark.parametrize("how", ["GCLOUD_FAILS_AT", "GCLOUD_BREAKS_AT"])
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "already deployed"])
def test_whatever_call_fails_the_next_run_ends_as_an_undisturbed_one(project: Project, how: str, is_new: bool) -> None:
    """`FAILS`: before the call did anything. `BREAKS`: after it made its change, as when an answer is lost."""
    project.deploy("--only", "collector")
    undisturbed = project.state
    before = NEW if is_new else {**undisturbed, "invokers": {}}
    for number, call in enumerate(project.calls, 1):
        if how == "GCLOUD_BREAKS_AT" and not changing([call]):
            continue
        project.keep(before)
        done = project.run("--only", "collector", **{how: str(number)})
        assert done.code == 1
        assert len(project.calls) == number, "nothing is tried after a failure"
        assert "UNAVAILABLE" in done.err
        assert project.left_behind == []
        project.deploy("--only", "collector")
        assert project.state == undisturbed


def test_a_failure_says_what_was_done_and_what_was_not(project: Project) -> None:
    project.deploy("--only", "collector")
    calls = len(project.calls)
    project.keep(NEW)
    # It asks for one more secret, the second.
    done = project.run(GCLOUD_FAILS_AT=str(calls + 1))
    assert done.code == 1
    assert "UNAVAILABLE: the API did not answer" in done.err
    printed = done.err.partition("stopped while ")[2].splitlines()
    assert printed[0] == "deploying detector."
    assert printed[2:5] == [
        "  deploying collector",
        "  letting Cloud Scheduler call collector",
        "  creating the jobs that call collector",
    ]


@pytest.mark.parametrize("by", SIGNALS)
def test_a_signal_ends_it_at_once_and_leaves_no_variables(project: Project, tmp_path: Path, by: signal.Signals) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with project.started(GCLOUD_HANGS=str(pipe)) as process:
        hanging = json.loads(pipe.read_text())
        assert oct(Path(hanging["file"]).stat().st_mode & 0o777) == "0o600"
        assert oct(Path(hanging["file"]).parent.stat().st_mode & 0o777) == "0o700"
        process.send_signal(by)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + by
    assert "stopped while deploying collector" in err
    assert project.left_behind == []
    with pytest.raises(ProcessLookupError):
        os.kill(hanging["process"], 0)
    project.deploy()


def test_a_second_signal_ends_the_wait_for_a_gcloud_that_does_not_end(project: Project, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    make_deaf(project)
    with project.started(GCLOUD_HANGS=str(pipe)) as process:
        hanging = json.loads(pipe.read_text())
        process.send_signal(signal.SIGINT)
        assert "stopped while deploying collector" in printed_until(WAITING, process)
        assert project.left_behind == []
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        os.kill(hanging["process"], signal.SIGKILL)
    assert project.left_behind == []


@pytest.mark.parametrize("is_deaf", [False, True], ids=["gcloud ends", "gcloud does not end"])
def test_signals_that_come_all_at_once_leave_no_variables_either(
    project: Project, tmp_path: Path, is_deaf: bool
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    if is_deaf:
        make_deaf(project)
    with project.started(GCLOUD_HANGS=str(pipe)) as process:
        hanging = json.loads(pipe.read_text())
        process.send_signal(signal.SIGSTOP)
        for each in SIGNALS:
            process.send_signal(each)
        process.send_signal(signal.SIGCONT)
        printed = printed_until(AFTER_ALL, process)
        assert project.left_behind == []
        if is_deaf:
            os.kill(hanging["process"], signal.SIGKILL)
        assert process.wait(timeout=60) in {128 + each for each in SIGNALS}
        # Through the same reader as before, which can hold some of the rest already.
        assert process.stderr
        printed += process.stderr.read()
    assert printed.count("stopped while deploying collector") == 1
    assert project.left_behind == []


def make_deaf(project: Project) -> None:
    """Let gcloud ignore the request to end."""
    program = project.folder.parent / "bin" / "gcloud"
    program.write_text(program.read_text().replace("exec", "trap '' TERM; exec", 1))


def printed_until(line: str, process: subprocess.Popen[str]) -> str:
    """All that it writes to stderr before this line, which has to come."""
    assert process.stderr
    printed = ""
    for each in process.stderr:
        if each == line:
            return printed
        printed += each
    raise AssertionError(printed)
