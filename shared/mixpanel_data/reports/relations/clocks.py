"""The wall clock of a zone, as expressions of GoogleSQL over microseconds since 1970 in UTC.

The offsets are worked out here, from the zone data of Python: both engines then agree on them, and DuckDB does not go
through its calendar for every row, which takes ten times as long.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mixpanel_data.reports.relations.parameters import Parameters
from mixpanel_data.reports.relations.windows import Window

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def micros_of(instant: datetime) -> int:
    """Microseconds since 1970 in UTC."""
    return (instant - _EPOCH) // _MICROSECOND


class WallClock:
    """The clock of a zone within a window; of instants outside of it the expressions are wrong."""

    def __init__(self, zone: ZoneInfo, window: Window, parameters: Parameters) -> None:
        """The offsets become values of the parameters."""
        *before, (last, _) = _offsets(zone, window)
        cases = [
            f"WHEN {{micros}} < {parameters.add('INT64', micros_of(end))} THEN {parameters.add_length(offset)}"
            for offset, end in before
        ]
        otherwise = parameters.add_length(last)
        self._offset = f"CASE {' '.join(cases)} ELSE {otherwise} END" if cases else otherwise

    def day(self, micros: str) -> str:
        """The DATE on the clock at an instant, given as an INT64 expression."""
        return f"DATE(TIMESTAMP_MICROS({self.local(micros)}))"

    def local(self, micros: str) -> str:
        """What the clock shows, as microseconds since it showed the beginning of 1970."""
        return f"({micros} + {self._offset.format(micros=micros)})"

    def period(self, micros: str, unit: str) -> str:
        """The period that an instant lies in.

        A DATE for days, weeks (from Monday) and months; for hours and minutes the TIMESTAMP of their beginning.
        """
        if unit == "day":
            return self.day(micros)
        if unit in ("week", "month"):
            return f"DATE_TRUNC({self.day(micros)}, {'WEEK(MONDAY)' if unit == 'week' else 'MONTH'})"
        start = f"UNIX_MICROS(TIMESTAMP_TRUNC(TIMESTAMP_MICROS({self.local(micros)}), {unit.upper()}))"
        return f"TIMESTAMP_MICROS({start} - {self._offset.format(micros=micros)})"


def _offsets(zone: ZoneInfo, window: Window) -> list[tuple[timedelta, datetime]]:
    """The offsets from UTC in their order, each with the instant at which it ends."""
    found, instant = [], window.start
    while instant < window.end:
        following = min(instant + _DAY, window.end)
        if _offset(instant, zone) != _offset(following, zone):
            found.append((_offset(instant, zone), _change(instant, following, zone)))
        instant = following
    return [*found, (_offset(window.end, zone), window.end)]


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant from which the offset is that of `after`; every change is on a whole second."""
    before, after = _whole_second(before), _whole_second(after + _SECOND - _MICROSECOND)
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        is_before = _offset(middle, zone) == _offset(before, zone)
        before, after = (middle, after) if is_before else (before, middle)
    return after


def _whole_second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()
