"""The base classes of every job's request and result, and the parameter types they share."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator


def _instant(value: object) -> datetime:
    """An instant from ISO 8601 text. A date means its midnight; text without an offset is UTC."""
    if not isinstance(value, str):
        raise ValueError("give ISO 8601 text, such as 2026-01-31 or 2026-01-31T12:00:00Z")
    try:
        instant = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("give ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z") from error
    try:
        return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("in UTC that is before the year 1 or after 9999") from error


Instant = Annotated[datetime, BeforeValidator(_instant)]
"""A parameter that is a point in time, in UTC."""


def _names(value: object) -> object:
    """A JSON list of names, or names; a single name stands for a list of one."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"is not a JSON list: {error}") from error
    return (value,) if isinstance(value, str) else value


several = BeforeValidator(_names)
"""Makes a parameter one that can be repeated, or given as a JSON list."""

Names = Annotated[tuple[Annotated[str, StringConstraints(min_length=1)], ...], several, Field(min_length=1)]
"""A parameter that holds one or more event names: a JSON list, or the parameter repeated."""


class JobRequest(BaseModel):
    """Base of every job's request: frozen, and an unknown parameter is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job: ClassVar[str]
    """The job's name, which is its function's."""


class WindowRequest(JobRequest):
    """Base of the requests over a window of event time, `[from, to)`: both bounds or neither."""

    start: Annotated[Instant | None, Field(alias="from")] = None
    end: Annotated[Instant | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _is_a_window_or_none(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("give from and to together, or neither")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError(
                f"from is {self.start.isoformat()} and to is {self.end.isoformat()}: give a window that ends after it "
                "starts"
            )
        return self


class JobResult:
    """Base of every job's result."""

    __slots__ = ()

    @property
    def read_until(self) -> datetime | None:
        """The event time up to which the run has read, UTC; None for a run that read nothing."""
        return None


class PageRequest(JobRequest):
    """Base of the requests for a list: at most `limit` items, those behind the key `after`."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a list in the order of their keys; `next` is the `after` of the next page, None on the last."""

    items: Sequence[Mapping[str, Any]]
    next: str | None = None
