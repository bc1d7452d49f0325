"""A process that does one thing with the segment `buyers` of a file.

usage: segment_process.py report|save|freeze DUCKDB_FILE
"""

import logging
import sys

from mixpanel_data.workspace.workspace import Workspace


def main(action: str, path: str) -> None:
    """Do it and print what came of it; warnings go to stderr."""
    logging.basicConfig(level=logging.WARNING)
    with Workspace.open(path) as workspace:
        if action == "report":
            days = {"from_date": "2024-03-01", "to_date": "2024-03-31", "unit": "month"}
            answer = workspace.report.segmentation(events="Sign Up", measure="unique", segment="buyers", **days)
            print(answer.rows[0]["value"])
        elif action == "save":
            print(len(workspace.segments.save()))
        else:
            print(workspace.segments.freeze("buyers").version)


if __name__ == "__main__":
    main(*sys.argv[1:])
