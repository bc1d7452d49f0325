"""The request, the options and the result of the user sync."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import model_validator

from mixpanel_data.base.parameters import JobResult, Names, WindowRequest
from mixpanel_data.runs import UNKNOWN_ORIGIN, Origin

_LONGEST = timedelta(days=36_525)


class Request(WindowRequest):
    """Bring the totals up to date: for the days up to yesterday that changed, or for all days in [from, to), UTC.

    `resend`: the names of targets that get all users again, or `all`.
    """

    job: ClassVar[str] = "incremental-user-sync"

    resend: Names | None = None

    @model_validator(mode="after")
    def _is_of_whole_days(self) -> "Request":
        for name, instant in (("from", self.start), ("to", self.end)):
            if instant is not None and instant.time() != instant.min.time():
                raise ValueError(
                    f"{name} ({instant.isoformat()}) is not a date: totals are computed for whole UTC days"
                )
        if self.start is not None and self.end is not None and self.end - self.start > _LONGEST:
            raise ValueError("from and to are more than a hundred years apart")
        return self


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of the user sync.

    `lease_seconds`: for how long a run that died keeps the next one from starting, on an engine that does not see that
    it died.
    `origin`: what the state of the dataset has to belong to.
    """

    lease_seconds: float
    origin: Origin = UNKNOWN_ORIGIN


@dataclass(frozen=True, slots=True)
class Result(JobResult):
    """The effect of a run, and the work that is left.

    `days`: how many UTC days were computed; on them `users` users have `events` events, in which `skipped_values`
    values are not of their metric's type. `changed`: how many rows of user_insights changed. `pending`: how many days
    stay marked, such as today. `unseen_events`: names that the configuration lists and that never arrived. `added`,
    `redefined` and `removed`: names of metrics; the column of a removed one keeps its values. `sent` and `unsent`: how
    many users by target; `requeued`: by target, how many of them it had taken before and gets again, because it lost
    them or the call asked for it; `problems`: by target, why it did not take users. `read_until`: the end of yesterday,
    UTC, up to which all events are counted; None for a run over a window.
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
    requeued: Mapping[str, int] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    read_until: datetime | None = None
