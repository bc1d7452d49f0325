"""`config/schedules.json`: which function is called when."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from mixpanel_data.configuration.base import Configuration, Name
from mixpanel_data.configuration.environment.readers import time_zone

_FIELDS = 5
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_SECONDS = re.compile(r"([0-9]{1,4})s")
_LEAST_ATTEMPT_SECONDS, _MOST_ATTEMPT_SECONDS = 15, 1800


def _cron(text: str) -> str:
    from cronsim import CronSim, CronSimError

    try:
        # cronsim also takes a sixth field, for seconds.
        if len(text.split()) != _FIELDS:
            raise CronSimError("it has not five fields")
        CronSim(text, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        reason = str(error)
        raise ValueError(
            f"that is no schedule of cron ({reason[:1].lower()}{reason[1:]}); give minute, hour, day of the month, "
            "month and day of the week"
        ) from error
    return text


def _zone(text: str) -> str:
    time_zone(text)
    return text


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("use letters, digits, _ and -")
    return text


def _attempt_deadline(text: str) -> str:
    found = _SECONDS.fullmatch(text)
    if not found or not _LEAST_ATTEMPT_SECONDS <= int(found[1]) <= _MOST_ATTEMPT_SECONDS:
        raise ValueError(f"give seconds from {_LEAST_ATTEMPT_SECONDS}s to {_MOST_ATTEMPT_SECONDS}s")
    return text


class Schedule(Configuration):
    """One entry of `schedules`: `schedule`, in the format of cron, says when `function` is called with `body`.

    It is what Cloud Scheduler accepts, so that no deployment refuses what is read here.
    """

    name: Annotated[Name, AfterValidator(_name)]
    function: Name
    description: str = ""
    schedule: Annotated[Name, AfterValidator(_cron)]
    time_zone: Annotated[Name, AfterValidator(_zone)]
    body: Any
    attempt_deadline: Annotated[str, AfterValidator(_attempt_deadline)]
    retries: Annotated[int, Field(ge=0, le=5)]

    def after(self, moment: datetime) -> datetime:
        """The moment of the first call after this one (aware), aware and in UTC."""
        from cronsim import CronSim

        return next(CronSim(self.schedule, moment.astimezone(ZoneInfo(self.time_zone)))).astimezone(UTC)

    def before(self, moment: datetime) -> Iterator[datetime]:
        """The moments of the calls before this one (aware), the latest first, aware and in UTC."""
        from cronsim import CronSim

        local = moment.astimezone(ZoneInfo(self.time_zone))
        return (each.astimezone(UTC) for each in CronSim(self.schedule, local, reverse=True))


class Schedules(Configuration):
    """The document in `config/schedules.json`."""

    schedules: Annotated[tuple[Schedule, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Schedules":
        seen: set[str] = set()
        for position, each in enumerate(self.schedules):
            if each.name in seen:
                raise ValueError(f"schedules[{position}].name repeats {each.name!r}; rename one of them")
            seen.add(each.name)
        return self
