"""What an export wrote."""

from dataclasses import dataclass
from typing import Literal

from mixpanel_data.workspace.results.base import Plain


@dataclass(frozen=True)
class ExportResult(Plain):
    """An export that is complete.

    `source` says whether the rows are the warehouse's events or those of a table of the workspace's file. `to` is the
    folder of the files. `files`, `rows`, `bytes` and `days` count what it now holds of the days that were asked for,
    with what earlier calls wrote; `skipped` files were there already and unchanged. `date_range` has the first and the
    last day with events, both inclusive; None for a table that is exported as a whole.
    """

    source: Literal["warehouse", "workspace"]
    table: str
    to: str
    format: Literal["parquet", "jsonl", "csv"]
    files: int
    rows: int
    bytes: int
    days: int
    date_range: tuple[str, str] | None
    skipped: int
    duration_seconds: float
