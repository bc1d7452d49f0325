"""Accounts are added, listed, chosen and removed by name, and the file keeps what people wrote into it."""

import inspect
import tomllib
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from accounts.config_files import PRODUCTION, SECRETS, written
from mixpanel_data import AccountExistsError, AccountNotFoundError, ConfigError
from mixpanel_data.auth import AccountInfo, ConfigManager, Credentials

ANN = ("sa_ann", "geheim", "1", "in")


def test_a_manager_has_the_methods_of_its_contract_and_no_other() -> None:
    methods = {name for name, _ in inspect.getmembers(ConfigManager, inspect.isfunction) if not name.startswith("_")}
    assert methods == {
        "add_account",
        "get_account",
        "list_accounts",
        "remove_account",
        "resolve",
        "resolve_credentials",
        "set_default",
    }


def test_without_a_file_there_are_no_accounts_and_none_is_made(config: Path) -> None:
    assert ConfigManager().list_accounts() == []
    assert not config.parent.exists()


def test_an_account_that_was_added_is_there_and_the_first_one_is_the_default(config: Path) -> None:
    ConfigManager().add_account("ann", *ANN)
    ConfigManager().add_account("bob", "sa_bob", "anderes", "2", "eu")
    assert ConfigManager().list_accounts() == [
        AccountInfo("ann", "sa_ann", "1", "in", is_default=True),
        AccountInfo("bob", "sa_bob", "2", "eu", is_default=False),
    ]
    assert tomllib.loads(config.read_text()) == {
        "default": "ann",
        "accounts": {
            "ann": {"username": "sa_ann", "secret": "geheim", "project_id": "1", "region": "in"},
            "bob": {"username": "sa_bob", "secret": "anderes", "project_id": "2", "region": "eu"},
        },
    }


def test_a_manager_reads_the_file_that_it_is_given(tmp_path: Path, config: Path) -> None:
    other = ConfigManager(tmp_path / "other.toml")
    other.add_account("ann", *ANN)
    assert [each.name for each in other.list_accounts()] == ["ann"]
    assert not config.exists()


def test_a_variable_names_the_file(tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MP_CONFIG_PATH", "~/elsewhere/accounts.toml")
    ConfigManager().add_account("ann", *ANN)
    assert (tmp_path / "home" / "elsewhere" / "accounts.toml").is_file()
    assert not config.exists()


@pytest.mark.parametrize(
    "secret", ['a"b', "a'b", "a\\b", '"""', "a\\", "$HOME`x`", "pä😀ß", "#", "{x}", "%41:", "x" * 4096]
)
def test_a_secret_is_kept_letter_by_letter(secret: str) -> None:
    manager = ConfigManager()
    manager.add_account("ann", "sa_ann", secret, "1", "in")
    manager.add_account("bob", *ANN)
    manager.remove_account("bob")
    assert manager.resolve_credentials().secret == secret


def test_a_name_that_is_taken_is_refused_and_nothing_changes(config: Path) -> None:
    written(config)
    with pytest.raises(AccountExistsError) as caught:
        ConfigManager().add_account("staging", *ANN)
    assert str(caught.value) == (
        f"{config} already has an account 'staging'. Give another name, or remove that account first: "
        "mp auth remove staging"
    )
    assert config.read_text() == PRODUCTION


def test_a_command_in_a_message_can_be_pasted() -> None:
    ConfigManager().add_account("my account", *ANN)
    with pytest.raises(AccountExistsError, match=r"mp auth remove 'my account'$"):
        ConfigManager().add_account("my account", *ANN)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gone", "It has 'production', 'staging'"),
        ("Production", "Nearest: 'production'"),
        ("", "It has 'production', 'staging'"),
        ("accounts", "It has 'production', 'staging'"),
    ],
)
@pytest.mark.parametrize("method", ["get_account", "remove_account", "set_default", "resolve_credentials"])
def test_a_name_that_no_account_has_is_refused_with_those_there_are(
    config: Path, method: str, name: str, told: str
) -> None:
    written(config)
    with pytest.raises(AccountNotFoundError) as caught:
        getattr(ConfigManager(), method)(name)
    assert str(caught.value) == (f"{config} has no account {name!r}. {told}. Give another name, or run: mp auth add")
    assert config.read_text() == PRODUCTION


