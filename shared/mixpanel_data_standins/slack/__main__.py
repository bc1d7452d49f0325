"""`python -m mixpanel_data_standins.slack --port P --channel alerts`: serves a stand-in Slack until a signal."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from mixpanel_data_standins.slack.server import DEFAULT_CHANNELS, StandInSlack


def serve(channels: Sequence[str], *, host: str = "127.0.0.1", port: int = 8087, stopped: threading.Event) -> None:
    """Serve until `stopped` is set; print the address and the variables of a program that posts there."""
    with StandInSlack(channels, host=host, port=port) as slack:
        sys.stdout.write(f"Slack stand-in: {slack.url}\n")
        sys.stdout.writelines(f"{name}={value}\n" for name, value in slack.settings.items())
        sys.stdout.write(f"or SLACK_WEBHOOK_URL={slack.webhook_url(channels[0])}\n")
        sys.stdout.flush()
        stopped.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m mixpanel_data_standins.slack", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8087, help="port; 0 picks a free one (%(default)s)")
    parser.add_argument("--channel", action="append", help="a channel of the workspace; can be repeated (alerts)")
    options = parser.parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        serve(options.channel or DEFAULT_CHANNELS, host=options.host, port=options.port, stopped=stopped)
    except OSError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
