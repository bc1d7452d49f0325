"""Which credentials count: those of MP_*, of a named account, of MIXPANEL_* and `.env`, or of the default account."""

from pathlib import Path

import pytest

from accounts.config_files import SECRETS, written
from mixpanel_data import AccountNotFoundError, AuthenticationError, ConfigError
from mixpanel_data.auth import ConfigManager, Credentials

MP = {"MP_USERNAME": "sa_mp", "MP_SECRET": "secret-of-mp", "MP_PROJECT_ID": "111", "MP_REGION": "in"}
MIXPANEL = {
    "MIXPANEL_SERVICE_ACCOUNT": "sa_mixpanel",
    "MIXPANEL_SERVICE_ACCOUNT_SECRET": "secret-of-mixpanel",
    "MIXPANEL_PROJECT_ID": "222",
    "MIXPANEL_REGION": "eu",
}
OF_MP = Credentials("sa_mp", "secret-of-mp", "111", "in")
OF_MIXPANEL = Credentials("sa_mixpanel", "secret-of-mixpanel", "222", "eu")
OF_PRODUCTION = Credentials("sa_production", "secret-of-production", "12345", "us")
OF_STAGING = Credentials("sa_staging", "secret-of-staging", "67890", "eu")


def in_environment(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def in_env_file(variables: dict[str, str]) -> None:
    Path(".env").write_text("".join(f"{name}={value}\n" for name, value in variables.items()), encoding="utf-8")


# The order.


def test_variables_of_the_environment_win_over_everything(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(config)
    in_environment(monkeypatch, MIXPANEL)
    in_environment(monkeypatch, MP)
    assert ConfigManager().resolve_credentials() == OF_MP
    assert ConfigManager().resolve_credentials("staging") == OF_MP


def test_a_named_account_wins_over_the_older_variables_and_env_files(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(config)
    in_environment(monkeypatch, MIXPANEL)
    in_env_file(MP)
    assert ConfigManager().resolve_credentials("staging") == OF_STAGING
    assert ConfigManager().resolve_credentials() == OF_MP


@pytest.mark.parametrize("is_in_file", [False, True])
def test_the_older_variables_win_over_the_default_account(
    config: Path, monkeypatch: pytest.MonkeyPatch, is_in_file: bool
) -> None:
    written(config)
    if is_in_file:
        in_env_file(MIXPANEL)
    else:
        in_environment(monkeypatch, MIXPANEL)
    assert ConfigManager().resolve_credentials() == OF_MIXPANEL


def test_the_default_account_is_used_where_nothing_else_is_said(config: Path) -> None:
    written(config)
    assert ConfigManager().resolve_credentials() == OF_PRODUCTION
    assert ConfigManager().resolve_credentials("staging") == OF_STAGING


def test_the_file_is_not_read_where_variables_suffice(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(config, "not [ toml", 0o644)
    in_environment(monkeypatch, MIXPANEL)
    assert ConfigManager().resolve_credentials() == OF_MIXPANEL


def test_an_empty_variable_counts_as_unset(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(config)
    in_environment(monkeypatch, dict.fromkeys({**MP, **MIXPANEL}, " "))
    assert ConfigManager().resolve_credentials() == OF_PRODUCTION


# Projects and regions.


def test_a_project_and_a_region_that_are_given_replace_those_of_the_account(config: Path) -> None:
    written(config)
    given = ConfigManager().resolve_credentials("staging", project_id="9", region="in")
    assert given == Credentials("sa_staging", "secret-of-staging", "9", "in")


def test_the_variables_of_project_and_region_alone_replace_those_of_the_account(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(config)
    in_environment(monkeypatch, {"MP_PROJECT_ID": "9", "MP_REGION": "in"})
    assert ConfigManager().resolve_credentials() == Credentials("sa_production", "secret-of-production", "9", "in")
    in_environment(monkeypatch, MIXPANEL)
    assert ConfigManager().resolve_credentials() == Credentials("sa_mixpanel", "secret-of-mixpanel", "9", "in")


def test_the_region_of_variables_is_us_unless_one_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, {**MP, "MP_REGION": ""})
    assert ConfigManager().resolve_credentials().region == "us"


def test_a_given_project_completes_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, {**MP, "MP_PROJECT_ID": ""})
    assert ConfigManager().resolve_credentials(project_id="9").project_id == "9"


# What is missing.


@pytest.mark.parametrize("variables", [MP, MIXPANEL], ids=["MP", "MIXPANEL"])
@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_variable_that_is_missing_is_named(
    config: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], missing: int
) -> None:
    written(config)
    name = list(variables)[missing]
    in_environment(monkeypatch, {**variables, name: ""})
    with pytest.raises(ConfigError) as caught:
        ConfigManager().resolve_credentials()
    given = [each for each in list(variables)[:3] if each != name]
    assert str(caught.value) == (
        f"{given[0]} and {given[1]} are set, but {name} is not. Set {name} too, or unset the others."
    )


def test_one_variable_alone_is_not_passed_over_for_an_account(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(config)
    monkeypatch.setenv("MP_SECRET", "secret-of-mp")
    with pytest.raises(ConfigError) as caught:
        ConfigManager().resolve_credentials("staging")
    assert str(caught.value) == (
        "MP_SECRET is set, but MP_USERNAME and MP_PROJECT_ID are not. Set MP_USERNAME and MP_PROJECT_ID too, "
        "or unset the others."
    )


def test_without_any_credentials_the_ways_to_give_some_are_named() -> None:
    with pytest.raises(AuthenticationError) as caught:
        ConfigManager().resolve_credentials()
    assert str(caught.value) == (
        "There are no credentials for Mixpanel. Add an account with `mp auth add NAME`, or set MP_USERNAME, MP_SECRET "
        "and MP_PROJECT_ID."
    )


def test_the_older_secret_of_a_project_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXPANEL_API_SECRET", "geheim")
    with pytest.raises(AuthenticationError, match=r"MIXPANEL_API_SECRET serves the jobs only\.$"):
        ConfigManager().resolve_credentials()


def test_a_secret_in_secret_manager_is_not_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(monkeypatch, {**MIXPANEL, "MIXPANEL_SERVICE_ACCOUNT_SECRET": ""})
    monkeypatch.setenv("MIXPANEL_SERVICE_ACCOUNT_SECRET_NAME", "service-account-secret")
    with pytest.raises(ConfigError, match=r"in Secret Manager, which only jobs read\. Set MIXPANEL_SERVICE_ACCOUNT_S"):
        ConfigManager().resolve_credentials()


def test_a_default_account_that_is_gone_is_named(config: Path) -> None:
    written(config, config_text := 'default = "gone"\n')
    with pytest.raises(AuthenticationError):
        ConfigManager().resolve_credentials()
    written(config, config_text + '[accounts.a]\nusername="u"\nsecret="s"\nproject_id="1"\nregion="us"\n')
    with pytest.raises(ConfigError, match=r"has no default account 'gone' any more\. Choose one with `mp auth switch"):
        ConfigManager().resolve_credentials()
    ConfigManager().set_default("a")
    assert ConfigManager().resolve_credentials().username == "u"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"MP_PROJECT_ID": "x1"}, "MP_PROJECT_ID is 'x1'. Give the project's number."),
        ({"MP_REGION": "europe"}, "MP_REGION is 'europe'. Give one of us, eu, in."),
        ({"MP_USERNAME": "a b"}, "The credentials of MP_USERNAME and MP_SECRET are not valid: username is 'a b'."),
        ({"MP_SECRET": "secret-of-mp and more"}, "are not valid: secret is not valid. Give the secret"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    in_environment(monkeypatch, {**MP, **variables})
    with pytest.raises(ConfigError) as caught:
        ConfigManager().resolve_credentials()
    assert message in str(caught.value)
    assert "secret-of-mp" not in str(caught.value)


@pytest.mark.parametrize("given", [{"project_id": "x1"}, {"region": "europe"}])
def test_a_wrong_project_or_region_is_refused(config: Path, given: dict[str, str]) -> None:
    written(config)
    (value,) = given.values()
    with pytest.raises(ConfigError, match=f"the account 'production' in .* are not valid: .* is '{value}'") as caught:
        ConfigManager().resolve_credentials(**given)
    assert not any(secret in str(caught.value) for secret in SECRETS)


def test_a_missing_account_is_not_found_whatever_the_older_variables_say(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_environment(monkeypatch, MIXPANEL)
    with pytest.raises(AccountNotFoundError) as caught:
        ConfigManager().resolve_credentials("gone")
    assert str(caught.value) == (
        f"{config} has no account 'gone'. It has no accounts. Give another name, or run: mp auth add"
    )
