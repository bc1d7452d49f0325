"""The shapes of an incident: an event whose volume is abnormal in one direction until it has been quiet for a while."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

QUIET_BEFORE_RESOLVED = timedelta(minutes=15)
"""Complete data without an abnormal window has to last this long before an incident is resolved."""

LATE_AFTER = timedelta(minutes=45)
"""The delay of the collector from which messages say that drops and silences are not being judged."""

MINUTE = timedelta(minutes=1)

WHOLE = "*"
"""The name that stands for all watched events together. No event is watched by this name: in the configuration it is
the one that applies to every event without an entry of its own."""


class Direction(StrEnum):
    """The direction of an abnormal volume: more events than usual, or fewer."""

    HIGH = "high"
    LOW = "low"


class Rule(StrEnum):
    """The rules that find incidents, in the order in which a row of `alerts` lists them."""

    THRESHOLD = "threshold"
    BASELINE = "baseline"
    SILENCE = "silence"


class State(StrEnum):
    """The state of an incident."""

    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Observation:
    """The events counted in the window `[start, end)`, UTC whole minutes, and those that the baseline expected in it.

    `score` is in [0, 1], abnormal from 0.5 on; None of a first window that an earlier version stored without it.
    """

    start: datetime
    end: datetime
    count: int
    expected: float
    score: float | None


@dataclass(frozen=True, slots=True)
class AbnormalWindow:
    """A window of an event that is abnormal in one direction, by the rules that find it so."""

    event_name: str
    direction: Direction
    rules: tuple[Rule, ...]
    observation: Observation


@dataclass(frozen=True, slots=True)
class Episode:
    """Abnormal windows of one event and direction with no quiet between them, as one run sees them.

    `first` is the first abnormal window, `peak` the most abnormal one; `abnormal_until` is the end of the newest.
    """

    event_name: str
    direction: Direction
    rules: tuple[Rule, ...]
    first: Observation
    peak: Observation
    abnormal_until: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """A row of `alerts`. All times UTC.

    `opened_at` is when a run first saw it; `resolved_at` is the event time from which it counts as over, None while it
    is open. `threshold` is the threshold that was exceeded, None where none was. `whole_id` is the incident of all
    events together that this one belongs to; None where it stands by itself.
    """

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
    whole_id: str | None = None

    @property
    def is_whole(self) -> bool:
        """True of an incident of all watched events together."""
        return self.event_name == WHOLE

    def shown_until(self, complete_until: datetime) -> datetime:
        """The end of the minutes that messages show: the last complete one, or that by which the incident was over."""
        return min(complete_until, self.abnormal_until + QUIET_BEFORE_RESOLVED).replace(second=0, microsecond=0)

    @property
    def duration(self) -> timedelta:
        """From the start of the first abnormal window to the end of the newest."""
        return self.abnormal_until - self.first.start


def incident_id(event_name: str, direction: Direction, first: Observation) -> str:
    """The same for the same event, direction and first abnormal window: two runs that see it write one incident."""
    text = "\x1f".join([event_name, direction, first.start.isoformat(), first.end.isoformat()])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
