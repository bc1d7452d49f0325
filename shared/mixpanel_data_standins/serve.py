"""`mp serve`: keeps the stand-ins for Mixpanel and Slack and every function running on fixed ports, until Ctrl-C.

The functions read `config/` and `.env` of the working directory and write to a DuckDB file. They never reach a real
project: the variables for Mixpanel, Slack and the warehouse are those of the stand-ins, whatever `.env` says.
"""

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data_standins.function_process import FunctionProcess
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.sample import EVERY_EVENT, SAMPLE, settings_for
from mixpanel_data_standins.sample.saved import save_reports
from mixpanel_data_standins.sample.traffic import traffic
from mixpanel_data_standins.slack import StandInSlack

# The lowest port in a function.json.
_FIRST_PORT = 8081
_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Ports:
    """The port of the first function, from which the others keep their distance, and those of the stand-ins.

    A stand-in with port 0 picks a free one.
    """

    first: int
    mixpanel: int
    slack: int


def serve(functions: Path, database: Path, ports: Ports) -> None:
    """Serve until interrupted. Raises MixpanelDataError if a function does not start, or ends by itself."""
    with ExitStack() as stack:
        mixpanel = stack.enter_context(_mixpanel(ports.mixpanel))
        access = mixpanel.access
        _write("mixpanel", f"stand-in for project {access.project_id}: {mixpanel.url}")
        _write("mixpanel", f"service account {access.username}, secret {access.secret}")
        now = utc_now()
        mixpanel.add(traffic(now))
        save_reports(mixpanel, now)
        slack = stack.enter_context(_slack(ports.slack))
        _write("slack", f"stand-in, channels at {slack.url}")
        settings = settings_for(mixpanel, database.resolve()) | slack.settings | _default_events()
        running = [
            stack.enter_context(_function(folder, port, settings))
            for folder, port in assigned_ports(functions, ports.first)
        ]
        _write("serve", f"ready, writing to {database}; press Ctrl-C to stop")
        while all(function.is_running for function in running):
            threading.Event().wait(_POLL_SECONDS)
        ended = next(function.name for function in running if not function.is_running)
        raise MixpanelDataError(f"The function {ended} ended by itself; see its output above.")


def assigned_ports(functions: Path, first_port: int) -> Iterator[tuple[Path, int]]:
    """The folders that hold a function, each with its port by its function.json, moved so that 8081 is `first_port`.

    Raises MixpanelDataError for a folder without functions.
    """
    ports = {path.parent: json.loads(path.read_text("utf-8"))["port"] for path in functions.glob("*/function.json")}
    if not ports:
        raise MixpanelDataError(f"{functions} has no functions. Choose another folder with --functions.")
    for folder in sorted(ports, key=lambda folder: ports[folder]):
        yield folder, first_port + ports[folder] - _FIRST_PORT


def _default_events() -> dict[str, str]:
    """Every event, where the working directory has neither a configuration nor a `.env` file that could name one."""
    if Path("config/events_config.json").exists() or Path(".env").exists():
        return {}
    return {"EVENTS_CONFIG": EVERY_EVENT}


def _mixpanel(port: int) -> StandInMixpanel:
    with _naming_the_port("Mixpanel", port):
        return StandInMixpanel(SAMPLE, port=port)


def _slack(port: int) -> StandInSlack:
    with _naming_the_port("Slack", port):
        return StandInSlack(port=port)


@contextmanager
def _naming_the_port(stand_in: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MixpanelDataError(
            f"Port {port}, meant for the stand-in {stand_in}, cannot be used: {error.strerror}. "
            f"Choose another with --{stand_in.lower()}-port."
        ) from error


def _function(folder: Path, port: int, settings: Mapping[str, str]) -> FunctionProcess:
    function = FunctionProcess(folder, settings, lambda text: _write(folder.name, text), cwd=Path.cwd(), port=port)
    _write(folder.name, function.url)
    return function


def _write(name: str, text: str) -> None:
    # One call per line, so that the lines of several threads do not mix.
    sys.stdout.write(f"{name:>21} | {text}\n")
    sys.stdout.flush()
