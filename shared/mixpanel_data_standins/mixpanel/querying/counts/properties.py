"""`/events/properties`, `/events/properties/top` and `/events/properties/values`."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.counts.events import MOST_NAMES, UNITS, USUAL_DAYS
from mixpanel_data_standins.mixpanel.querying.counts.series import TYPES, grouped, largest, series, spans_of, table
from mixpanel_data_standins.mixpanel.querying.reading.expressions import text_of
from mixpanel_data_standins.mixpanel.querying.reading.occurrences import Occurrence, local_now, occurrences
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters

# Every event has these, and Mixpanel does not list them as properties.
UNLISTED = frozenset({"time", "distinct_id", "token"})


def counts(project: Project, given: Parameters) -> dict[str, object]:
    """The counts of an event over time by the values of a property; events without the property are left out."""
    event, name = given.required("event"), given.required("name")
    kind, limit = given.choice("type", TYPES), given.number("limit", 255, MOST_NAMES)
    spans, wanted = spans_of(project, given, UNITS), given.strings("values")
    found = [one for one in occurrences(project, spans.days, [event]) if spans.holding(one.at) is not None]
    groups = grouped(found, lambda one: _value(one, name))
    if wanted is not None:
        groups = {value: groups.get(value, []) for value in wanted}
    return series(project, table(largest(groups, limit), spans, kind), spans)


def top(project: Project, given: Parameters) -> dict[str, dict[str, int]]:
    """The properties of an event in the last 31 days, with the number of events that have each."""
    found = Counter(
        name for one in _recent(project, given.required("event")) for name in one.properties if name not in UNLISTED
    )
    return {name: {"count": number} for name, number in _ranked(found, given.number("limit", 10, MOST_NAMES))}


def values(project: Project, given: Parameters) -> list[str]:
    """The values of a property of an event in the last 31 days as texts, the most frequent ones first."""
    event, name = given.required("event"), given.required("name")
    found = Counter(value for one in _recent(project, event) if (value := _value(one, name)) is not None)
    return [value for value, _ in _ranked(found, given.number("limit", 255, MOST_NAMES))]


def _recent(project: Project, event: str) -> list[Occurrence]:
    today = local_now(project).date()
    return occurrences(project, (today - timedelta(days=USUAL_DAYS - 1), today), [event])


def _value(one: Occurrence, name: str) -> str | None:
    return text_of(one.properties[name]) if name in one.properties else None


def _ranked(found: Counter[str], limit: int) -> list[tuple[str, int]]:
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
