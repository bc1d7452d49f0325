"""Temporary folders that outlive no process for long."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mixpanel_data.base import leftovers

_PREFIX = "mixpanel_data_staging_"
# A folder is locked and renamed at once; one that is still unnamed after so long has lost its process in between.
_UNNAMED_SECONDS = 3600.0


class TemporaryFolder:
    """A folder for staged data. The folder of a killed process is removed by the next one that makes a folder."""

    def __init__(self) -> None:
        made = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}"))
        # Locked before it gets the name that others look for, so that nobody finds it unlocked.
        self._lock = os.open(made, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = made.rename(made.with_name(made.name.removeprefix(".")))
        leftovers.add(self.path)
        for other in self.path.parent.glob(f"{_PREFIX}*"):
            _remove_if_abandoned(other)
        for unnamed in self.path.parent.glob(f".{_PREFIX}*"):
            if _age_seconds(unnamed) > _UNNAMED_SECONDS:
                _remove_if_abandoned(unnamed)

    def remove(self) -> None:
        """Remove the folder and everything in it."""
        leftovers.remove(self.path)
        os.close(self._lock)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make such a folder, and remove it when the block ends."""
    folder = TemporaryFolder()
    try:
        yield folder.path
    finally:
        folder.remove()


def _age_seconds(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:
        return 0.0


def _remove_if_abandoned(folder: Path) -> None:
    # An OSError means: removed meanwhile, owned by another user, or locked by a process that uses it.
    with contextlib.suppress(OSError):
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
        finally:
            os.close(lock)
