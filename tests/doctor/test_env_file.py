"""The row of `.env`: whether it is read, and who can read a secret in it."""

from pathlib import Path

import pytest

from cli.shell import Mp
from doctor.diagnosis import checks_of, failed, text_of
from mixpanel_data.base.environment import environment
from mixpanel_data.base.errors import ConfigError

ROW = "config .env"
UNREADABLE = 'SLACK_CHANNEL=#alerts\n\nSLACK_BOT_TOKEN="xoxb-hidden\nFOO\n'


@pytest.mark.parametrize(
    ("text", "mode", "verdict"),
    [
        ("SLACK_BOT_TOKEN=xoxb-1\n", 0o644, "warning"),
        ("SLACK_BOT_TOKEN=xoxb-1\n", 0o600, "ok"),
        ("SLACK_CHANNEL=#alerts\nSLACK_BOT_TOKEN=\n", 0o644, "ok"),
    ],
)
def test_a_secret_that_other_users_can_read_is_told(mp: Mp, tmp_path: Path, text: str, mode: int, verdict: str) -> None:
    (tmp_path / ".env").write_text(text)
    (tmp_path / ".env").chmod(mode)
    checks = checks_of(mp)
    told = text_of(checks, ROW)
    assert (checks[ROW]["verdict"], "SLACK_BOT_TOKEN" in told) == (verdict, verdict == "warning")
    assert (checks[ROW]["remedy"], "xoxb-1" in told) == ("chmod 600 .env" if verdict == "warning" else None, False)


def test_a_line_that_cannot_be_read_is_told_by_its_number_and_by_nobody_else(
    mp: Mp, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / ".env").write_text(UNREADABLE)
    checks = checks_of(mp)
    assert (failed(checks), "line 3" in text_of(checks, ROW)) == ([ROW], True)
    with pytest.raises(ConfigError, match="line 3"):
        environment()
    assert (caplog.records, "hidden" in str(checks)) == ([], False)


def test_what_is_no_file_and_a_link_to_nothing_are_told(mp: Mp, tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.symlink_to("nowhere")
    assert "is a link to nowhere" in text_of(checks_of(mp), ROW)
    path.unlink()
    path.mkdir()
    checks = checks_of(mp)
    assert (checks[ROW]["verdict"], "Move it away" in text_of(checks, ROW)) == ("warning", True)
