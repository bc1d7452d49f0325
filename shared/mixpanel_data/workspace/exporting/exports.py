"""The export of a workspace, as `Workspace` has it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mixpanel_data.base.environment import environment
from mixpanel_data.configuration.settings import Settings

if TYPE_CHECKING:
    from mixpanel_data.workspace.results.exported import ExportResult
    from mixpanel_data.workspace.storage.file import WorkspaceFile


class FileExports:
    """Writes the tables of a file, and the events of the warehouse, as files for other programs."""

    _file: "WorkspaceFile"

    def export(
        self,
        name: str,
        to: str | Path,
        format: Literal["parquet", "jsonl", "csv"] = "parquet",  # noqa: A002 - the public name
        from_date: str | date | None = None,
        to_date: str | date | None = None,
        progress: Callable[[int], None] | None = None,
        *,
        source: Literal["warehouse", "workspace"] | None = None,
        restart: bool = False,
    ) -> "ExportResult":
        """Write a table as files into the folder `<to>/<name>`; `to` is a folder or `gs://bucket/folder`.

        Events get one file for each day in the zone of MIXPANEL_TIMEZONE; both dates are inclusive, None leaves an end
        open. `events` are those of the warehouse if it has any, else the fetched table, unless `source` says which.
        Every file appears whole. The same call goes on after the last file, and writes again what has changed since;
        `restart` removes the files of an earlier export first. The export calls `progress` with the number of rows
        written so far.

        Raises RequestError for a wrong parameter and for a folder that holds anything else, TableNotFoundError,
        QueryError for events without a time, WarehouseBusyError if another export into the folder runs,
        UnavailableError if the disk is full, and for a bucket AuthenticationError and ConfigError.
        """
        from mixpanel_data.workspace.exporting.choosing import folder_of, source_of
        from mixpanel_data.workspace.exporting.exporter import export
        from mixpanel_data.workspace.exporting.request import ExportRequest

        settings = Settings.from_env(environment())
        zone = settings.mixpanel_timezone
        request = ExportRequest.checked(name, str(to), format, from_date, to_date, source, zone)
        with source_of(request, self._file, settings) as rows, folder_of(request, settings) as folder:
            return export(rows, folder, request, restart=restart, progress=progress)
