"""The stand-ins, and the functions that work on them."""

import json
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data.base.log_lines import line
from mixpanel_data_standins.function_process import FunctionProcess, log_entry
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.posting import post
from mixpanel_data_standins.sample import EVERY_EVENT, GROWING_CLUSTER, SAMPLE, settings_for
from mixpanel_data_standins.slack import StandInSlack

if TYPE_CHECKING:
    from rich.console import Console

_CALL_SECONDS = 600.0
_MOST_OBJECTS = 2


class Stage:
    """Stand-ins for Mixpanel and Slack, a DuckDB file, and the functions, each started when it is first called."""

    def __init__(self, console: "Console", functions: Path, database: Path, stack: ExitStack) -> None:
        self.console = console
        self.database = database
        self.mixpanel = stack.enter_context(StandInMixpanel(SAMPLE))
        self.slack = stack.enter_context(StandInSlack())
        self._functions = functions
        self._stack = stack
        self._running: dict[str, FunctionProcess] = {}
        # In a folder of their own, the functions do not read the .env file of a real project.
        self._cwd = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="demo_")))
        settings = settings_for(self.mixpanel, database.resolve()) | self.slack.settings
        self._settings = settings | {"EVENTS_CONFIG": EVERY_EVENT, "IDENTITY_CONFIG": json.dumps(GROWING_CLUSTER)}

    def call(self, name: str, body: Mapping[str, str], purpose: str) -> dict[str, Any]:
        """A function's answer to a POST, printed under its purpose. Raises MixpanelDataError unless it is 200."""
        function = self._running.get(name) or self._start(name)
        self.say(f"\n[bold]{purpose}\nPOST {function.url} {json.dumps(body)}[/]")
        answer = _post(function.url, body)
        self.console.print(_readable(answer), style="dim", markup=False, soft_wrap=True)
        return answer

    def say(self, text: str) -> None:
        """Print a line of text with Rich's markup."""
        self.console.print(text, soft_wrap=True)

    def _start(self, name: str) -> FunctionProcess:
        hear = partial(_hear, self.console)
        folder = self._functions / name
        function = self._stack.enter_context(FunctionProcess(folder, self._settings, hear, cwd=self._cwd))
        self.say(f"\nFunction {name}, under the functions framework: {function.url}")
        self._running[name] = function
        return function


def report(console: "Console", checks: Mapping[str, bool], failure: str) -> bool:
    """Print each check with its result, and `failure` if one did not pass; returns whether all passed."""
    for statement, is_true in checks.items():
        console.print(f"  {'[green]✓[/]' if is_true else '[red]✗[/]'} {statement}", soft_wrap=True)
    if not all(checks.values()):
        console.print(f"\n[red]{failure} This is a bug: please report it with the lines above.[/]", soft_wrap=True)
    return all(checks.values())


def _hear(console: "Console", text: str) -> None:
    severity, message, fields = log_entry(text)
    # The end of a run is in the call's answer too, which is printed.
    if fields.get("event") != "run_finished":
        console.print(f"  {line(severity, message, fields)}", markup=False, soft_wrap=True)


def _post(url: str, body: Mapping[str, str]) -> dict[str, Any]:
    status, content = post(url, body, _CALL_SECONDS)
    if status != 200:
        raise MixpanelDataError(f"{url} answered {status}: {content.decode(errors='replace')}")
    answer: dict[str, Any] = json.loads(content)
    return answer


def _readable(answer: Mapping[str, Any]) -> str:
    """The answer as JSON with a field per line, and likewise the objects of a list; of a long list, the first ones."""
    fields = []
    for name, value in answer.items():
        is_long = isinstance(value, list) and any(isinstance(each, dict) for each in value)
        if is_long and len(value) > _MOST_OBJECTS:
            value = [*value[:_MOST_OBJECTS], f"and {len(value) - _MOST_OBJECTS} more"]
        text = json.dumps(value, indent=2 if is_long else None)
        fields.append(f"{json.dumps(name)}: {text}")
    return "{\n" + indent(",\n".join(fields), "  ") + "\n}"
