"""Accounts are listed, shown, chosen, tested and removed, and no secret is shown anywhere."""

from pathlib import Path

import pytest

from cli.accounts.adding import SECRET, added
from cli.shell import Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.mixpanel.access import Access


def test_accounts_are_listed_without_secrets(mp: Mp, mixpanel: StandInMixpanel) -> None:
    added(mp, mixpanel, "one")
    added(mp, mixpanel, "two")
    assert [(each["name"], each["is_default"]) for each in mp("auth", "list").data] == [("one", True), ("two", False)]
    for chosen in ("json", "jsonl", "csv", "table"):
        ended = mp("auth", "list", "--format", chosen)
        assert mixpanel.access.username in ended.out
        assert SECRET not in ended.out + ended.err


def test_without_accounts_the_list_is_empty_and_says_how_to_add_one(mp: Mp) -> None:
    ended = mp("auth", "list")
    assert (ended.code, ended.data) == (0, [])
    assert "Add one: mp auth add NAME" in ended.err


def test_an_account_is_shown_with_its_secret_hidden(mp: Mp, mixpanel: StandInMixpanel) -> None:
    added(mp, mixpanel)
    ended = mp("auth", "show", "stand-in")
    assert ended.data["secret"] == "***"
    assert ended.data["project_id"] == mixpanel.access.project_id
    assert SECRET not in ended.out + ended.err


def test_the_default_account_is_switched(mp: Mp, mixpanel: StandInMixpanel) -> None:
    added(mp, mixpanel, "one")
    added(mp, mixpanel, "two")
    assert mp("auth", "switch", "two").data["is_default"] is True
    assert mp("auth", "show", "one").data["is_default"] is False


def test_an_account_is_removed_and_a_missing_default_is_said(mp: Mp, config: Path, mixpanel: StandInMixpanel) -> None:
    added(mp, mixpanel)
    ended = mp("auth", "remove", "stand-in")
    assert ended.code == 0
    assert "There is no default account now. Choose one: mp auth switch NAME" in ended.err
    assert mp("auth", "list").data == []
    assert SECRET not in config.read_text()


@pytest.mark.parametrize("command", ["remove", "switch", "show", "test"])
def test_an_account_that_does_not_exist_exits_4(mp: Mp, mixpanel: StandInMixpanel, command: str) -> None:
    added(mp, mixpanel)
    ended = mp("auth", command, "gone")
    assert (ended.code, ended.out) == (4, "")
    assert "has no account 'gone'. It has 'stand-in'." in ended.err


# Testing.


def test_credentials_are_tested_without_a_query(mp: Mp, config: Path, mixpanel: StandInMixpanel) -> None:
    added(mp, mixpanel)
    for arguments in (["stand-in"], []):
        ended = mp("auth", "test", *arguments)
        assert ended.code == 0, ended.err
        assert ended.data == {
            "status": "ok",
            "account": "stand-in",
            "credentials": f"the account 'stand-in' in {config}",
            "username": mixpanel.access.username,
            "project_id": mixpanel.access.project_id,
            "project": "Stand-in project",
            "timezone": "UTC",
            "region": "us",
        }
    assert {call.path for call in mixpanel.calls} == {"/api/app/me"}
    assert {path.name for path in config.parent.iterdir()} == {"config.toml", "config.toml.lock"}


def test_refused_credentials_exit_2(mp: Mp, config: Path, mixpanel: StandInMixpanel) -> None:
    added(mp, mixpanel)
    mixpanel.access = Access(secret="another")
    ended = mp("-v", "auth", "test")
    assert (ended.code, ended.out) == (2, "")
    assert "Mixpanel answered 401" in ended.err
    assert f"The credentials come from the account 'stand-in' in {config}." in ended.err
    assert SECRET not in ended.err


def test_a_named_account_is_tested_whatever_the_environment_says(
    mp: Mp, mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(mp, mixpanel)
    for name, value in {"MP_USERNAME": "sa_mp", "MP_SECRET": "geheim", "MP_PROJECT_ID": "1"}.items():
        monkeypatch.setenv(name, value)
    assert mp("auth", "test", "stand-in").code == 0
    assert mp("auth", "test").code == 2


def test_without_any_credentials_a_test_exits_2(mp: Mp) -> None:
    ended = mp("auth", "test")
    assert (ended.code, ended.out) == (2, "")
    assert "There are no credentials for Mixpanel. Add an account with `mp auth add NAME`" in ended.err
