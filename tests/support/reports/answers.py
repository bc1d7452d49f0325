"""The answer to a definition: the report for each period and segment that it asks for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from mixpanel_data.configuration.base import Configuration
from mixpanel_data.configuration.reports.definitions import (
    ActiveUsers,
    Days,
    Frequency,
    Funnel,
    Paths,
    Report,
    Retention,
    Segmentation,
    Sessions,
)
from support.reports.activity import active_users, frequency
from support.reports.events import Event, Row, World, person_of
from support.reports.funnel import funnel
from support.reports.paths import paths
from support.reports.ranges import days_asked
from support.reports.retention import retention
from support.reports.segmentation import segmentation
from support.reports.segments import members
from support.reports.sessions import sessions


def answer(definition: Report, events: Sequence[Event], world: World) -> list[Row]:
    """One part for each period and, within it, each segment: its days, the segment's place, and the report's figures.

    The days asked for come first, those to compare with after them. Without `segments`, the place is None.
    """
    here = replace(world, zone=definition.zone or world.zone)
    parts = []
    for first, last in _periods(definition):
        days = {"from_date": first, "to_date": last}
        asked = definition.model_copy(update=days)
        for place, segment in _segments(definition):
            figures = _report(asked, _of_members(segment, events, here, definition), here)
            parts.append({**days, "segment": place, **figures})
    return parts


def _periods(definition: Report) -> list[tuple[date, date]]:
    """The days asked for, and those to compare with: these days, or as many right before."""
    asked = days_asked(definition)
    match definition.compare:
        case None:
            return [asked]
        case Days(from_date=first, to_date=last):
            return [asked, (first, last)]
        case _:
            length = asked[1] - asked[0] + timedelta(days=1)
            return [asked, (asked[0] - length, asked[1] - length)]


def _segments(definition: Report) -> list[tuple[int | None, Configuration | None]]:
    return list(enumerate(definition.segments)) or [(None, definition.segment)]


def _of_members(
    segment: Configuration | None, events: Sequence[Event], world: World, definition: Report
) -> Sequence[Event]:
    """All events of the segment's users. Decided: without a segment, nobody's events too."""
    if segment is None:
        return events
    people = members(segment, events, world, definition.by)
    return [event for event in events if person_of(event, definition.by) in people]


def _report(definition: Report, events: Sequence[Event], world: World) -> Row:
    match definition:
        case Segmentation():
            return segmentation(definition, events, world)
        case ActiveUsers():
            return active_users(definition, events, world)
        case Frequency():
            return frequency(definition, events, world)
        case Funnel():
            return funnel(definition, events, world)
        case Retention():
            return retention(definition, events, world)
        case Sessions():
            return sessions(definition, events, world)
        case Paths():
            return paths(definition, events, world)
    raise TypeError(f"{definition!r} is no report")
