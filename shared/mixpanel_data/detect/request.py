"""What a caller may ask of the detector, what the settings say to it, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from mixpanel_data.base.parameters import Instant, JobRequest, JobResult, Names


class Request(JobRequest):
    """Judge what arrived since the last run; `at`: as of then, of the events that were there then.

    `events`: these alone. `dry_run`: decide, but keep and send nothing.
    """

    job: ClassVar[str] = "detector"

    at: Instant | None = None
    events: Names | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """What the settings say. `default_channel` is empty where none is set; `project` is None on DuckDB.

    `lease_seconds`: how long a run that died keeps the next one away, where no lock of the engine's does.
    """

    default_channel: str
    project: str | None
    dataset: str
    events_table: str
    lease_seconds: float


@dataclass(frozen=True, slots=True)
class Alert:
    """An incident that opened, changed or ended in this run. `rule` is the first that saw it; times are UTC.

    `state`: open or resolved; `count` and `expected` are those of its first abnormal window.
    """

    event: str
    rule: str
    direction: str
    state: str
    window_start: datetime
    window_end: datetime
    count: int
    expected: float
    threshold: float | None
    channel: str


@dataclass(frozen=True, slots=True)
class Result(JobResult):
    """What a run did: messages sent (`notified`), incidents not told (`suppressed`), over (`resolved`).

    `undelivered` messages wait for the next run. `skipped`: another run was at work, this one did nothing.
    `lag_seconds`: of each job, how long ago its last good run began; of one that never had any, its first.
    `read_until`: the event time up to which the collector had read what was judged; None if it had read nothing.
    """

    alerts: Sequence[Alert] = ()
    notified: int = 0
    suppressed: int = 0
    resolved: int = 0
    undelivered: int = 0
    skipped: bool = False
    lag_seconds: Mapping[str, float] = field(default_factory=dict)
    read_until: datetime | None = None
