"""The functions, each in a process of its own, started and stopped together."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data_standins.function_process import FunctionProcess

# The lowest port in a function.json.
_FIRST_PORT = 8081
# An idle function needs a second; gunicorn gives a call that it is answering half a minute.
_IDLE_SECONDS, _BUSY_SECONDS = 3.0, 30.0


class Functions:
    """Functions that run for the duration of a `with`. Raises MixpanelDataError if one of them does not start.

    At the end each of them answers the calls that it has, and `say` is told of the ones that take long; a
    KeyboardInterrupt meanwhile ends all of them at once.
    """

    def __init__(self, processes: Sequence[FunctionProcess], say: Callable[[str], None]) -> None:
        self._processes = processes
        self._started: list[FunctionProcess] = []
        self._say = say

    def __enter__(self) -> Self:
        try:
            for process in self._processes:
                process.start()
                self._started.append(process)
            for process in self._processes:
                process.wait_until_it_answers()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def urls(self) -> Mapping[str, str]:
        """The address of each function by name."""
        return {process.name: process.url for process in self._processes}

    def check(self) -> None:
        """Raise MixpanelDataError if a function has ended by itself."""
        for process in self._processes:
            if not process.is_running:
                raise MixpanelDataError(f"The function {process.name} ended by itself; see its output above.")

    def _stop(self) -> None:
        try:
            with suppress(KeyboardInterrupt):
                self._end_in_order()
        finally:
            for process in self._started:
                process.kill()

    def _end_in_order(self) -> None:
        for process in self._started:
            process.terminate()
        idle_until = time.monotonic() + _IDLE_SECONDS
        busy = [each for each in self._started if not each.ends_within(max(0.0, idle_until - time.monotonic()))]
        if busy:
            self._say(f"still waiting for {', '.join(process.name for process in busy)}")
        busy_until = idle_until + _BUSY_SECONDS
        for process in busy:
            process.ends_within(max(0.0, busy_until - time.monotonic()))


def assigned_ports(functions: Path, first_port: int) -> Iterator[tuple[Path, int]]:
    """The folders that hold a function, each with its port by its function.json, moved so that 8081 is `first_port`.

    Raises MixpanelDataError for a folder without functions.
    """
    ports = {path.parent: json.loads(path.read_text("utf-8"))["port"] for path in functions.glob("*/function.json")}
    if not ports:
        raise MixpanelDataError(f"{functions} has no functions. Choose another folder with --functions.")
    for folder in sorted(ports, key=lambda folder: ports[folder]):
        yield folder, first_port + ports[folder] - _FIRST_PORT
