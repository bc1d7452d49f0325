"""The events of the recorded world, as lines of Mixpanel's export.

A quarter of an hour brings events that are on time and one of yesterday, an hour one of each of the other days on which
late events happened; each night an id of the last week's events is resolved to a user.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from mixpanel_data.costs import REFERENCE
from support.export_lines import event

LATE_DAYS, RESOLVED_DAYS = REFERENCE.late_days, REFERENCE.resolved_days
NAMES, ON_TIME = 5, 25
QUARTERS, HOURS_OF_DAY = 96, 24
EVENTS_PER_DAY = QUARTERS * (ON_TIME + 1) + HOURS_OF_DAY * (LATE_DAYS - 1)
USERS_PER_DAY = QUARTERS + 1
FIRST_DAY, DAYS_BEFORE = datetime(2039, 1, 1, tzinfo=UTC), 38
DAYS = 5
"""So long it takes until days are observed that got events when they were as old as days ever do."""
EMPTY_QUARTER = 54
"""The quarter of the last day in which nothing happens, before the last recorded call."""


def lines() -> Iterator[bytes]:
    """The lines of all days, as Mixpanel has them in the end."""
    for day in range(DAYS_BEFORE + DAYS):
        yield from _lines_of_day(day)


def _lines_of_day(day: int) -> Iterator[bytes]:
    midnight = FIRST_DAY + timedelta(days=day)
    for later in range(RESOLVED_DAYS):
        yield _line(midnight + timedelta(hours=12), f"anonymous-{day + later}", f"a{day}-{later}", midnight, 0)
    for quarter in range(QUARTERS):
        if (day, quarter) != (DAYS_BEFORE + DAYS - 1, EMPTY_QUARTER):
            yield from _lines_of_quarter(day, quarter, midnight + timedelta(minutes=15 * quarter))


def _lines_of_quarter(day: int, quarter: int, start: datetime) -> Iterator[bytes]:
    for number in range(ON_TIME):
        stored = start + timedelta(minutes=1) + number * timedelta(minutes=13) / ON_TIME
        user = f"user-{day}-{quarter}" if number else f"user-{day // 30}-{quarter}"
        yield _line(stored - timedelta(seconds=number), user, f"e{day}-{quarter}-{number}", stored, number)
    # Late enough to lie in the overlap of the next call, as some of a large project's events always do.
    stored = start + timedelta(minutes=13)
    for age in range(1, min(LATE_DAYS, day) + 1):
        if age == 1 or age % 4 == quarter % 4:
            mark = f"l{day}-{quarter}-{age}"
            yield _line(stored - timedelta(days=age), f"user-{day - age}-{quarter}", mark, stored, age)


def _line(at: datetime, person: str, mark: str, stored: datetime, number: int) -> bytes:
    return event(
        f"Name {number % NAMES}",
        f"{at:%Y-%m-%d %H:%M:%S}",
        person,
        mark,
        f"{max(stored, at):%Y-%m-%d %H:%M:%S}",
        plan=f"plan {number % 3}",
        amount=number,
        **{"$user_id": person, "$device_id": f"device of {person}"},
    )
