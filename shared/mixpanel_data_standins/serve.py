"""`make serve`: stand-ins for Mixpanel and Slack and every function of `functions/` on fixed ports, until Ctrl-C.

The functions read `config/` and write to a DuckDB file. They never reach a real project: a .env file is read, but what
leads to Mixpanel, to Slack and to the warehouse is the stand-ins'.
"""

import argparse
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data_standins.functions import RunningFunction, interrupt_on_terminate
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.slack import StandInSlack
from mixpanel_data_standins.standin import SAMPLE, settings_for
from mixpanel_data_standins.traffic import traffic

ORDER = ("collector", "detector", "identity-transition", "incremental-user-sync", "registry-updater")
_FIRST_PORT = 8081
_MIXPANEL_PORT = 8086
_SLACK_PORT = 8087
_POLL_SECONDS = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM; returns 1 if something did not start or ended by itself."""
    parser = argparse.ArgumentParser(prog="python -m mixpanel_data_standins.serve", description=__doc__)
    parser.add_argument("--functions", type=Path, default=Path("functions"), help="folder (%(default)s)")
    parser.add_argument("--database", type=Path, default=Path("demo.duckdb"), help="(%(default)s)")
    parser.add_argument("--first-port", type=int, default=_FIRST_PORT, help="the collector's (%(default)s)")
    parser.add_argument("--mixpanel-port", type=int, default=_MIXPANEL_PORT, help="(%(default)s)")
    parser.add_argument("--slack-port", type=int, default=_SLACK_PORT, help="(%(default)s)")
    options = parser.parse_args(arguments)
    interrupt_on_terminate()
    try:
        serve(options.functions, options.database, options.first_port, options.mixpanel_port, options.slack_port)
    except KeyboardInterrupt:
        return 0
    except MixpanelDataError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def serve(functions: Path, database: Path, first_port: int, mixpanel_port: int, slack_port: int) -> None:
    """Serve until interrupted. Raises MixpanelDataError if a function does not start or ends by itself."""
    with ExitStack() as stack:
        mixpanel = stack.enter_context(_mixpanel(mixpanel_port))
        _write("mixpanel", f"stand-in, project {mixpanel.access.project_id}: {mixpanel.url}")
        mixpanel.add(traffic(utc_now()))
        slack = stack.enter_context(_slack(slack_port))
        _write("slack", f"stand-in, look at its channels: {slack.url}")
        settings = settings_for(mixpanel, database.resolve()) | slack.settings
        running = [
            stack.enter_context(_function(folder, port, settings)) for folder, port in places(functions, first_port)
        ]
        _write("serve", f"ready, writing to {database}; Ctrl-C ends it")
        while all(function.is_running for function in running):
            threading.Event().wait(_POLL_SECONDS)
        ended = next(function.name for function in running if not function.is_running)
        raise MixpanelDataError(f"The function {ended} ended; see what it wrote above.")


def places(functions: Path, first_port: int) -> Iterator[tuple[Path, int]]:
    """The folders that hold a function, each with its port, which does not depend on which others are there."""
    found = sorted(path.parent for path in functions.glob("*/main.py"))
    if not found:
        raise MixpanelDataError(f"{functions} holds no function. Run this where the project lies.")
    others = [folder.name for folder in found if folder.name not in ORDER]
    for folder in sorted(found, key=lambda folder: [*ORDER, *others].index(folder.name)):
        yield folder, first_port + [*ORDER, *others].index(folder.name)


def _mixpanel(port: int) -> StandInMixpanel:
    with _meant_for("Mixpanel", port):
        return StandInMixpanel(SAMPLE, port=port)


def _slack(port: int) -> StandInSlack:
    with _meant_for("Slack", port):
        return StandInSlack(port=port)


@contextmanager
def _meant_for(stand_in: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MixpanelDataError(f"Port {port}, meant for the stand-in {stand_in}: {error.strerror}.") from error


def _function(folder: Path, port: int, settings: Mapping[str, str]) -> RunningFunction:
    function = RunningFunction(folder, settings, lambda text: _write(folder.name, text), cwd=Path.cwd(), port=port)
    _write(folder.name, function.url)
    return function


def _write(name: str, text: str) -> None:
    # One call, so that lines of several threads do not mix.
    sys.stdout.write(f"{name:>21} | {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
