"""The DuckDB file that `mp serve` starts anew each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mixpanel_data.base.errors import ConfigError, UnavailableError
from mixpanel_data_standins.mixpanel.access import Access

_FOREIGN = "SELECT 1 FROM duckdb_tables() WHERE schema_name <> 'mixpanel_data' LIMIT 1"
# An earlier start can have ended before the collector's first run, which is the first to name its project.
_FILLED = """
SELECT 1 FROM duckdb_tables() WHERE estimated_size > 0 AND table_name NOT IN ('job_locks', 'job_runs') LIMIT 1
"""


@contextmanager
def started_anew(database: Path, access: Access) -> Iterator[None]:
    """Keep other `mp serve` away from a file for the duration of a `with`, after removing what an earlier one wrote.

    Its events are not those of the traffic to come. Raises ConfigError for a file of anything else than the stand-in's
    project or in a folder that does not exist, UnavailableError while another program has the file open.
    """
    import fcntl

    if not database.parent.is_dir():
        raise ConfigError(f"The folder {database.parent} does not exist. Create it, or choose another with --database.")
    with database.with_name(f"{database.name}.serve.lock").open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UnavailableError(
                f"Another `mp serve` writes to {database}. Stop it, or choose another file with --database."
            ) from error
        _remove(database, access)
        yield


def _remove(database: Path, access: Access) -> None:
    if not database.exists():
        return
    if not _is_of(access.project_id, database):
        raise ConfigError(
            f"{database} is not from an earlier `mp serve`, which would replace it. Choose another with --database."
        )
    for path in (database, database.with_name(f"{database.name}.wal")):
        path.unlink(missing_ok=True)


def _is_of(project_id: str, database: Path) -> bool:
    """Whether the file holds the state of this project and nothing else, or nothing yet."""
    import duckdb

    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            if connection.execute(_FOREIGN).fetchall():
                return False
            if not connection.execute(_FILLED).fetchall():
                return True
            projects = connection.execute("SELECT DISTINCT project_id FROM mixpanel_data.job_locks").fetchall()
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise UnavailableError(
                f"{database} is open in another program. Close it, and try again. {error}"
            ) from error
        return False
    except duckdb.Error:
        return False
    return {project for (project,) in projects} - {None} == {project_id}
