"""The workspace of a command: one that asks Mixpanel, or one that only reads or changes its file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixpanel_data.cli.base.account import chosen

if TYPE_CHECKING:
    from mixpanel_data.workspace.workspace import Workspace

DbOption = Annotated[
    Path | None, typer.Option("--db", metavar="FILE", help="The DuckDB file, in place of the one that mp info shows.")
]


@contextmanager
def connected(db: Path | None = None, *, wait: bool = False) -> Iterator["Workspace"]:
    """The workspace of the chosen account and project, to ask Mixpanel with; without credentials it is an error.

    `wait`: a query that the quota forbids waits for its turn, instead of failing.
    """
    from mixpanel_data.workspace.workspace import Workspace

    choice = chosen()
    with Workspace(choice.account, choice.project_id, choice.region, db, wait=wait) as workspace:
        yield workspace


@contextmanager
def local(db: Path | None) -> Iterator["Workspace"]:
    """The workspace on a file; without one, on that of WAREHOUSE, the working directory or the project."""
    from mixpanel_data.workspace.opening import local_workspace

    with local_workspace(db, chosen()) as workspace:
        yield workspace
