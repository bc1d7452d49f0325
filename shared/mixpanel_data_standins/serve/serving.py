"""Starts the stand-ins, the functions, the traffic and the schedules, and keeps them running until Ctrl-C.

The functions read `config/` and `.env` of the working directory and write to a DuckDB file. They never reach a real
project: the variables for Mixpanel, Slack and the warehouse are those of the stand-ins, whatever `.env` says.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data_standins.fast_clock import FastClock
from mixpanel_data_standins.function_process import FunctionProcess
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.posting import post
from mixpanel_data_standins.sample import EVERY_EVENT, SAMPLE, settings_for
from mixpanel_data_standins.sample.saved import save_reports
from mixpanel_data_standins.serve import CONTROL_PORT
from mixpanel_data_standins.serve.control import Control
from mixpanel_data_standins.serve.database import started_anew
from mixpanel_data_standins.serve.functions import Functions, assigned_ports
from mixpanel_data_standins.serve.names import METRICS
from mixpanel_data_standins.serve.schedules import Scheduler, read_schedules, schedules_file
from mixpanel_data_standins.serve.terminal import Terminal
from mixpanel_data_standins.serve.traffic import HISTORY, Traffic
from mixpanel_data_standins.slack import StandInSlack

_DAY = timedelta(days=1)
_TICK_SECONDS = 1.0
_FIRST_CALL_SECONDS = 600.0
_MOST_CALLS = 1000
# Traffic arrives within seconds. A longer look back would have the stand-in read every event of it at each call.
_LOOKBACK_DAYS = "2"
# Who sent an event is all that the traffic knows of ids.
_IDENTITY = {
    "identity": "simplified",
    "sources": [
        {"name": "resolved_ids", "table": "mixpanel_events", "ids": [{"kind": "user", "column": "distinct_id"}]}
    ],
}


@dataclass(frozen=True, slots=True)
class Ports:
    """The port of the first function, from which the others keep their distance, and those of the other servers.

    A server other than a function picks a free port for 0.
    """

    first: int
    mixpanel: int
    slack: int
    control: int


def serve(functions: Path, database: Path, ports: Ports, speed: float) -> None:
    """Serve until interrupted, by a clock `speed` times as fast as the machine's, into a new DuckDB file.

    Raises MixpanelDataError if a port is in use, or a function does not start or ends by itself.
    """
    schedules = read_schedules(schedules_file(functions))
    clock = FastClock.starting(utc_now(), speed)
    with ExitStack() as stack:
        mixpanel = stack.enter_context(_mixpanel(ports.mixpanel, clock))
        slack = stack.enter_context(_slack(ports.slack, clock))
        stage = _Stage(clock, Terminal(clock), mixpanel, slack, Traffic(mixpanel, clock() - HISTORY))
        stack.enter_context(_control(ports.control, stage))
        stack.enter_context(started_anew(database, mixpanel.access))
        running = _functions(functions, database, ports.first, stage)
        _introduce(stage, running)
        stack.enter_context(running)
        _collect_history(stage, running)
        scheduler = Scheduler(schedules, running.urls, clock)
        stack.callback(_stop, scheduler, stage.terminal)
        scheduler.start()
        _invite(stage, database, ports.control)
        _flow(stage, running)


@dataclass(frozen=True, slots=True)
class _Stage:
    """What the functions meet."""

    clock: FastClock
    terminal: Terminal
    mixpanel: StandInMixpanel
    slack: StandInSlack
    traffic: Traffic


def _flow(stage: _Stage, functions: Functions) -> None:
    """Add traffic second by second, for as long as every function runs."""
    while True:
        functions.check()
        stage.traffic.flow(stage.clock())
        for calls in (stage.mixpanel.calls, stage.slack.calls):
            del calls[:-_MOST_CALLS]
        threading.Event().wait(_TICK_SECONDS)


def _stop(scheduler: Scheduler, terminal: Terminal) -> None:
    called = scheduler.stop()
    if called is not None:
        terminal.say(f"waiting for {called} to end its run; another Ctrl-C ends it at once")


def _functions(functions: Path, database: Path, first_port: int, stage: _Stage) -> Functions:
    settings = {
        **settings_for(stage.mixpanel, database.resolve()),
        "USER_METRICS_CONFIG": json.dumps(METRICS),
        **stage.slack.settings,
        **_default_configuration(),
        "COLLECTOR_LOOKBACK_DAYS": _LOOKBACK_DAYS,
    }
    framework = ("mixpanel_data_standins.fast_function", *stage.clock.arguments())
    processes = [
        FunctionProcess(
            folder, settings, partial(stage.terminal.hear, folder.name), cwd=Path.cwd(), port=port, framework=framework
        )
        for folder, port in assigned_ports(functions, first_port)
    ]
    return Functions(processes, stage.terminal.say)


def _introduce(stage: _Stage, functions: Functions) -> None:
    access, tell = stage.mixpanel.access, stage.terminal.tell
    tell("mixpanel", f"stand-in for project {access.project_id}: {stage.mixpanel.url}")
    tell("mixpanel", f"service account {access.username}")
    tell("mixpanel", f"its secret {access.secret}")
    tell("slack", f"stand-in, channels at {stage.slack.url}")
    for name, url in functions.urls.items():
        tell(name, url)
    tell("serve", f"starting, with the traffic of the last {HISTORY.days} days")


def _invite(stage: _Stage, database: Path, control_port: int) -> None:
    tell = stage.terminal.tell
    tell("serve", f"ready, writing to {database}; {_pace(stage.clock.speed)}")
    other = "" if control_port == CONTROL_PORT else f" --port {control_port}"
    tell("serve", f"in another terminal, start a fault: mp serve burst{other}")
    tell("serve", f"see its alert and its end at {stage.slack.url}; Ctrl-C stops")


def _collect_history(stage: _Stage, functions: Functions) -> None:
    """Collect what was there before the schedules begin, if there is a collector."""
    stage.traffic.flow(stage.clock())
    save_reports(stage.mixpanel, stage.clock())
    collector = functions.urls.get("collector")
    if collector is not None:
        now = stage.clock()
        window = {"from": (now - HISTORY).isoformat(), "to": (now + _DAY).isoformat()}
        post(collector, window, _FIRST_CALL_SECONDS)


def _pace(speed: float) -> str:
    """How fast the clock runs, for people."""
    if speed == 1:
        return "time runs as usual"
    return f"time runs {speed:g} times as fast, a day in {24 * 60 / speed:g} minutes"


def _default_configuration() -> dict[str, str]:
    """What a function cannot do without, where the working directory has neither its file nor a `.env` to name one."""
    defaults = {"events_config": EVERY_EVENT, "identity": json.dumps(_IDENTITY)}
    return {
        variable: defaults[name]
        for name, variable in (("events_config", "EVENTS_CONFIG"), ("identity", "IDENTITY_CONFIG"))
        if not Path("config", f"{name}.json").exists() and not Path(".env").exists()
    }


def _mixpanel(port: int, clock: FastClock) -> StandInMixpanel:
    with _naming_the_port("the stand-in Mixpanel", "--mixpanel-port", port):
        return StandInMixpanel(SAMPLE, port=port, now=clock)


def _slack(port: int, clock: FastClock) -> StandInSlack:
    with _naming_the_port("the stand-in Slack", "--slack-port", port):
        slack = StandInSlack(port=port, now=clock)
    slack.note = lambda: f"It is {clock():%b %d, %H:%M} UTC; {_pace(clock.speed)}."
    return slack


def _control(port: int, stage: _Stage) -> Control:
    with _naming_the_port("faults", "--control-port", port):
        return Control(port, stage.traffic.disturb, stage.slack.url, stage.clock.speed)


@contextmanager
def _naming_the_port(purpose: str, option: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MixpanelDataError(
            f"Port {port}, meant for {purpose}, cannot be used: {error.strerror}. Choose another with {option}."
        ) from error
