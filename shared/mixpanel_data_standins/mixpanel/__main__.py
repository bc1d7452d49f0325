"""`python -m mixpanel_data_standins.mixpanel --folder DIR --port P`: serves a folder of events until a signal."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from mixpanel_data_standins.mixpanel import Access, Behaviour, StandInMixpanel
from mixpanel_data_standins.mixpanel.access import DEFAULT_ACCESS
from mixpanel_data_standins.mixpanel.project import USUAL_BEHAVIOUR


def serve(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8086,
    access: Access = DEFAULT_ACCESS,
    behaviour: Behaviour = USUAL_BEHAVIOUR,
    stopped: threading.Event,
) -> None:
    """Serve a folder until `stopped` is set; print the address. ValueError for a folder without event files."""
    with StandInMixpanel(folder, access=access, behaviour=behaviour, host=host, port=port) as mixpanel:
        sys.stdout.write(f"Mixpanel stand-in for project {access.project_id}: {mixpanel.url}\n")
        sys.stdout.flush()
        stopped.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the folder of the command line until SIGINT or SIGTERM; returns the exit code."""
    options = _parser().parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        serve(
            options.folder,
            host=options.host,
            port=options.port,
            access=Access(project_id=options.project_id, username=options.username, secret=options.secret),
            behaviour=Behaviour(
                time_basis=options.time_basis,
                timezone=options.timezone,
                lag=timedelta(minutes=options.lag_minutes),
            ),
            stopped=stopped,
        )
    except (OSError, EOFError, ValueError) as error:  # EOFError: a truncated gzip file
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mixpanel_data_standins.mixpanel", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, required=True, help="a folder of *.ndjson or *.ndjson.gz files, or one file"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8086, help="port; 0 picks a free one (%(default)s)")
    parser.add_argument("--project-id", default=DEFAULT_ACCESS.project_id, help="the project (%(default)s)")
    parser.add_argument("--username", default=DEFAULT_ACCESS.username, help="its service account (%(default)s)")
    parser.add_argument("--secret", default=DEFAULT_ACCESS.secret, help="the account's secret (%(default)s)")
    parser.add_argument(
        "--time-basis", choices=["utc", "project"], default="utc", help="the clock of `time` (%(default)s)"
    )
    parser.add_argument("--timezone", default="UTC", help="the zone of time basis project (%(default)s)")
    parser.add_argument("--lag-minutes", type=float, default=0, help="minutes until a row appears (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
