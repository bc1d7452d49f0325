"""A process that exports a table once, and can die on the way.

usage: export_process.py DUCKDB_FILE TABLE FOLDER FORMAT [files after which it kills itself]

With MOST_FILE_BYTES in the environment no file grows beyond that, as on a full disk.
"""

import os
import resource
import signal
import sys

from mixpanel_data.workspace.workspace import Workspace


def main(path: str, table: str, folder: str, file_format: str, dies_after: str = "0") -> None:
    """Export; `dies_after` files, if it is not 0, the process is killed."""
    files = 0
    if most := os.environ.get("MOST_FILE_BYTES"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))

    def progress(_rows: int) -> None:
        nonlocal files
        files += 1
        if files == int(dies_after):
            os.kill(os.getpid(), signal.SIGKILL)

    with Workspace.open(path) as workspace:
        workspace.export(table, folder, file_format, progress=progress)  # type: ignore[arg-type]  # from a test


if __name__ == "__main__":
    main(*sys.argv[1:])
