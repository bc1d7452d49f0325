"""The skill teaches commands that work: an agent that follows it gets the answers and the errors that it describes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from docs.pages import blocks, text_of
from mixpanel_data.base.clock import utc_now
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.sample import SAMPLE
from mixpanel_data_standins.sample.saved import save_reports
from mixpanel_data_standins.sample.traffic import traffic

SKILL = "docs/SKILL.md"
SHARED = Path(__file__).parents[2] / "shared"
COMMANDS = [line for block in blocks("sh", pages=(SKILL,)) for line in block.commands]
_EXPECTED = re.compile(r"\s+# exits with (\d+)$")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh folder of an agent with the program `mp`, whose one account is that of the stand-in."""
    folder = tmp_path_factory.mktemp("agent")
    entry = "import sys; from mixpanel_data.cli import main; sys.exit(main())"
    program = folder / "bin" / "mp"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{SHARED}" exec "{sys.executable}" -c \'{entry}\' "$@"\n')
    program.chmod(0o755)
    with StandInMixpanel(SAMPLE) as mixpanel:
        now = utc_now()
        mixpanel.add(traffic(now))
        save_reports(mixpanel, now)
        (folder / ".env").write_text(f"MIXPANEL_BASE_URL={mixpanel.url}\n")
        access = mixpanel.access
        add = f"mp auth add stand-in --username {access.username} --project {access.project_id} --secret-stdin"
        assert ran(folder, f"echo {access.secret} | {add}").returncode == 0
        yield folder


def ran(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A command of the skill, run in the folder without a terminal."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def said(command: str) -> int:
    """The exit code that the skill says a command has."""
    code = _EXPECTED.search(command)
    return int(code[1]) if code else 0


def documents(text: str) -> list[Any]:
    """The JSON documents of a text, one after the other."""
    found, at = [], 0
    while text[at:].strip():
        document, length = json.JSONDecoder().raw_decode(text[at:].lstrip())
        found.append(document)
        at += len(text[at:]) - len(text[at:].lstrip()) + length
    return found


@pytest.mark.sequences
def test_the_commands_exit_as_the_skill_says(home: Path) -> None:
    """One test, because the later ones look at what the earlier ones fetched."""
    expected = {command: said(command) for command in COMMANDS}
    assert len({*expected.values()}) > 3
    for command, code in expected.items():
        done = ran(home, command)
        assert done.returncode == code, (command, done.stderr)
        if code == 0:
            check_answer(command, done.stdout)
        else:
            check_error(done)


def test_an_error_is_the_object_that_the_page_of_the_desk_shows(home: Path) -> None:
    again = "mp fetch events --from 2020-01-01 --to 2020-01-01"
    for _ in range(2):
        done = ran(home, again)
    (shown,) = blocks("json", pages=("docs/desk.md",))
    assert json.loads(done.stderr) == json.loads(shown.text)


def check_answer(command: str, stdout: str) -> None:
    """An answer is JSON or CSV that has something to tell, and spares the reader's context."""
    assert 0 < len(stdout) < 5_000, command
    if "--format csv" in command:
        assert stdout.count("\n") > 1, command
    else:
        assert documents(stdout), command


def check_error(done: subprocess.CompletedProcess[str]) -> None:
    """An error is one JSON object on stderr with the members that the skill names, and nothing is on stdout."""
    error = json.loads(done.stderr)["error"]
    named = re.search(r'"error": \{([^}]+)\}', text_of(SKILL))
    assert named is not None
    assert {*re.findall(r'"(\w+)"', named[1])} == {*error}
    assert (done.stdout, error["exit_code"]) == ("", done.returncode)
    assert error["message"]


def test_a_query_beyond_the_quota_says_from_when_on_it_may_be_tried(home: Path) -> None:
    assert ran(home, "mp events").returncode == 0
    done = ran(home, "MIXPANEL_QUERIES_PER_HOUR=1 mp events")
    assert done.returncode == 5
    check_error(done)
    error = json.loads(done.stderr)["error"]
    assert error["retryable"] is True
    assert datetime.fromisoformat(error["retry_at"]) > utc_now()


def test_the_skill_can_be_loaded_by_an_agent() -> None:
    """Agents read the name and the description in front, and load the rest when they need it."""
    text = text_of(SKILL)
    front = re.match(r"---\nname: ([a-z-]{1,64})\ndescription: ([^\n:]{1,1024})\n---\n", text)
    assert front is not None
    assert len(text.splitlines()) <= 150
