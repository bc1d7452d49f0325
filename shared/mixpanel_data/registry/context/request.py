"""The request, the options and the result of the event registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from mixpanel_data.base.parameters import JobRequest, JobResult
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.runs import UNKNOWN_ORIGIN, Origin


def _day(value: object) -> object:
    """A date from ISO 8601 text without a time: 2026-01-31."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError("give a date, such as 2026-01-31") from error


class Request(JobRequest):
    """Observe the events that changed, and judge what was observed.

    `full`: observe and judge everything again. `at`: judge as of that day, UTC; without it, of the newest day that has
    events.
    """

    job: ClassVar[str] = "registry-updater"

    full: bool = False
    at: Annotated[date | None, BeforeValidator(_day)] = None


@dataclass(frozen=True, slots=True)
class Options:
    """Options from the settings.

    `lease_seconds`: for how long a run that died keeps the next one from starting, on an engine that does not see that
    it died. `channel`: where breaking changes are announced; empty where none is set. `redactor`: hides personal data
    in the announcements.
    `origin`: what the state of the dataset has to belong to. `interval_hours`: how many hours pass between two
    observations of a growing day, unless it is small or an event has a new name.
    """

    lease_seconds: float
    channel: str = ""
    redactor: Redactor = field(default_factory=Redactor)
    origin: Origin = UNKNOWN_ORIGIN
    interval_hours: int = 6


@dataclass(frozen=True, slots=True)
class Result(JobResult):
    """The effect of a run, and the work that is left.

    `events` and `properties`: how many event names, and properties of these, the registry has; `new_events` and
    `new_properties`: how many of them this run added. `changes`: the schema changes that this run found; `retracted`:
    how many earlier ones no longer follow from the events. `violations`: how many rows schema_violations has.
    `pending`: how many days of an event name wait for a later run. `read_until`: the time, UTC, up to which events were
    observed; None while nothing was.
    """

    events: int = 0
    properties: int = 0
    new_events: int = 0
    new_properties: int = 0
    changes: Sequence[Mapping[str, Any]] = ()
    retracted: int = 0
    violations: int = 0
    pending: int = 0
    read_until: datetime | None = None

    def figures(self) -> dict[str, Any]:
        """The counts, as the run's row keeps them."""
        names = ("events", "properties", "new_events", "new_properties", "retracted", "violations", "pending")
        return {name: getattr(self, name) for name in names}
