"""What the exporter needs of a source of rows, and of a folder for files."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from mixpanel_data.workspace.exporting.request import FileFormat, Origin


@dataclass(frozen=True, slots=True)
class Piece:
    """The rows that one file holds: those of a day, or a whole table (`day` None).

    `state` differs whenever the rows differ, so that a file of an earlier state is recognized.
    """

    day: date | None
    state: str


class Source(Protocol):
    """The rows of one table."""

    origin: Origin
    table: str
    """The table's own name."""
    place: str
    """What holds the table, such as a file or a dataset, as the manifest names it."""

    def pieces(self) -> Sequence[Piece]:
        """The pieces that are there now, in the order of their days."""
        ...

    def write(self, piece: Piece, file_format: FileFormat, path: Path) -> int:
        """Write the rows of a piece into a file, and return their number."""
        ...


class Folder(Protocol):
    """A folder for files; each file is there as a whole or not at all. `str` gives its name for people."""

    def alone(self) -> AbstractContextManager[None]:
        """Keep other exports out while the block runs, where locks exist, and make the folder if it is not there.

        Raises WarehouseBusyError if another export runs, and RequestError if the folder cannot be made or written to.
        """
        ...

    def sizes(self) -> Mapping[str, int]:
        """The files by name, each with its bytes."""
        ...

    def read(self, name: str) -> bytes | None:
        """The content of a file; None if there is none."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Store a small file in place of an earlier one."""
        ...

    def storing(self, name: str) -> AbstractContextManager[Path]:
        """A path to write to; what is there at the end of the block becomes the file, unless the block raises."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        ...
