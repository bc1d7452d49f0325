"""The place for the files of tests: memory, where there is enough of it."""

import os
import re
import shutil
import tempfile
from pathlib import Path

_MEMORY_BYTES = 4 * 1024**3


def keep_files_in_memory() -> None:
    """Write what tests write to memory, where there is enough and nobody said another place: a disk would be waited for
    with each transaction. Tests kill programs, never the machine, and programs are among what they write."""
    memory = Path("/dev/shm")  # noqa: S108
    if "TMPDIR" in os.environ or not memory.is_dir():
        return
    # What a file system in memory calls free is its limit, not what is there.
    available = re.search(r"MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text())
    if not available or min(shutil.disk_usage(memory).free, int(available[1]) * 1024) < _MEMORY_BYTES:
        return
    if os.access(memory, os.W_OK) and not os.statvfs(memory).f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = tempfile.tempdir = str(memory)
