"""`mp doctor` as a whole: what it shows, and what is wrong with settings and files."""

import os
import pty
import re
import termios
from pathlib import Path

import pytest

from cli.shell import Mp, ended, started
from doctor.diagnosis import checks_of, failed, text_of
from mixpanel_data.accounts.resolution import Choice
from mixpanel_data.doctor.examination import examined
from mixpanel_data_standins.slack import StandInSlack, faults
from support.terminal import read_until_closed


@pytest.mark.usefixtures("mixpanel")
def test_a_folder_in_which_nothing_is_set_says_what_to_run(
    mp: Mp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MIXPANEL_SERVICE_ACCOUNT", "MIXPANEL_SERVICE_ACCOUNT_SECRET", "MIXPANEL_PROJECT_ID", "WAREHOUSE"):
        monkeypatch.delenv(name)
    checks = checks_of(mp)
    assert failed(checks) == ["mixpanel credential"]
    for row in ("mixpanel credential", "warehouse file", "slack credential"):
        assert "mp init" in text_of(checks, row)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variable", "value", "row", "words"),
    [
        ("EVENTS_CONFIG", '{"events": [{"name": "a", "alert_threshold": 0}]}', "EVENTS_CONFIG", "alert_threshold is 0"),
        ("EVENTS_CONFIG", "{", "EVENTS_CONFIG", "not valid JSON"),
        ("MIXPANEL_REGION", "moon", "MIXPANEL_REGION", "Give one of us, eu, in."),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    mp: Mp, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, row: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    checks = checks_of(mp)
    assert (failed(checks), words in text_of(checks, f"config {row}")) == ([f"config {row}"], True)


def test_a_file_of_variables_that_cannot_be_read_is_a_row_like_any_other(mp: Mp, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff")
    done = mp("doctor")
    assert (done.code, "Write it as UTF-8 text, one NAME=value per line." in done.out) == (1, True)


def test_each_file_of_config_is_read_and_one_that_is_not_there_has_a_default(
    mp: Mp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVENTS_CONFIG")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "identity.json").write_text("[]")
    (tmp_path / "config" / "segments.json").write_text("{}")
    checks = checks_of(mp)
    assert failed(checks) == ["config identity.json"]
    assert checks["config segments.json"]["verdict"] == "ok"
    assert "mp collects every event" in text_of(checks, "config events_config.json")
    (tmp_path / "config" / "events_config.json").mkdir()
    assert "is a folder" in text_of(checks_of(mp), "config events_config.json")


def test_a_secret_that_cannot_be_one_is_told_without_showing_it(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXPANEL_SERVICE_ACCOUNT_SECRET", "a-secret with-a-space")
    checks = checks_of(mp)
    assert failed(checks) == ["mixpanel credential"]
    assert "with-a-space" not in str(checks)


@pytest.mark.sequences
def test_what_hangs_is_given_up_and_hides_no_other_subject(slack: StandInSlack) -> None:
    slack.faults.permanent = faults.Hang()
    checks = examined(Choice(), seconds=5.0)
    assert {check.subject for check in checks} == {"config", "mixpanel", "warehouse", "slack", "schedules", "jobs"}
    assert [(check.subject, check.name) for check in checks if check.verdict == "failed"] == [("slack", "token")]


@pytest.mark.usefixtures("mixpanel")
def test_a_line_for_each_check_has_its_mark_and_the_remedy(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXPANEL_PROJECT_ID", "77")
    done = mp("doctor")
    assert done.code == 1
    lines = done.out.splitlines()
    assert len(lines) == len(mp("doctor", "-f", "json").data["checks"])
    (line,) = [line for line in lines if line.startswith("✘")]
    assert line.split(maxsplit=3)[:3] == ["✘", "mixpanel", "project"]
    assert line.endswith("It can read '1000001'. → Give one of these, or grant it access to the project.")
    assert mp("doctor", "-f", "csv").out.startswith("subject,name,verdict,found,remedy\n")


@pytest.mark.sequences
@pytest.mark.usefixtures("mixpanel")
def test_at_80_columns_nothing_is_cut_and_the_remedy_stands_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXPANEL_PROJECT_ID", "77")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    process = started("doctor", stdout=theirs)
    os.close(theirs)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", read_until_closed(ours).decode()).splitlines()
    assert ended(process).code == 1
    # A path that is broken could not be copied.
    assert [line for line in lines if len(line) > 80 and "/" not in line] == []
    whole = " ".join(" ".join(lines).split())
    assert "It can read '1000001'. → Give one of these, or grant it access to the project." in whole
    assert len([line for line in lines if line.lstrip().startswith("→")]) == 3


@pytest.mark.sequences
@pytest.mark.usefixtures("mixpanel")
def test_where_no_mark_can_be_written_words_stand_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    lines = ended(started("doctor")).out.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "FAILED", "warning", "skipped"}
    assert any(" > Set it up: mp init" in line for line in lines)
