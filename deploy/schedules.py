"""The jobs of Cloud Scheduler, which `config/schedules.json` lists."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.files import ROOT, DeployError, entry_with, read_json

_FILE = "config/schedules.json"
_KEYS = ("name", "function", "schedule", "time_zone", "attempt_deadline", "retries", "body")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,499}")
_SECONDS = re.compile(r"([0-9]{1,4})s")
# The range that Cloud Scheduler accepts for HTTP targets.
_LEAST_ATTEMPT_SECONDS, _MOST_ATTEMPT_SECONDS = 15, 1800
_MOST_RETRIES = 5


@dataclass(frozen=True, slots=True)
class Schedule:
    """One scheduled call: `body` is the JSON document to post, `attempt_seconds` how long the scheduler waits.

    `description` is for people who look at the schedule; "" if the entry has none.
    """

    name: str
    function: str
    description: str
    schedule: str
    time_zone: str
    attempt_seconds: int
    retries: int
    body: Any


def all_schedules(functions: Container[str]) -> Sequence[Schedule]:
    """The scheduled calls of these functions. Raises DeployError naming entry and field."""
    document = read_json(ROOT / _FILE)
    entries = document.get("schedules") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise DeployError(f"{_FILE} has no list 'schedules'. Add it.")
    schedules = [_schedule(entry, f"{_FILE}: entry {number}") for number, entry in enumerate(entries, 1)]
    names: set[str] = set()
    for number, schedule in enumerate(schedules, 1):
        if schedule.function not in functions:
            raise DeployError(
                f"{_FILE}: {schedule.name} calls {schedule.function}, and functions/ has no such folder. "
                "Correct the name, or remove the entry."
            )
        if schedule.name in names:
            raise DeployError(f"{_FILE}: entry {number}: {schedule.name} already exists. Rename it.")
        names.add(schedule.name)
    return schedules


def _schedule(entry: Any, where: str) -> Schedule:
    """One entry, as Cloud Scheduler will accept it."""
    given = entry_with(_KEYS, entry, where)
    name, retries = given["name"], given["retries"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise DeployError(f"{where}: name is {name!r}. Use letters, digits, _ and -.")
    if retries not in range(_MOST_RETRIES + 1):
        raise DeployError(f"{_FILE}: {name}: retries is {retries!r}. Give a number from 0 to {_MOST_RETRIES}.")
    return Schedule(
        name,
        given["function"],
        given.get("description", ""),
        given["schedule"],
        given["time_zone"],
        _attempt_seconds(given),
        retries,
        given["body"],
    )


def _attempt_seconds(entry: Any) -> int:
    text = entry["attempt_deadline"]
    found = _SECONDS.fullmatch(str(text))
    if not found or not _LEAST_ATTEMPT_SECONDS <= int(found[1]) <= _MOST_ATTEMPT_SECONDS:
        raise DeployError(
            f"{_FILE}: {entry['name']}: attempt_deadline is {text!r}. "
            f"Give seconds from {_LEAST_ATTEMPT_SECONDS}s to {_MOST_ATTEMPT_SECONDS}s."
        )
    return int(found[1])
