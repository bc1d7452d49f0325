"""`mp auth add` takes a secret without showing it, and finds out the region."""

import os
import pty
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.accounts.adding import added
from cli.shell import Mp, started
from cli.shell import ended as ending
from mixpanel_data_standins.mixpanel import StandInMixpanel
from support.terminal import read_until_closed

ADD = ("auth", "add", "production", "--username", "sa_xxx", "--project", "12345")
EU = ("--region", "eu")


def test_an_account_is_added_as_the_first_example_says(mp: Mp, config: Path, mixpanel: StandInMixpanel) -> None:
    ended = mp(*ADD, "--secret", "xxx", "--region", "us")
    assert ended.code == 0
    assert ended.data == {
        "name": "production",
        "username": "sa_xxx",
        "project_id": "12345",
        "region": "us",
        "is_default": True,
    }
    assert tomllib.loads(config.read_text())["accounts"]["production"]["secret"] == "xxx"
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert mixpanel.calls == []


def test_a_secret_on_the_command_line_is_warned_of_and_not_repeated(mp: Mp) -> None:
    ended = mp(*ADD, "--secret", "geheim", *EU)
    assert "warning: the shell's history and the list of processes show the value of --secret." in ended.err
    assert "geheim" not in ended.out + ended.err


def test_a_secret_comes_from_a_pipe(mp: Mp, config: Path, typed: Callable[[str], None]) -> None:
    typed("geheim\n")
    ended = mp(*ADD, "--secret-stdin", *EU)
    assert ended.code == 0
    assert "warning" not in ended.err
    assert tomllib.loads(config.read_text())["accounts"]["production"]["secret"] == "geheim"


@pytest.mark.parametrize("arguments", [(), ("--secret-stdin",)])
@pytest.mark.sequences
def test_a_secret_is_asked_for_on_a_terminal_without_echo(config: Path, arguments: tuple[str, ...]) -> None:
    ours, theirs = pty.openpty()
    with started(*ADD, *EU, *arguments, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        shown = b""
        while b"Secret of sa_xxx: " not in shown:
            shown += os.read(ours, 1000)
        os.write(ours, b"geheim\n")
        shown += read_until_closed(ours)
    assert process.returncode == 0, shown
    assert b"geheim" not in shown
    assert tomllib.loads(config.read_text())["accounts"]["production"]["secret"] == "geheim"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (EU, "There is no terminal to ask for the secret on. Pipe it in, with --secret-stdin."),
        (
            ("--secret", "a", "--secret-stdin", *EU),
            "Both --secret and --secret-stdin are given. Give one of them.\n",
        ),
        (
            ("--secret-stdin", *EU),
            "secret is not valid. Give the secret of the service account, without spaces.\n",
        ),
        (("--secret", "a", "--region", "europe"), "--region is 'europe'. Give us, eu or in."),
        (("--secret", "a", "--project", "x", *EU), "--project is 'x'. Give the project's number."),
        (("--secret", "a", "--project", "", *EU), "--project is ''. Give the project's number."),
    ],
)
def test_what_is_missing_or_wrong_exits_3(
    mp: Mp, config: Path, typed: Callable[[str], None], arguments: tuple[str, ...], message: str
) -> None:
    typed("")
    ended = mp(*ADD, *arguments)
    assert (ended.code, ended.out) == (3, "")
    assert message in ended.err
    assert not config.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "There is no terminal to ask for the secret on. Pipe it in, with --secret-stdin."),
        (("--secret-stdin",), "secret is not valid. Give the secret of the service account, without spaces."),
    ],
)
def test_without_stdin_the_account_is_not_added(config: Path, arguments: tuple[str, ...], message: str) -> None:
    ended = ending(started(*ADD, *EU, *arguments, preexec_fn=lambda: os.close(0)))
    assert (ended.code, ended.out) == (3, "")
    assert message in ended.err
    assert not config.exists()


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_a_secret_that_is_not_utf_8_exits_3(config: Path, monkeypatch: pytest.MonkeyPatch, errors: str) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", f"utf-8:{errors}")
    pipe, end = os.pipe()
    os.write(end, b"geh\xffeim\n")
    os.close(end)
    ended = ending(started("-v", *ADD, *EU, "--secret-stdin", stdin=pipe))
    os.close(pipe)
    assert (ended.code, ended.out) == (3, "")
    assert "secret is not valid." in ended.err or "The secret on stdin is not UTF-8 text." in ended.err
    assert "geh" not in ended.err
    assert not config.exists()


def test_the_project_of_an_account_has_to_be_given(mp: Mp) -> None:
    ended = mp("auth", "add", "production", "--username", "u", "--secret", "s", *EU)
    assert (ended.code, ended.out) == (3, "")
    assert "--project is missing." in ended.err


def test_a_name_that_is_taken_exits_1_before_the_secret_is_asked_for(mp: Mp, mixpanel: StandInMixpanel) -> None:
    added(mp, mixpanel, "production")
    ended = mp(*ADD, *EU)
    assert (ended.code, ended.out) == (1, "")
    assert "There is an account 'production' already." in ended.err


def test_a_command_in_a_message_can_be_pasted(mp: Mp, mixpanel: StandInMixpanel) -> None:
    assert "Check it: mp auth test 'my account'\n" in added(mp, mixpanel, "my account").err
    assert "mp auth remove 'my account'" in mp("auth", "add", "my account", *ADD[3:], *EU).err


def test_a_wrong_name_is_refused_before_the_secret_is_asked_for(mp: Mp, mixpanel: StandInMixpanel) -> None:
    ended = mp("auth", "add", " a", *ADD[3:], "--secret-stdin")
    assert (ended.code, ended.out) == (3, "")
    assert "The name ' a' is not valid." in ended.err
    assert mixpanel.calls == []


# Finding out the region.


def test_without_a_region_mixpanel_is_asked_and_no_query_is_made(
    mp: Mp, config: Path, mixpanel: StandInMixpanel
) -> None:
    access = mixpanel.access
    of_access = ("--username", access.username, "--secret", access.secret, "--project", access.project_id)
    ended = mp("auth", "add", "production", *of_access)
    assert ended.code == 0, ended.err
    assert ended.data["region"] == "us"
    assert [call.path for call in mixpanel.calls] == ["/api/app/me"]


def test_an_account_that_mixpanel_refuses_exits_2_and_is_not_stored(mp: Mp, config: Path) -> None:
    ended = mp(*ADD, "--secret", "geheim")
    assert (ended.code, ended.out) == (2, "")
    assert "Mixpanel refused the service account 'sa_xxx' in us. Mixpanel answered 401: " in ended.err
    assert "Check its user name and its secret. With --region, the account is stored without this check." in ended.err
    assert "geheim" not in ended.err
    assert not config.exists()


def test_a_project_that_the_account_cannot_read_exits_2(mp: Mp, config: Path, mixpanel: StandInMixpanel) -> None:
    of_access = ("--username", mixpanel.access.username, "--secret", mixpanel.access.secret)
    ended = mp("auth", "add", "production", *of_access, "--project", "9")
    assert (ended.code, ended.out) == (2, "")
    assert f"but not for project 9. It can read '{mixpanel.access.project_id}'." in ended.err
    assert not config.exists()
