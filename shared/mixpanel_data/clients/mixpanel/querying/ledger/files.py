"""The files of the ledger: the notes of each project, and one file for each query that may run at the same time.

lock                       held while any notes are read and written
mixpanel.com-123.json      when the project's queries were made, in seconds since 1970
mixpanel.com-123.0 … .4    locked for as long as a query runs; the kernel unlocks it when the process dies
"""

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


@dataclass(frozen=True, slots=True)
class Notes:
    """What a project's queries were; all times are in seconds since 1970, UTC.

    `queries` are the times of the queries, in order; before `refused_until`, Mixpanel takes none.
    """

    queries: tuple[float, ...] = ()
    refused_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Files:
    """The files of all projects in a folder, which `locked` makes. Every method raises OSError."""

    folder: Path

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the other processes and threads from reading and writing notes while the block runs."""
        # One after the other: `parents` makes the folders above with everyone's rights.
        self.folder.parent.mkdir(_PRIVATE_FOLDER, parents=True, exist_ok=True)
        self.folder.mkdir(_PRIVATE_FOLDER, exist_ok=True)
        lock = self._opened("lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def read(self, name: str) -> Notes:
        """Return the notes of a project; empty ones if the file is missing or holds anything else."""
        try:
            document = json.loads(self._notes(name).read_bytes())
            queries = sorted(float(at) for at in document["queries"])
            return Notes(tuple(queries), float(document["refused_until"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return Notes()

    def write(self, name: str, notes: Notes) -> None:
        """Replace the notes of a project; after a kill, the old ones or the new ones are there."""
        document = {"queries": notes.queries, "refused_until": notes.refused_until}
        fresh = self.folder / f"{name}.new"
        with os.fdopen(self._opened(fresh.name, os.O_TRUNC), "w", encoding="utf-8") as file:
            json.dump(document, file)
        fresh.replace(self._notes(name))

    def running(self, name: str, most: int) -> int | None:
        """Return an open file, which stands for a running query until it is closed; None if `most` run already."""
        for number in range(most):
            file = self._opened(f"{name}.{number}")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
            else:
                return file
        return None

    def _notes(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _opened(self, name: str, flags: int = 0) -> int:
        return os.open(self.folder / name, os.O_RDWR | os.O_CREAT | flags, _PRIVATE_FILE)


def name_of(server: str, project: str) -> str:
    """Return the name of a project's files; two servers may have a project of the same id."""
    # A URL can carry a password before its host.
    host = re.sub(r"^https?://([^/]*@)?", "", server).rstrip("/")
    return re.sub(r"[^A-Za-z0-9.-]", "_", f"{host}-{project}")
