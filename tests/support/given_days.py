"""Events of many days, for tests of what changes from one day to another."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from support.published_events import PublishedEvent

Properties = Mapping[str, Any]


def each_day(
    days: Iterable[date],
    name: str = "Visit",
    *,
    a_day: int = 20,
    properties: Properties | Callable[[int], Properties] | None = None,
) -> Iterator[PublishedEvent]:
    """So many events of a name on each day, five minutes apart; their properties, or by the number within the day."""
    for day in days:
        for number in range(a_day):
            at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC) + timedelta(minutes=5 * number)
            own = properties(number) if callable(properties) else properties or {}
            mark = f"{(day.toordinal() * 7919 + number * 104729) % 2**32:08x} {name} {day} {number:04d}"
            yield PublishedEvent(name, at.strftime("%Y-%m-%d %H:%M:%S"), f"person {number}", mark, dict(own))


def days_before(today: datetime, first: int, last: int = 1) -> list[date]:
    """The days from `first` to `last` days before today, both among them, oldest first."""
    return [today.date() - timedelta(days=number) for number in range(first, last - 1, -1)]
