"""Who holds a DuckDB file, without opening it: DuckDB locks it for reading or for writing, by fcntl."""

import contextlib
import fcntl
import os
import struct
import sys
from pathlib import Path

from mixpanel_data.base.visible_text import visible

# The struct flock of each system: (type, whence, start, length, PID) on Linux.
_IS_DARWIN = sys.platform == "darwin"
_LAYOUT = "qqihh" if _IS_DARWIN else "hhqqi"


def other_holder(path: Path) -> str | None:
    """Another program that keeps a writer from the file, with its PID; None if there is none, or nobody can say.

    Not while this process holds the file itself: closing it here would end that lock. Raises nothing.
    """
    with contextlib.suppress(OSError), path.open("rb") as file:
        return _told(*_asked(file.fileno()))
    return None


def _asked(descriptor: int) -> tuple[int, int]:
    """The type of the lock that a lock for writing would meet, and the PID of who has it."""
    kind, whence = fcntl.F_WRLCK, os.SEEK_SET
    asked = (0, 0, 0, kind, whence) if _IS_DARWIN else (kind, whence, 0, 0, 0)
    found = struct.unpack(_LAYOUT, fcntl.fcntl(descriptor, fcntl.F_GETLK, struct.pack(_LAYOUT, *asked)))
    return (found[3], found[2]) if _IS_DARWIN else (found[0], found[4])


def _told(kind: int, pid: int) -> str | None:
    if kind == fcntl.F_UNLCK:
        return None
    # Of a process in another container, neither PID nor program is known.
    if pid <= 0:
        return "Another program"
    with contextlib.suppress(OSError):
        return f"{visible(str(Path(f'/proc/{pid}/exe').readlink()))} (PID {pid})"
    return f"A program (PID {pid})"
