"""What a workspace's file holds: its tables, their columns, and the file itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mixpanel_data.workspace.results.base import Plain

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TableInfo(Plain):
    """A table of the file.

    `name` is what a query calls it, without quotes; a table of another schema than `main` has the schema in front.
    `type` is `events` or `profiles` for a fetched table, else `table` or `view`. `row_count` is None for a view.
    `fetched_at` is when the newest fetch of it ended, UTC; `from_date` and `to_date` are its days, both inclusive. They
    are None where nothing of the kind is known.
    """

    name: str
    type: str
    row_count: int | None
    fetched_at: datetime | None = None
    from_date: str | None = None
    to_date: str | None = None


@dataclass(frozen=True)
class ColumnInfo(Plain):
    """A column, with DuckDB's name of its type, such as `VARCHAR`, and whether it takes NULL."""

    name: str
    type: str
    nullable: bool


@dataclass(frozen=True)
class TableSchema(Plain):
    """The columns of a table, in their order."""

    table_name: str
    columns: tuple[ColumnInfo, ...]

    @property
    def df(self) -> "pd.DataFrame":
        """One row per column: name, type, nullable."""
        import pandas as pd

        return pd.DataFrame([column.to_dict() for column in self.columns], columns=["name", "type", "nullable"])


@dataclass(frozen=True)
class WorkspaceInfo(Plain):
    """The workspace's file and project.

    `path_source` says what chose the file. `size_mb` is in millions of bytes. `created_at` is when the file was made,
    UTC; where the system does not record that, it is when the file last changed. Both are None until the file exists.
    `project_id`, `region` and `account` are None where they are not known, as after `Workspace.open`.
    """

    path: str
    path_source: str
    project_id: str | None
    region: str | None
    account: str | None
    tables: tuple[str, ...]
    size_mb: float | None
    created_at: datetime | None
