"""Somebody who sets `mp` up in an empty folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cli.shell import Ended, Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.slack import StandInSlack


@dataclass(frozen=True, slots=True)
class Newcomer:
    """The folder, the stand-ins, and the command `mp init` with secrets in a pipe."""

    folder: Path
    mixpanel: StandInMixpanel
    slack: StandInSlack
    mp: Mp
    type_: Callable[[str], None]

    @property
    def env_file(self) -> Path:
        return self.folder / ".env"

    @property
    def config(self) -> Path:
        return self.folder / "config" / "events_config.json"

    @property
    def accounts(self) -> Path:
        return self.folder / "home" / ".mp" / "config.toml"

    @property
    def of_account(self) -> tuple[str, ...]:
        access = self.mixpanel.access
        return ("--project", access.project_id, "--username", access.username, "--secret-stdin")

    def init(self, *arguments: str, piped: str = "") -> Ended:
        self.type_(piped)
        return self.mp("init", *arguments)

    def files(self) -> list[str]:
        """All files below the folder, but the locks and the ledger."""
        paths = (path for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".lock")
        return sorted(str(path.relative_to(self.folder)) for path in paths if path.parent.name != "queries")
