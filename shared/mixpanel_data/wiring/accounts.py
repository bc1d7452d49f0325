"""The account of a call as the environment variables that jobs read."""

import os
from collections.abc import Mapping

from mixpanel_data.accounts.config_file import ConfigFile
from mixpanel_data.accounts.resolution import Choice, Source, resolved, source_of
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.environment.analyst_variables import MP_CONFIG_PATH, MP_PROJECT_ID, MP_REGION
from mixpanel_data.configuration.environment.variables import (
    MIXPANEL_API_SECRET,
    MIXPANEL_PROJECT_ID,
    MIXPANEL_PROJECT_TOKEN,
    MIXPANEL_REGION,
    MIXPANEL_SERVICE_ACCOUNT,
    MIXPANEL_SERVICE_ACCOUNT_SECRET,
)

_Env = Mapping[str, str]


def job_environment(choice: Choice, env: _Env) -> _Env:
    """The environment of a job that calls Mixpanel: its MIXPANEL_* variables are those of the account to use.

    Raises AuthenticationError, AccountNotFoundError and ConfigError.
    """
    source = source_of(choice, os.environ, env)
    if source is Source.MIXPANEL_VARIABLES:
        return _with_project(choice, env)
    if source is Source.DEFAULT_ACCOUNT and _has_api_secret(env):
        _check_project_of_api_secret(choice, env)
        return env
    credentials = resolved(choice, os.environ, env, ConfigFile(MP_CONFIG_PATH.read(env))).credentials
    account = {
        MIXPANEL_SERVICE_ACCOUNT.name: credentials.username,
        MIXPANEL_SERVICE_ACCOUNT_SECRET.name: credentials.secret,
    }
    return _of_project({**env, **account}, credentials.project_id, credentials.region)


def _with_project(choice: Choice, env: _Env) -> _Env:
    """The environment with another project or region, if the call or MP_* name one."""
    project_id = choice.project_id or MP_PROJECT_ID.read(env) or MIXPANEL_PROJECT_ID.text(env)
    region = choice.region or MP_REGION.read(env) or MIXPANEL_REGION.text(env)
    return _of_project(env, project_id, region)


def _of_project(env: _Env, project_id: str, region: str) -> _Env:
    changed = {**env, MIXPANEL_PROJECT_ID.name: project_id, MIXPANEL_REGION.name: region}
    if MIXPANEL_PROJECT_ID.text(env) not in ("", project_id):
        # The token belongs to the project of the environment: a job would send it what another project has.
        changed |= {MIXPANEL_PROJECT_TOKEN.itself.name: "", MIXPANEL_PROJECT_TOKEN.reference.name: ""}
    return changed


def _has_api_secret(env: _Env) -> bool:
    return bool(MIXPANEL_API_SECRET.itself.text(env) or MIXPANEL_API_SECRET.reference.text(env))


def _check_project_of_api_secret(choice: Choice, env: _Env) -> None:
    asked, own = choice.project_id, MIXPANEL_PROJECT_ID.text(env)
    if asked is not None and asked != own:
        raise ConfigError(
            f"MIXPANEL_API_SECRET is the secret of one project, so --project {asked} has no effect. Leave it out, or "
            "name an account with --account."
        )
