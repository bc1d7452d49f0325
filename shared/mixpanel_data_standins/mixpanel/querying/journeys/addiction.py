"""`/retention/addiction`: in how many hours or days of a longer span users are active."""

from __future__ import annotations

from datetime import datetime

from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.reading import buckets
from mixpanel_data_standins.mixpanel.querying.reading.expressions import event_test
from mixpanel_data_standins.mixpanel.querying.reading.occurrences import occurrences
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters


def report(project: Project, given: Parameters) -> dict[str, object]:
    """For each bucket a list: its entry i counts the users who were active in i + 1 or more of the shorter units."""
    given.refuse("on")
    unit = given.choice("unit", ("day", "week", "month"), "day")
    shorter = given.choice("addiction_unit", ("hour", "day"), "hour")
    spans, event = buckets.between(given.days(), unit), given.text("event")
    passes = event_test(project, given.text("where"))
    active: dict[datetime, dict[str, set[datetime]]] = {start: {} for start in spans.starts}
    for one in occurrences(project, spans.days, None if event is None else [event]):
        start = spans.holding(one.at)
        if start is not None and one.user is not None and passes(one):
            active[start].setdefault(one.user, set()).add(buckets.start_of(one.at, shorter))
    return {"data": {spans.key(start): _entries(start, unit, shorter, users) for start, users in active.items()}}


def _entries(start: datetime, unit: str, shorter: str, users: dict[str, set[datetime]]) -> list[int]:
    hours = (buckets.after(start, unit) - start).total_seconds() / 3600
    length = round(hours if shorter == "hour" else hours / 24)
    return [sum(len(times) > number for times in users.values()) for number in range(length)]
