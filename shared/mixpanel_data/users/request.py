"""What a caller may ask of the user sync, what the settings say to it, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import model_validator

from mixpanel_data.base.parameters import JobResult, WindowRequest

_LONGEST = timedelta(days=36_525)


class Request(WindowRequest):
    """Bring the totals up to date: for the days up to yesterday that changed, or for all days in [from, to), UTC."""

    job: ClassVar[str] = "incremental-user-sync"

    @model_validator(mode="after")
    def _is_of_whole_days(self) -> "Request":
        for name, moment in (("from", self.start), ("to", self.end)):
            if moment is not None and moment.time() != moment.min.time():
                raise ValueError(f"{name} ({moment.isoformat()}) is not a date: days are computed whole, in UTC")
        if self.start is not None and self.end is not None and self.end - self.start > _LONGEST:
            raise ValueError("from and to are more than a hundred years apart")
        return self


@dataclass(frozen=True, slots=True)
class Options:
    """What the settings say: how long a run that died keeps the next one away, where no lock of the engine's does."""

    lease_seconds: float


@dataclass(frozen=True, slots=True)
class Result(JobResult):
    """What a run did, and what is left.

    `days` were computed again; on them `users` have `events`, in which `skipped_values` did not fit a metric's type.
    `changed`: rows of user_insights. `pending`: days that are marked still, such as today's. `unseen_events` are
    counted and have never come. `added`, `redefined` and `removed` are metrics by name; a removed one's column stays as
    it is. `sent` and `unsent` are users by target, `problems` what the targets said last. `read_until`: up to when
    events are counted, the end of yesterday; None for a run over a window.
    """

    days: int = 0
    users: int = 0
    events: int = 0
    changed: int = 0
    pending: int = 0
    skipped_values: int = 0
    unseen_events: Sequence[str] = ()
    added: Sequence[str] = ()
    redefined: Sequence[str] = ()
    removed: Sequence[str] = ()
    sent: Mapping[str, int] = field(default_factory=dict)
    unsent: Mapping[str, int] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    read_until: datetime | None = None