@pytest.mark.parametrize(
    "name", ["a.b", "a b", "größe", '"quoted"', "#", "[x]", "😀", "👩‍💻", "default", "accounts", "1", "a" * 100]
)
def test_any_name_that_a_command_line_can_give_is_kept_letter_by_letter(name: str) -> None:
    manager = ConfigManager()
    manager.add_account("before", *ANN)
    manager.add_account(name, *ANN)
    manager.set_default(name)
    assert manager.get_account(name) == AccountInfo(name, "sa_ann", "1", "in", is_default=True)
    manager.remove_account(name)
    assert [each.name for each in manager.list_accounts()] == ["before"]


@pytest.mark.parametrize("name", ["", " a", "a ", "-a", "a\nb", "a\x00", "a\x1b[0m", "a\u2028b", "a\udcff", "a" * 101])
def test_a_name_that_a_command_line_cannot_give_is_refused(config: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"is not valid\. Give a name such as production"):
        ConfigManager().add_account(name, *ANN)
    assert not config.exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("a b", "s", "1", "us"), "username is 'a b'. Give the user name of a service account"),
        (("", "s", "1", "us"), "username is ''. Give the user name"),
        (("a:b", "s", "1", "us"), "username is 'a:b'. Give the user name"),
        (("a", "geheim nis", "1", "us"), "secret is not valid. Give the secret of the service account"),
        (("a", "", "1", "us"), "secret is not valid."),
        (("a", "geheim\n", "1", "us"), "secret is not valid."),
        (("a", "geheim\x00", "1", "us"), "secret is not valid."),
        (("a", "geheim\udcff", "1", "us"), "secret is not valid."),
        (("a\x7f", "s", "1", "us"), "username is 'a\\x7f'. Give the user name"),
        (("a", "s", "p1", "us"), "project_id is 'p1'. Give the project's number"),
        (("a", "s", 1, "us"), "project_id is 1. Give the project's number as text"),
        (("a", "s", "1", "US"), "region is 'US'. Give us, eu or in"),
        (("a", "s", "1", "europe"), "region is 'europe'. Give us, eu or in"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_written(config: Path, values: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ConfigManager().add_account("ann", *values)
    assert message in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert not config.exists()


def test_the_default_account_can_be_another_one(config: Path) -> None:
    written(config)
    ConfigManager().set_default("staging")
    assert [each.name for each in ConfigManager().list_accounts() if each.is_default] == ["staging"]
    assert ConfigManager().resolve_credentials().username == "sa_staging"


def test_without_its_default_account_a_file_has_none_until_one_is_chosen(config: Path) -> None:
    manager = ConfigManager(written(config))
    manager.remove_account("production")
    assert [each.is_default for each in manager.list_accounts()] == [False]
    with pytest.raises(ConfigError, match=r"no default account\. Choose one with `mp auth switch NAME`.*'staging'"):
        manager.resolve_credentials()
    manager.add_account("ann", *ANN)
    assert manager.resolve_credentials().username == "sa_ann"


def test_the_first_account_replaces_a_default_that_names_none(config: Path) -> None:
    manager = ConfigManager(written(config, 'default = "gone"\n'))
    manager.add_account("ann", *ANN)
    assert manager.resolve_credentials().username == "sa_ann"


def test_a_project_may_be_a_number_without_quotes(config: Path) -> None:
    manager = ConfigManager(written(config, PRODUCTION.replace('"12345"', "12345")))
    assert manager.resolve_credentials() == Credentials("sa_production", "secret-of-production", "12345", "us")
    manager.add_account("ann", *ANN)
    assert "project_id = 12345\n" in config.read_text()


# What people wrote.


def test_keys_of_others_are_passed_over_and_kept(config: Path) -> None:
    text = f'theme = "dark"  # mine\n{PRODUCTION}note = "x"\n\n[other]\naccounts = [1]\n'
    manager = ConfigManager(written(config, text))
    manager.add_account("ann", *ANN)
    manager.remove_account("production")
    manager.set_default("staging")
    assert [each.name for each in manager.list_accounts()] == ["staging", "ann"]
    document = tomllib.loads(config.read_text())
    assert (document["theme"], document["other"]) == ("dark", {"accounts": [1]})
    assert document["accounts"]["staging"]["note"] == "x"
    assert "# mine" in config.read_text()


@pytest.mark.parametrize("name", ["production", "staging"])
def test_an_account_behind_a_table_of_others_can_be_removed(config: Path, name: str) -> None:
    manager = ConfigManager(written(config, PRODUCTION.replace("# Reset", "[other]\na = 1\n\n# Reset")))
    manager.remove_account(name)
    assert name not in {each.name for each in manager.list_accounts()}
    assert tomllib.loads(config.read_text())["other"] == {"a": 1}


def test_a_change_keeps_comments_order_and_spacing(config: Path) -> None:
    manager = ConfigManager(written(config))
    manager.add_account("ann", *ANN)
    manager.set_default("ann")
    assert config.read_text() == PRODUCTION.replace('default = "production"', 'default = "ann"') + (
        '\n[accounts.ann]\nusername = "sa_ann"\nsecret = "geheim"\nproject_id = "1"\nregion = "in"\n'
    )
    manager.remove_account("ann")
    manager.set_default("production")
    assert config.read_text().rstrip("\n") == PRODUCTION.rstrip("\n")


@pytest.mark.parametrize("name", ["production", "staging"])
def test_a_comment_above_an_account_stays_when_another_one_is_removed(config: Path, name: str) -> None:
    manager = ConfigManager(written(config))
    manager.remove_account(name)
    text = config.read_text()
    assert "# Accounts of the team." in text
    assert ("# Reset every night.\n[accounts.staging]" in text) == (name == "production")
    assert [each.name for each in manager.list_accounts()] == ["staging" if name == "production" else "production"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing yet\n",
        "[accounts]\n",
        "\n\n[accounts]\n# none\n\n",
        '[accounts.x]\nusername="u"\nsecret="s"\nproject_id="1"\nregion="us"',
        '[accounts]\nx.username="u"\nx.secret="s"\nx.project_id="1"\nx.region="us"\n',
        '[accounts]\nx = {username="u", secret="s", project_id="1", region="us"}\n',
        'default = "x"\r\n[accounts.x]\r\nusername="u"\r\nsecret="s"\r\nproject_id="1"\r\nregion="us"\r\n',
    ],
)
def test_an_account_is_added_and_removed_in_every_way_to_write_the_file(config: Path, text: str) -> None:
    manager = ConfigManager(written(config, text))
    before = manager.list_accounts()
    manager.add_account("ann", *ANN)
    assert [each.name for each in manager.list_accounts()] == [*(each.name for each in before), "ann"]
    for account in before:
        manager.remove_account(account.name)
    assert [each.name for each in manager.list_accounts()] == ["ann"]


@pytest.mark.parametrize(
    "text",
    [
        'accounts = {x = {username="u", secret="s", project_id="1", region="us"}}\n',
        'accounts.x.username="u"\naccounts.x.secret="s"\naccounts.x.project_id="1"\naccounts.x.region="us"\n',
    ],
)
def test_a_file_that_cannot_be_edited_is_refused_as_it_stands(config: Path, text: str) -> None:
    manager = ConfigManager(written(config, text))
    assert [each.name for each in manager.list_accounts()] == ["x"]
    with pytest.raises(ConfigError) as caught:
        manager.add_account("ann", *ANN)
    assert str(caught.value) == (
        f"{config} is written in a way that cannot be changed here. Write each account as a table of its own, "
        "[accounts.NAME]."
    )
    assert config.read_text() == text


# What may be seen.


def test_credentials_are_frozen_and_do_not_show_their_secret() -> None:
    credentials = Credentials("sa_ann", "geheim", "1", "in")
    assert [each.name for each in fields(credentials)] == ["username", "secret", "project_id", "region"]
    assert credentials.secret == "geheim"
    assert "geheim" not in f"{credentials} {credentials!r} {[credentials]}"
    with pytest.raises(FrozenInstanceError):
        credentials.region = "us"  # type: ignore[misc]


def test_what_is_known_of_an_account_is_frozen_and_has_no_secret(config: Path) -> None:
    account = ConfigManager(written(config)).get_account("staging")
    assert account == AccountInfo("staging", "sa_staging", "67890", "eu", is_default=False)
    assert not any(secret in f"{account!r}" for secret in SECRETS)
    with pytest.raises(FrozenInstanceError):
        account.name = "x"  # type: ignore[misc]
