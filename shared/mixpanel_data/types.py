"""Shapes that more than one room uses."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Protocol, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from mixpanel_data.errors import DeadlineError


def _moment(value: object) -> datetime:
    """An instant from ISO 8601 text; a date means its midnight, and what names no zone is UTC."""
    if not isinstance(value, str):
        raise ValueError("give ISO 8601 text, such as 2026-01-31 or 2026-01-31T12:00:00Z")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"give ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z ({error})") from error
    try:
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("in UTC that is before the year 1 or after 9999") from error


Moment = Annotated[datetime, BeforeValidator(_moment)]
"""A parameter that is an instant, in UTC."""


def _names(value: object) -> object:
    """A JSON list of names, or names; one name alone stands for a list of it."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"is not a JSON list: {error}") from error
    return (value,) if isinstance(value, str) else value


Names = Annotated[
    tuple[Annotated[str, StringConstraints(min_length=1)], ...], BeforeValidator(_names), Field(min_length=1)
]
"""A parameter that is one or more names of events: a JSON list, or given several times."""


class JobRequest(BaseModel):
    """Base of what a caller may ask of a job: frozen, and an unknown parameter is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job: ClassVar[str]
    """The job, by its function's name."""


class WindowRequest(JobRequest):
    """Base of what a caller may ask of a job that works on a window of event time, `[from, to)`: both or neither."""

    start: Annotated[Moment | None, Field(alias="from")] = None
    end: Annotated[Moment | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _is_a_window_or_none(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("from and to are given together, or neither")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError(f"to ({self.end.isoformat()}) is not after from ({self.start.isoformat()})")
        return self


class JobResult:
    """Base of what a job answers."""

    __slots__ = ()

    @property
    def read_until(self) -> datetime | None:
        """The event time up to which the run has read, UTC; None where it read nothing."""
        return None


Clock = Callable[[], datetime]
"""Returns now, aware and in UTC."""


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


class Secret:
    """A value that prints as ***; `reveal` is called only where it goes on a wire."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open [start, end); both aware and in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError(f"a window ends after it starts, not {self}")

    def __str__(self) -> str:
        return f"[{self.start:%Y-%m-%dT%H:%M:%SZ}, {self.end:%Y-%m-%dT%H:%M:%SZ})"

    def without(self, done: "Window") -> list["Window"]:
        """What is left of this window outside of `done`: none, one or two windows, in order."""
        left = [(self.start, min(self.end, done.start)), (max(self.start, done.end), self.end)]
        return [Window(start, end) for start, end in left if start < end]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment by which a call has to be answered, on the monotonic clock; None: never."""

    at_seconds: float | None = None

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """The deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    def left(self, most_seconds: float) -> float:
        """Seconds left, at most `most_seconds` and never below 0."""
        if self.at_seconds is None:
            return most_seconds
        return max(0.0, min(most_seconds, self.at_seconds - time.monotonic()))

    def check(self, doing: str) -> None:
        """Raise DeadlineError if there is no time left for what is about to be done."""
        if self.left(1.0) <= 0.0:
            raise DeadlineError(
                f"The time for this call was used up before {doing}. What is published stays; "
                "the same call goes on from there (CALL_DEADLINE_SECONDS sets the time)."
            )


class ByteStream(Protocol):
    """Lines of text on their way; it raises unless they end whole.

    Iterating gives the bytes as they were sent, gzipped if `is_gzip`, `text` gives them inflated: one or the other,
    once. `lines` and `longest_line` are known afterwards.
    """

    @property
    def is_gzip(self) -> bool: ...
    @property
    def lines(self) -> int: ...
    @property
    def longest_line(self) -> int: ...
    def __iter__(self) -> Iterator[bytes]: ...
    def text(self) -> Iterator[bytes]: ...


UserValue = str | int | bool | Decimal | datetime | None
User = Mapping[str, UserValue]
"""A user's totals by column: `distinct_id`, the metrics, `events_processed`, `first_event_time`, `last_event_time`,
`updated_at`. Times are aware, in UTC. One whose events are all gone has zero counters and `events_processed` 0."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A user whom a target does not take, and why, in its own words."""

    distinct_id: str
    reason: str
