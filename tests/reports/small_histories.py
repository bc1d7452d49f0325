"""Events of a few users on one day in Berlin, as an example tells them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from mixpanel_data.configuration.reports.steps import Step
from support.reports.events import Event, World

BERLIN = ZoneInfo("Europe/Berlin")
# A Wednesday, far from a change of the clock.
DAY = date(2026, 3, 4)


def step(name: str) -> Step:
    return Step(events=(name,))


def local(clock: str, day: date = DAY) -> datetime:
    """A time of Berlin's clock, such as 13:45 or 13:45:02.000001, in UTC."""
    return datetime.combine(day, time.fromisoformat(clock), BERLIN).astimezone(UTC)


def did(name: str, when: datetime, user: str = "ann", properties: Mapping[str, object] | None = None) -> Event:
    return Event(f"{user} {when.isoformat()} {name}", when, name, user, properties=properties or {})


def world(now: datetime | None = None) -> World:
    return World(BERLIN, now=now or datetime(2027, 1, 1, tzinfo=UTC))
