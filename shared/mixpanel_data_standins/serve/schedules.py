"""The schedules of `config/schedules.json`, and the thread that calls the functions when they are due."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from mixpanel_data.base.errors import ConfigError, MixpanelDataError
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.schedules import Schedule, Schedules
from mixpanel_data_standins.fast_clock import FastClock
from mixpanel_data_standins.posting import post

_IN_A_PROJECT = Path("config", "schedules.json")
_CALL_SECONDS = 600.0


def last_missed(schedule: Schedule, due: datetime, now: datetime) -> datetime:
    """The time (UTC) to call next, after a call that was `due`: of times that are past already, only the last."""
    following = schedule.after(due)
    while (later := schedule.after(following)) <= now:
        following = later
    return following


def schedules_file(functions: Path) -> Path:
    """The project's file in the working directory, else the one beside the functions that come with the package."""
    beside = [functions.parent / _IN_A_PROJECT, functions.parent / _IN_A_PROJECT.name]
    return next((path for path in (_IN_A_PROJECT, *beside) if path.is_file()), _IN_A_PROJECT)


def read_schedules(path: Path) -> Sequence[Schedule]:
    """The schedules of a file. Raises ConfigError for a file that cannot be read, naming entry and field."""
    try:
        return parsed(Schedules, path.read_bytes(), str(path)).schedules
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}. Compare it with the shipped one.") from error


class Scheduler(threading.Thread):
    """Calls each function when it is due, one call at a time, until it is told to stop.

    A DuckDB file has one writer at a time. A call that was due while another one lasted is made after it, once.
    """

    def __init__(self, schedules: Sequence[Schedule], urls: Mapping[str, str], clock: FastClock) -> None:
        super().__init__(name="scheduler", daemon=True)
        self._schedules = {schedule.name: schedule for schedule in schedules if schedule.function in urls}
        self._due = {name: schedule.after(clock()) for name, schedule in self._schedules.items()}
        self._urls = urls
        self._clock = clock
        self._stopping = threading.Event()
        self._calling: str | None = None

    def stop(self) -> str | None:
        """Make no further call; returns the function that is answering one."""
        self._stopping.set()
        return self._calling

    def run(self) -> None:
        """Wait for the next call, make it, and go on."""
        while self._due:
            name = min(self._due, key=lambda name: self._due[name])
            if self._stopping.wait(self._clock.seconds_until(self._due[name])):
                return
            self._call(self._schedules[name])
            self._due[name] = last_missed(self._schedules[name], self._due[name], self._clock())

    def _call(self, schedule: Schedule) -> None:
        self._calling = schedule.function
        try:
            # The function's log tells how the run ended.
            post(self._urls[schedule.function], schedule.body, _CALL_SECONDS)
        except MixpanelDataError:
            # It has ended, which whoever started it notices.
            self._stopping.wait(1)
        finally:
            self._calling = None
