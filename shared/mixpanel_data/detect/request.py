"""The request a caller makes of the detector, its options from the settings, and its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from pydantic import model_validator

from mixpanel_data.base.parameters import Instant, JobRequest, JobResult, Names
from mixpanel_data.runs import UNKNOWN_ORIGIN, Origin


class Request(JobRequest):
    """Judge the events that arrived since the last run. `at`: as of then, of the events that were there then.

    `events`: only these. `dry_run`: decide, but store and send nothing. `test_alert`, alone: judge nothing, and send an
    alert about invented events instead.
    """

    job: ClassVar[str] = "detector"

    at: Instant | None = None
    events: Names | None = None
    dry_run: bool = False
    test_alert: bool = False

    @model_validator(mode="after")
    def _is_a_test_alone(self) -> Self:
        if self.test_alert and (self.at is not None or self.events is not None or self.dry_run):
            raise ValueError("give test_alert without other parameters")
        return self


_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Options:
    """Options from the settings. `default_channel` is empty where none is set.

    `lease_seconds`: how long a run that died keeps the next one away on BigQuery. `time_zone`: that of the project, in
    which events have their usual hours.
    `origin`: what the state of the dataset has to belong to.
    """

    default_channel: str
    lease_seconds: float
    time_zone: ZoneInfo = _UTC
    origin: Origin = UNKNOWN_ORIGIN


@dataclass(frozen=True, slots=True)
class Alert:
    """An incident that opened, changed or ended in this run. `rule` is the first that found it; times are UTC.

    `state`: open or resolved. `count` and `expected` are those of its first abnormal window `[window_start,
    window_end)`; `peak_…` are those of its most abnormal window so far, of which messages speak. `threshold` is the one
    that was exceeded, None where none was.
    """

    event: str
    rule: str
    direction: str
    state: str
    window_start: datetime
    window_end: datetime
    count: int
    expected: float
    peak_start: datetime
    peak_end: datetime
    peak_count: int
    peak_expected: float
    threshold: float | None
    channel: str


@dataclass(frozen=True, slots=True)
class Result(JobResult):
    """The answer: messages sent (`notified`), incidents muted (`suppressed`) and over (`resolved`).

    `undelivered` messages wait for the next run. `skipped`: another run was at work, so that this one did nothing.
    `lag_seconds`: for each job, how long ago its last successful run began, or its first run if none succeeded.
    `read_until`: the event time up to which the collector had read the judged events; None if it had read nothing.
    `learning`: events not judged yet, because time ran out before their baselines had learned; the next runs go on.
    """

    alerts: Sequence[Alert] = ()
    notified: int = 0
    suppressed: int = 0
    resolved: int = 0
    undelivered: int = 0
    skipped: bool = False
    lag_seconds: Mapping[str, float] = field(default_factory=dict)
    read_until: datetime | None = None
    learning: int = 0
