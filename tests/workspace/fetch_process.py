"""A process that fetches events once.

usage: fetch_process.py DUCKDB_FILE NAME FROM TO [append]
"""

import sys

from mixpanel_data.workspace.workspace import Workspace


def main(path: str, name: str, first: str, last: str, *options: str) -> None:
    """Fetch into the file; the environment says from where, and as whom."""
    with Workspace(path=path) as workspace:
        workspace.fetch_events(name, first, last, append="append" in options)


if __name__ == "__main__":
    main(*sys.argv[1:])
