"""A workspace for SQL and inspection alone: it needs credentials only if nothing else chooses the file."""

import os
from collections.abc import Mapping
from pathlib import Path

from mixpanel_data.accounts.config_file import ConfigFile
from mixpanel_data.accounts.resolution import Choice, Resolved, resolved
from mixpanel_data.base.environment import environment
from mixpanel_data.base.errors import AuthenticationError, ConfigError
from mixpanel_data.configuration.environment.analyst_variables import MP_CONFIG_PATH
from mixpanel_data.configuration.environment.variables import DUCKDB_MEMORY_LIMIT
from mixpanel_data.workspace.storage.file import WorkspaceFile
from mixpanel_data.workspace.storage.place import place_of, project_of
from mixpanel_data.workspace.workspace import Workspace


def local_workspace(path: str | Path | None, choice: Choice) -> Workspace:
    """A workspace on the given file, that of WAREHOUSE, the one in the working directory, or the project's own.

    It has the credentials of `choice` if there are any. Raises NotFoundError for a given file that does not exist,
    AccountNotFoundError for an account that does not, and ConfigError if it needs the project's own file and no project
    is known.
    """
    env = environment()
    place = place_of(path, env, lambda: project_of(choice, env))
    file = WorkspaceFile(place, memory_limit=DUCKDB_MEMORY_LIMIT.read(env))
    if path is not None:
        file.check_exists()
    known = _resolved_or_none(choice, env)
    return Workspace._on(file, known.credentials if known else None, known.account if known else None)


def _resolved_or_none(choice: Choice, env: Mapping[str, str]) -> Resolved | None:
    try:
        return resolved(choice, os.environ, env, ConfigFile(MP_CONFIG_PATH.read(env)))
    except (AuthenticationError, ConfigError):
        # An account that does not exist is a mistake, whatever the command needs it for.
        if choice.account is not None:
            raise
        return None
