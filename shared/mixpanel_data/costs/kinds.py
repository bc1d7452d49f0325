"""What each kind of run starts: `kinds.json`, recorded from a day of all jobs in small; a test keeps it up to date."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

KINDS_FILE = Path(__file__).parent / "kinds.json"

HISTORY = "history"
"""The span of a scan without bounds: everything that is stored."""


@dataclass(frozen=True, slots=True)
class Started:
    """A statement of a kind of run, as one run starts it on average.

    `times`: how often. `days`: for each partitioned table how many whole days its bounds leave, by what they hold of
    events, or HISTORY. `rows`: how many rows each staged relation had in the recorded day.
    """

    statement: str
    times: float
    days: Mapping[str, float | str] = field(default_factory=dict)
    rows: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The day that was recorded: its events, users and names, and what each kind of run of each job started.

    `late_days`: on how many older days late events happened; `user_days`: how many days the part of the user sync had;
    `arrivals_minutes`: for how many minutes of arrivals a call asked, by kind.
    """

    events: int
    users: int
    names: int
    late_days: int
    user_days: float
    arrivals_minutes: Mapping[str, float]
    kinds: Mapping[str, Mapping[str, tuple[Started, ...]]]


@cache
def recorded() -> Recorded:
    """The committed recording."""
    document = json.loads(KINDS_FILE.read_text(encoding="utf-8"))
    kinds = {
        job: {kind: tuple(Started(**each) for each in started) for kind, started in of_job.items()}
        for job, of_job in document.pop("kinds").items()
    }
    return Recorded(kinds=kinds, **document)
