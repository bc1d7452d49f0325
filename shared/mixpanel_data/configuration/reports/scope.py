"""What every definition of a report says: the zone of its days, who is one user, and the table to read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from mixpanel_data.configuration.base import Configuration, Name
from mixpanel_data.configuration.environment.readers import time_zone
from mixpanel_data.configuration.reports.choices import By


def _zone(name: str) -> str:
    return time_zone(name).key


def _moment(value: object) -> object:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("give a moment with its offset, such as 2026-01-31T12:00:00Z") from None
    if isinstance(moment, datetime) and not 1900 <= moment.year <= 2999:
        raise ValueError("give a moment from 1900 to 2999")
    # In one zone, so that one moment has one version.
    return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else moment


Zone = Annotated[str, AfterValidator(_zone)]
Moment = BeforeValidator(_moment)
"""Reads an instant from its text."""


class Scope(Configuration):
    """What every definition says: the zone of its days (else MIXPANEL_TIMEZONE), who counts as one user, and the table
    of events to read (else the usual one)."""

    timezone: Zone | None = None
    by: Annotated[By, Field(strict=False)] = By.USER
    table: Name | None = None

    @property
    def zone(self) -> ZoneInfo | None:
        """The zone of the days, if the definition names one."""
        return ZoneInfo(self.timezone) if self.timezone else None

    @property
    def used_segments(self) -> tuple[Configuration, ...]:
        """The segments that the definition asks about or is limited to."""
        return ()


def check_order(first: date | None, last: date | None) -> None:
    """Raise ValueError for days whose first is after the last."""
    if first and last and first > last:
        raise ValueError("from_date is after to_date; swap them")
