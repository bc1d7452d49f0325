"""Which file a workspace works on, and why it is that one."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mixpanel_data.accounts.config_file import ConfigFile
from mixpanel_data.accounts.resolution import Choice, resolved
from mixpanel_data.base.errors import AuthenticationError, ConfigError
from mixpanel_data.configuration.environment.analyst_variables import MP_CONFIG_PATH, MP_DATA_DIR, MP_PROJECT_ID
from mixpanel_data.configuration.environment.variables import MIXPANEL_PROJECT_ID, WAREHOUSE
from mixpanel_data.configuration.settings import DEFAULT_DUCKDB_FILE


@dataclass(frozen=True, slots=True)
class Place:
    """The path of a workspace's file.

    `source` says what chose it, for `mp info`. `makes_folder` is true for a project's own file in the data folder: that
    folder is made with the file, while other folders have to exist.
    """

    path: Path
    source: str
    makes_folder: bool = False

    def make_folder(self) -> None:
        """Make the data folder, and those above it that are missing, for their owner alone. Raises ConfigError."""
        folder = self.path.parent
        try:
            for each in [*reversed(folder.parents), folder]:
                if not each.exists():
                    each.mkdir(mode=0o700, exist_ok=True)
            # Raises if the folder's name is that of a file.
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"The folder {folder} cannot be made: {error.strerror}. "
                f"Set {MP_DATA_DIR.name} to a folder that you can write to."
            ) from error


def place_of(path: str | Path | None, env: Mapping[str, str], project_id: Callable[[], str]) -> Place:
    """The file to work on: the given path, that of WAREHOUSE, `./mixpanel_data.duckdb`, or the project's own.

    `./mixpanel_data.duckdb` counts if it exists and WAREHOUSE is not set. `project_id` is called for a project's own
    file only, `<MP_DATA_DIR>/<project id>.duckdb`. Raises what it raises, and ConfigError for a wrong WAREHOUSE.
    """
    if path is not None:
        return Place(Path(path).expanduser(), "the path that was given")
    warehouse = WAREHOUSE.read(env)
    if isinstance(warehouse, Path):
        return Place(warehouse, "WAREHOUSE")
    if warehouse is None and DEFAULT_DUCKDB_FILE.is_file():
        return Place(DEFAULT_DUCKDB_FILE, "the working directory")
    source = MP_DATA_DIR.name if MP_DATA_DIR.text(env) else f"the default folder {MP_DATA_DIR.default}"
    return Place(MP_DATA_DIR.read(env) / f"{project_id()}.duckdb", source, makes_folder=True)


def project_of(choice: Choice, env: Mapping[str, str]) -> str:
    """The project whose file a call works on: that of the credentials to use, or else the one that variables name.

    Raises ConfigError if no project is known, or if the config file is wrong.
    """
    try:
        return resolved(choice, os.environ, env, ConfigFile(MP_CONFIG_PATH.read(env))).credentials.project_id
    except (AuthenticationError, ConfigError) as error:
        # The jobs also take a project's API secret, which belongs to no account.
        known = choice.project_id or MP_PROJECT_ID.read(env) or MIXPANEL_PROJECT_ID.read(env)
        if known is not None:
            return known
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(
            f"No DuckDB file is chosen: {DEFAULT_DUCKDB_FILE} is not in the working directory, and without a project "
            f"its own file is not known. Name the project with --project or {MP_PROJECT_ID.name}, add an account "
            f"with `mp auth add NAME`, or name a file in {WAREHOUSE.name}."
        ) from error
