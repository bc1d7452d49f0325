"""A temporary file for a workspace."""

import contextlib
from collections.abc import Iterator

from mixpanel_data.warehouse.duckdb.folders import TemporaryFolder
from mixpanel_data.workspace.storage.place import Place


@contextlib.contextmanager
def temporary_place() -> Iterator[Place]:
    """A place for a file that is removed with the block, also after an exception.

    A process that was killed leaves its file; the next process that makes one removes it.
    """
    folder = TemporaryFolder()
    try:
        yield Place(folder.path / "ephemeral.duckdb", "ephemeral")
    finally:
        folder.remove()
