"""The temporary folders and files of this process, for whoever ends it at once."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

_FOLDERS: set[Path] = set()
_FILES: set[Path] = set()


def add(folder: Path) -> None:
    """Note a folder that is to go with the process."""
    _FOLDERS.add(folder)


def remove(folder: Path) -> None:
    """Remove a folder and everything in it. Raises OSError."""
    shutil.rmtree(folder)
    _FOLDERS.discard(folder)


@contextlib.contextmanager
def temporary(file: Path) -> Iterator[None]:
    """Remove a file when the block ends, however it ends; the block may have removed it or given it another name."""
    _FILES.add(file)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)
        _FILES.discard(file)


def remove_all() -> None:
    """Remove the folders and files that are still there, as far as possible; others may be writing into them."""
    for folder in list(_FOLDERS):
        shutil.rmtree(folder, ignore_errors=True)
    for file in list(_FILES):
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)
