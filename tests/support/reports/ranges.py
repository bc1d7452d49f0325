"""The days that a report asks for."""

from collections.abc import Iterable
from datetime import date

from mixpanel_data.configuration.reports.definitions import Report
from support.reports.days import is_within
from support.reports.events import Event, World


def days_asked(definition: Report) -> tuple[date, date]:
    """The first and the last day; raises ValueError where the definition leaves them open."""
    if definition.from_date is None or definition.to_date is None:
        raise ValueError("the definition has no days; give from_date and to_date")
    return definition.from_date, definition.to_date


def in_range(events: Iterable[Event], definition: Report, world: World) -> list[Event]:
    """The events on these days, both inclusive."""
    first, last = days_asked(definition)
    return [event for event in events if is_within(event.time, first, last, world.zone)]
