"""`/events`, `/events/names` and `/events/top`."""

from __future__ import annotations

from datetime import date, timedelta

from mixpanel_data_standins.mixpanel.answers import RefusalError
from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.counts.series import (
    TYPES,
    Number,
    count,
    grouped,
    series,
    spans_of,
    table,
)
from mixpanel_data_standins.mixpanel.querying.reading.occurrences import local_now, occurrences
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters

UNITS = ("minute", "hour", "day", "week", "month")
USUAL_DAYS = 31
MOST_NAMES = 5000


def names(project: Project, given: Parameters) -> list[str]:
    """The names of the events of the last 31 days, or of the given ones, those with the highest count first."""
    kind, limit = given.choice("type", TYPES), given.number("limit", 255, MOST_NAMES)
    today = local_now(project).date()
    days = today - timedelta(days=USUAL_DAYS - 1), today
    if given.text("from_date") is not None:
        days = given.days()
    groups = grouped(occurrences(project, days), lambda one: one.event)
    return sorted(groups, key=lambda name: (-count(kind, groups[name]), name))[:limit]


def counts(project: Project, given: Parameters) -> dict[str, object]:
    """The counts of the given events over time."""
    given.choice("format", ("json",), "json")
    asked = given.strings("event")
    if not asked:
        raise RefusalError(400, "missing required parameter: event")
    kind, spans = given.choice("type", TYPES), spans_of(project, given, UNITS)
    groups = grouped(occurrences(project, spans.days, asked), lambda one: one.event)
    return series(project, table({name: groups.get(name, []) for name in asked}, spans, kind), spans)


def top(project: Project, given: Parameters) -> dict[str, object]:
    """The events of today with the highest count, and how each changed since yesterday, as a fraction of yesterday.

    An event that yesterday did not have has no fraction: its change is 0."""
    kind, limit = given.choice("type", TYPES), given.number("limit", 100, MOST_NAMES)
    today = local_now(project).date()
    yesterday = today - timedelta(days=1)
    now, before = (_of_day(project, day, kind) for day in (today, yesterday))
    ranked = sorted(now, key=lambda name: (-now[name], name))[:limit]
    events = [
        {
            "amount": now[name],
            "event": name,
            "percent_change": (now[name] - before[name]) / before[name] if before.get(name) else 0.0,
        }
        for name in ranked
    ]
    return {"events": events, "type": kind}


def _of_day(project: Project, day: date, kind: str) -> dict[str, Number]:
    groups = grouped(occurrences(project, (day, day)), lambda one: one.event)
    return {name: count(kind, found) for name, found in groups.items()}
