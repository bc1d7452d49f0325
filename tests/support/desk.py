"""A desk: workspaces on a file, a stand-in Mixpanel, and the environment that leads to both."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mixpanel_data.workspace.workspace import Workspace
from mixpanel_data_standins.mixpanel import StandInMixpanel
from support.export_lines import NOW

MADE_FOR_THE_DESK = ("WAREHOUSE", "GCP_PROJECT_ID", "MIXPANEL_TIMEZONE", "MIXPANEL_TIME_BASIS", "DUCKDB_MEMORY_LIMIT")


class Desk:
    """A stand-in that serves lines, and a file beside a config file of its own."""

    def __init__(self, folder: Path, mixpanel: StandInMixpanel) -> None:
        self.path = folder / "desk.duckdb"
        self.mixpanel = mixpanel

    def workspace(self, path: Path | None = None) -> Workspace:
        """A new workspace on the desk's file, or on another."""
        return Workspace(path=path or self.path)

    @property
    def days_asked(self) -> list[tuple[str, str]]:
        """The first and the last day of every export so far."""
        return [
            (call.parameters["from_date"], call.parameters["to_date"])
            for call in self.mixpanel.calls
            if "from_date" in call.parameters
        ]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query in a workspace of its own, opened without credentials."""
        with Workspace.open(self.path) as workspace:
            return workspace.sql_rows(query)


@contextmanager
def a_desk(
    folder: Path, monkeypatch: pytest.MonkeyPatch, lines: Iterable[bytes] = (), **options: Any
) -> Iterator[Desk]:
    """A desk in a folder, which is the working directory and the home meanwhile."""
    for name in MADE_FOR_THE_DESK:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("MP_CONFIG_PATH", str(folder / "mp" / "config.toml"))
    with StandInMixpanel(list(lines), now=lambda: NOW, **options) as mixpanel:
        monkeypatch.setenv("MIXPANEL_BASE_URL", mixpanel.url)
        monkeypatch.setenv("MP_USERNAME", mixpanel.access.username)
        monkeypatch.setenv("MP_SECRET", mixpanel.access.secret)
        monkeypatch.setenv("MP_PROJECT_ID", mixpanel.access.project_id)
        yield Desk(folder, mixpanel)


DeskMaker = Callable[..., Desk]
