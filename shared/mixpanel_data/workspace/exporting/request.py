"""What an export asks for, checked."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from mixpanel_data.base.days import check_in_order, day_of
from mixpanel_data.base.errors import RequestError

FileFormat = Literal["parquet", "jsonl", "csv"]
Origin = Literal["warehouse", "workspace"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# The first holds the oldest event that `incoming` accepts, in any zone; the day after the last is still a date.
_FIRST_DAY, _LAST_DAY = date(1959, 12, 31), date(9998, 12, 31)


@dataclass(frozen=True, slots=True)
class DayRange:
    """Days of a time zone, both inclusive; None leaves an end open."""

    first: date | None
    last: date | None
    zone: ZoneInfo

    @property
    def is_open(self) -> bool:
        """Whether neither end is given."""
        return self.first is None and self.last is None

    @property
    def start(self) -> datetime:
        """The moment at which the first day begins, UTC."""
        return _midnight(self.first or _FIRST_DAY, self.zone)

    @property
    def end(self) -> datetime:
        """The moment at which the last day ends, UTC."""
        return _midnight((self.last or _LAST_DAY) + timedelta(days=1), self.zone)

    def has(self, day: date) -> bool:
        """Whether the day is one of these."""
        return (self.first or _FIRST_DAY) <= day <= (self.last or _LAST_DAY)

    def only(self, day: date) -> "DayRange":
        """One day of the same zone."""
        return DayRange(day, day, self.zone)


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A table to export; `to` is a folder or `gs://bucket/folder`, `origin` None takes the warehouse's events first."""

    table: str
    to: str
    format: FileFormat
    days: DayRange
    origin: Origin | None

    @classmethod
    def checked(
        cls,
        table: str,
        to: str,
        file_format: str,
        from_date: str | date | None,
        to_date: str | date | None,
        origin: str | None,
        zone: ZoneInfo,
    ) -> "ExportRequest":
        """The request of these parameters. Raises RequestError naming the parameter that is wrong."""
        known = {name: name for name in get_args(FileFormat)}
        if file_format not in known:
            raise RequestError(f"format is {file_format!r}. Use one of: {', '.join(known)}.")
        origins = {name: name for name in get_args(Origin)}
        if origin is not None and origin not in origins:
            raise RequestError(f"source is {origin!r}. Use one of: {', '.join(origins)}.")
        _check_place(to)
        days = DayRange(_day("from_date", from_date), _day("to_date", to_date), zone)
        if days.first and days.last:
            check_in_order(days.first, days.last)
        return cls(table, to, known[file_format], days, origins[origin] if origin else None)


def _check_place(to: str) -> None:
    scheme = _SCHEME.match(to)
    if not to or (scheme and scheme[0] != "gs://"):
        raise RequestError(f"to is {to!r}. Give a folder, or a folder of a bucket such as gs://bucket/exports.")
    if scheme and not to.removeprefix("gs://").strip("/"):
        raise RequestError(f"to is {to!r}, which names no bucket. Give one such as gs://bucket/exports.")


def _day(parameter: str, value: str | date | None) -> date | None:
    if value is None:
        return None
    day = day_of(parameter, value)
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise RequestError(f"{parameter} is {day}. Give a day from {_FIRST_DAY} to {_LAST_DAY}.")
    return day


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
