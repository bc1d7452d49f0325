"""What a caller can ask the registry for: a list with its filters, or one event."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from mixpanel_data.base.choices import ChangeKind, ChangeState, EventStatus, PropertyStatus, RuleName
from mixpanel_data.base.parameters import Instant, JobRequest, Names, PageRequest, several
from mixpanel_data.registry.context.request import Request

_JOB = Request.job
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class _ListRequest(PageRequest):
    """Base of the requests for a list: from and to bound it, each alone too; a repeated filter means any of them."""

    job: ClassVar[str] = _JOB

    event: Names | None = None
    start: Annotated[Instant | None, Field(alias="from")] = None
    end: Annotated[Instant | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        if self.first >= self.last:
            raise ValueError(
                f"from is {self.first.isoformat()} and to is {self.last.isoformat()}: give a window that ends after it "
                "starts"
            )
        return self

    @property
    def first(self) -> datetime:
        """The start of the window, UTC."""
        return self.start or _EARLIEST

    @property
    def last(self) -> datetime:
        """The end of the window, UTC, exclusive."""
        return self.end or _LATEST

    @property
    def first_day(self) -> date:
        """The first day whose midnight is in the window."""
        return _next_midnight(self.first)

    @property
    def end_day(self) -> date:
        """The first day after that whose midnight is not."""
        return _next_midnight(self.last)


class EventsRequest(_ListRequest):
    """Events by name, those that were seen between from and to."""

    status: Annotated[tuple[EventStatus, ...], several] = ()


class PropertiesRequest(_ListRequest):
    """Properties by name, whichever events have them; `status` is that in any of the events asked for."""

    property: Names | None = None
    status: Annotated[tuple[PropertyStatus, ...], several] = ()


class ChangesRequest(_ListRequest):
    """Changes on the days between from and to, the newest first; those that hold, unless `status` asks for others."""

    property: Names | None = None
    kind: Annotated[tuple[ChangeKind, ...], several] = ()
    status: Annotated[tuple[ChangeState, ...], several] = (ChangeState.HOLDS,)


class ViolationsRequest(_ListRequest):
    """Violations of the tracking plan on the days between from and to, the newest first."""

    property: Names | None = None
    rule: Annotated[tuple[RuleName, ...], several] = ()


class EventRequest(JobRequest):
    """One event by its raw name, with at most `limit` of its newest changes and violations each."""

    job: ClassVar[str] = _JOB

    name: str
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


def _next_midnight(instant: datetime) -> date:
    """The day whose midnight, UTC, is this instant or the first one after it."""
    is_midnight = instant.time() == instant.min.time()
    return instant.date() if is_midnight or instant.date() == date.max else instant.date() + timedelta(days=1)
