"""Every job works with an account."""

import json
from pathlib import Path

import pytest

from cli.accounts.adding import SECRET, added
from cli.shell import MARCH, Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel

pytestmark = pytest.mark.sequences


@pytest.mark.parametrize("arguments", [[], ["-a", "stand-in"], ["--account", "stand-in", "-p", "1000001"]])
def test_a_job_works_with_an_account(mp: Mp, mixpanel: StandInMixpanel, arguments: list[str]) -> None:
    added(mp, mixpanel)
    for words in (["collect", *MARCH, *arguments], [*arguments, "collect", *MARCH]):
        ended = mp(*words)
        assert ended.code == 0, ended.err
        assert ended.data["received"] == 4


@pytest.mark.parametrize("words", [["-a", "", "collect", *MARCH], ["collect", *MARCH, "-a", ""]])
def test_an_empty_name_is_not_the_default_account(mp: Mp, mixpanel: StandInMixpanel, words: list[str]) -> None:
    """As of a shell's variable that is not set."""
    added(mp, mixpanel)
    ended = mp(*words)
    assert (ended.code, ended.out) == (4, "")
    assert "has no account ''." in ended.err


def test_a_named_account_wins_over_the_variables_of_the_jobs(
    mp: Mp, mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(mp, mixpanel)
    monkeypatch.setenv("MIXPANEL_API_SECRET", "geheim")
    assert mp("collect", *MARCH).code == 2
    assert mp("collect", *MARCH, "-a", "stand-in").code == 0


def test_the_project_can_be_another_one(mp: Mp, mixpanel: StandInMixpanel) -> None:
    added(mp, mixpanel)
    ended = mp("collect", *MARCH, "--project", "9")
    assert ended.code == 2
    assert mixpanel.calls[-1].parameters["project_id"] == "9"


def test_another_project_cannot_be_read_with_the_secret_of_one(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXPANEL_API_SECRET", "geheim")
    ended = mp("collect", *MARCH, "--project", "9")
    assert ended.code == 3
    assert "MIXPANEL_API_SECRET is the secret of one project, so --project 9 has no effect." in ended.err


def test_variables_win_over_the_named_account_and_a_line_says_so(
    mp: Mp, mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(mp, mixpanel, "other")
    access = mixpanel.access
    for name, value in {"USERNAME": access.username, "SECRET": access.secret, "PROJECT_ID": access.project_id}.items():
        monkeypatch.setenv(f"MP_{name}", value)
    ended = mp("collect", *MARCH, "-a", "other")
    assert ended.code == 0
    assert "MP_USERNAME, MP_SECRET, MP_PROJECT_ID of the environment win over --account other." in ended.err
    assert json.loads(ended.out)["status"] == "ok"


def test_a_job_without_any_credentials_exits_2(mp: Mp) -> None:
    ended = mp("collect", *MARCH)
    assert (ended.code, ended.out) == (2, "")
    assert "There are no credentials for Mixpanel." in ended.err


def test_a_command_that_does_not_call_mixpanel_needs_no_account(mp: Mp, mixpanel: StandInMixpanel) -> None:
    added(mp, mixpanel)
    assert mp("collect", *MARCH).code == 0
    mp("auth", "remove", "stand-in")
    assert mp("runs").code == 0
    assert mp("runs", "-a", "gone").code == 4


def test_a_file_that_others_can_read_exits_3(mp: Mp, config: Path, mixpanel: StandInMixpanel) -> None:
    added(mp, mixpanel)
    config.chmod(0o644)
    for words in (["auth", "list"], ["auth", "test"], ["collect", *MARCH]):
        ended = mp("-v", *words)
        assert (ended.code, ended.out) == (3, "")
        assert f"Run: chmod 600 {config}" in ended.err
        assert SECRET not in ended.err
