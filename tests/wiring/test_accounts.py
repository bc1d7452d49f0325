"""A job reads the account of its call from the variables that it always reads."""

import os
from pathlib import Path

import pytest

from mixpanel_data import AuthenticationError, ConfigError
from mixpanel_data.accounts import ConfigManager
from mixpanel_data.accounts.resolution import Choice
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.accounts import job_environment
from mixpanel_data.wiring.credentials import mixpanel_credentials

SERVICE_ACCOUNT = {
    "MIXPANEL_SERVICE_ACCOUNT": "robot.1",
    "MIXPANEL_SERVICE_ACCOUNT_SECRET": "geheim",
    "MIXPANEL_PROJECT_ID": "1",
    "MIXPANEL_PROJECT_TOKEN": "token-of-project-1",
}


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment without credentials that leads to a file with the account `ann`, the default one."""
    for name in os.environ:
        if name.startswith(("MP_", "MIXPANEL_")):
            monkeypatch.delenv(name)
    path = tmp_path / "config.toml"
    ConfigManager(path).add_account("ann", "sa_ann", "secret-of-ann", "42", "eu")
    return {"MP_CONFIG_PATH": str(path)}


def seen(choice: Choice, env: dict[str, str]) -> tuple[tuple[str, str], str | None, str]:
    """User name and secret, project and region, as the client of a job gets them."""
    settings = Settings.from_env(job_environment(choice, env))
    return mixpanel_credentials(settings).auth(), settings.mixpanel_project_id, settings.mixpanel_region


@pytest.mark.parametrize("choice", [Choice(), Choice("ann")])
def test_a_job_gets_the_account(env: dict[str, str], choice: Choice) -> None:
    assert seen(choice, env) == (("sa_ann", "secret-of-ann"), "42", "eu")


def test_the_variables_of_the_jobs_win_over_the_default_account_only(env: dict[str, str]) -> None:
    env |= SERVICE_ACCOUNT
    assert seen(Choice(), env) == (("robot.1", "geheim"), "1", "us")
    assert seen(Choice("ann"), env) == (("sa_ann", "secret-of-ann"), "42", "eu")


def test_the_variables_of_the_desk_win_over_all_others(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    desk = {"MP_USERNAME": "sa_mp", "MP_SECRET": "secret-of-mp", "MP_PROJECT_ID": "7", "MP_REGION": "in"}
    for name, value in desk.items():
        monkeypatch.setenv(name, value)
    env |= SERVICE_ACCOUNT | desk
    for choice in (Choice(), Choice("ann"), Choice("gone")):
        assert seen(choice, env) == (("sa_mp", "secret-of-mp"), "7", "in")


def test_the_secret_of_an_account_wins_over_the_name_of_another_one(env: dict[str, str]) -> None:
    env |= {"MIXPANEL_SERVICE_ACCOUNT_SECRET_NAME": "another", "MIXPANEL_API_SECRET": "older"}
    assert seen(Choice("ann"), env) == (("sa_ann", "secret-of-ann"), "42", "eu")


def test_the_older_secret_wins_over_the_default_account(env: dict[str, str]) -> None:
    assert seen(Choice(), {**env, "MIXPANEL_API_SECRET": "older"})[0] == ("older", "")
    with pytest.raises(ConfigError, match=r"the secret of one project, so --project 9 has no effect\. Leave it out"):
        seen(Choice(project_id="9"), {**env, "MIXPANEL_API_SECRET": "older"})


def test_another_project_replaces_that_of_whatever_counts(env: dict[str, str]) -> None:
    assert seen(Choice(project_id="9"), env)[1] == "9"
    assert seen(Choice(), {**env, "MP_PROJECT_ID": "9"})[1] == "9"
    assert seen(Choice(project_id="9"), {**env, **SERVICE_ACCOUNT}) == (("robot.1", "geheim"), "9", "us")


@pytest.mark.parametrize(
    ("choice", "stays"), [(Choice(), True), (Choice("ann"), False), (Choice(project_id="9"), False)]
)
def test_the_token_of_a_project_is_not_used_for_another_one(env: dict[str, str], choice: Choice, stays: bool) -> None:
    """It would send to the one project what belongs to the other."""
    settings = Settings.from_env(job_environment(choice, {**env, **SERVICE_ACCOUNT}))
    assert (settings.mixpanel_project_token.value is not None) == stays


def test_without_credentials_there_is_nothing_to_run_with(env: dict[str, str]) -> None:
    ConfigManager(Path(env["MP_CONFIG_PATH"])).remove_account("ann")
    with pytest.raises(AuthenticationError, match="There are no credentials for Mixpanel"):
        job_environment(Choice(), env)
