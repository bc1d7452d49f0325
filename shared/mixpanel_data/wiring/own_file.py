"""The DuckDB file of a job on a person's machine, where no variable names a warehouse: the file of the workspace."""

from collections.abc import Mapping

from mixpanel_data.accounts.resolution import Choice
from mixpanel_data.configuration.environment.variables import GCP_PROJECT_ID, WAREHOUSE
from mixpanel_data.workspace.storage.place import place_of, project_of


def with_own_file(choice: Choice, env: Mapping[str, str], *, makes_folder: bool) -> Mapping[str, str]:
    """The environment, in which WAREHOUSE names the workspace's file unless another warehouse is chosen.

    `makes_folder` makes the folder of a project's own file if it is missing. Raises ConfigError if no project is known
    where the file is the project's own, or if the folder cannot be made.
    """
    if WAREHOUSE.text(env) or GCP_PROJECT_ID.text(env):
        return env
    place = place_of(None, env, lambda: project_of(choice, env))
    if makes_folder and place.makes_folder:
        place.make_folder()
    return {**env, WAREHOUSE.name: f"duckdb:///{place.path}"}
