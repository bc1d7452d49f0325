"""Files that change as a whole: after a kill or an error, a file has the old content or the new one."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from mixpanel_data.base import leftovers

_PRIVATE, _USUAL = 0o600, 0o666
# A file without a name goes with the process. Only Linux has them, and not in every file system.
_UNNAMED = getattr(os, "O_TMPFILE", None)


def replace(path: Path, content: bytes, *, is_private: bool) -> None:
    """Give a file this content; it need not exist, its folder has to.

    A private file is never open to anybody but its user, not even while it is written. One process at a time: see
    `alone`. Raises OSError.
    """
    with prepared(path, content, is_private=is_private) as keep:
        keep()


@contextlib.contextmanager
def prepared(path: Path, content: bytes, *, is_private: bool) -> Iterator[Callable[[], None]]:
    """Write the new content beside the file; calling what is yielded gives it to the file, as `replace` does.

    Content that the block does not keep is removed at its end. Raises OSError, at first for all that can be known.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    fresh = path.with_name(f"{path.name}.new")
    # A process that was killed may have left one.
    fresh.unlink(missing_ok=True)

    def keep() -> None:
        fresh.replace(path)
        _sync(path.parent)

    with leftovers.temporary(fresh):
        _write(fresh, content, is_private=is_private)
        yield keep


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes and threads from such a block for the same folder while this one runs. Raises OSError."""
    with _opened(folder) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def _write(path: Path, content: bytes, *, is_private: bool) -> None:
    """Write a new file, which gets its name once the disk has all of it, if that can be."""
    mode = _PRIVATE if is_private else _USUAL
    descriptor, is_named = _new(path, mode)
    with os.fdopen(descriptor, "wb") as file, _opened(path.parent) as folder:
        if is_private:
            os.fchmod(descriptor, _PRIVATE)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
        if not is_named:
            # With a folder, Python follows the link in /proc; without one, it would link the link.
            os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=folder, follow_symlinks=True)


def _new(path: Path, mode: int) -> tuple[int, bool]:
    """The descriptor of a new file, and whether it has its name already."""
    if _UNNAMED is not None and Path("/proc/self/fd").exists():
        with contextlib.suppress(OSError):
            return os.open(path.parent, _UNNAMED | os.O_WRONLY | os.O_CLOEXEC, mode), False
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode), True


def _sync(folder: Path) -> None:
    """Write the folder's entries to the disk, so that a power cut does not bring the old file back."""
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
