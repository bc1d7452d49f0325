"""The units of a part: what is observed together, and whose violations are counted together."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

SAMPLE = 200
"""About how many events of a unit are in its sample; those of a unit with no more than that all are."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The events of a name on a UTC day, and how many there are."""

    day: date
    event_name: str
    events: int


@dataclass(frozen=True, slots=True)
class Units:
    """At least one unit, in the order of days and names; the staged relation `part_units` lists them."""

    of_part: tuple[Unit, ...]

    @property
    def from_time(self) -> datetime:
        """The start of their first day, UTC."""
        return datetime.combine(self.of_part[0].day, time(), UTC)

    @property
    def to_time(self) -> datetime:
        """The end of their last day, UTC, exclusive."""
        return datetime.combine(self.of_part[-1].day, time(), UTC) + timedelta(days=1)

    @property
    def events(self) -> int:
        """The number of their events."""
        return sum(unit.events for unit in self.of_part)

    @property
    def days(self) -> list[date]:
        """Their days, in order."""
        return sorted({unit.day for unit in self.of_part})

    def parameters(self) -> dict[str, Any]:
        """The parameters of statements that are bounded to these units."""
        first, last = self.of_part[0], self.of_part[-1]
        return {
            "from_time": self.from_time,
            "to_time": self.to_time,
            "first_day": first.day,
            "first_name": first.event_name,
            "last_day": last.day,
            "last_name": last.event_name,
            "days": self.days,
        }
