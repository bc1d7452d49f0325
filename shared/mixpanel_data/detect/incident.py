"""An incident: an event whose volume is abnormal in one direction, from its first abnormal window until it is quiet."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

QUIET = timedelta(minutes=15)
"""Complete data without an abnormal window after which an incident is over."""


class Direction(StrEnum):
    """Whether more comes than is usual, or less."""

    HIGH = "high"
    LOW = "low"


class Rule(StrEnum):
    """What saw an incident."""

    THRESHOLD = "threshold"
    BASELINE = "baseline"
    SILENCE = "silence"


class State(StrEnum):
    """Whether an incident lasts."""

    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Observation:
    """What was counted in the window `[start, end)`, UTC whole minutes, and what the baseline expected in it.

    `score` is in [0, 1], abnormal from 0.5 on.
    """

    start: datetime
    end: datetime
    count: int
    expected: float
    score: float


@dataclass(frozen=True, slots=True)
class Abnormal:
    """A window of an event that is abnormal in one direction, by the rules that see it so."""

    event_name: str
    direction: Direction
    rules: tuple[Rule, ...]
    window: Observation


@dataclass(frozen=True, slots=True)
class Episode:
    """Abnormal windows of one event and direction with no quiet between them, as one judging sees them.

    `first` is the first that was abnormal, `peak` the most abnormal; `abnormal_until` is the end of the newest.
    """

    event_name: str
    direction: Direction
    rules: tuple[Rule, ...]
    first: Observation
    peak: Observation
    abnormal_until: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """A row of `alerts`. `opened_at` is when it was first seen, `resolved_at` the event time from which it is over."""

    incident_id: str
    event_name: str
    direction: Direction
    rules: tuple[Rule, ...]
    state: State
    opened_at: datetime
    first: Observation
    peak: Observation
    abnormal_until: datetime
    resolved_at: datetime | None
    threshold: float | None
    channel: str
    is_muted: bool

    @property
    def lasted(self) -> timedelta:
        """From the begin of the first abnormal window to the end of the newest."""
        return self.abnormal_until - self.first.start


def incident_id(event_name: str, direction: Direction, first: Observation) -> str:
    """The same for the same event, direction and first abnormal window: runs that see it twice tell it once."""
    text = "\x1f".join([event_name, direction, first.start.isoformat(), first.end.isoformat()])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
