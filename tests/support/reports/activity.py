"""Active users (page docs/reports/insights) and frequency (page reference/retention-frequency-query)."""

from collections.abc import Sequence
from datetime import date, timedelta

from mixpanel_data.configuration.reports.definitions import ActiveUsers, Frequency
from support.reports.conditions import fits
from support.reports.days import day_of, later, long_periods, period_of, period_of_day
from support.reports.events import Event, Row, World, histories
from support.reports.ranges import days_asked, in_range
from support.reports.values import ratio


def active_users(definition: ActiveUsers, events: Sequence[Event], world: World) -> Row:
    """One row for each period: the users of the last 1, 7 and 30 days at its end.

    Page insights: DAU, WAU and MAU look back 1, 7 and 30 days, ending with the last day of the period, before the
    range too. Decided: days are whole days of the zone; a last period that the range cuts ends with the range.
    """
    people = histories([event for event in events if fits(event, definition.event)], definition.by)
    active = [(person, day_of(event.time, world.zone)) for person, some in people.items() for event in some]
    first, last = days_asked(definition)
    rows = []
    for period in long_periods(first, last, definition.unit):
        end = min(later(period, 1, definition.unit) - timedelta(days=1), last)
        dau, wau, mau = (_users_of(active, end, days) for days in (1, 7, 30))
        stickiness = {"dau_by_mau": ratio(dau, mau), "dau_by_wau": ratio(dau, wau)}
        rows.append({"period": period, "last_day": end, "dau": dau, "wau": wau, "mau": mau} | stickiness)
    return {"rows": rows}


def _users_of(active: Sequence[tuple[str, date]], end: date, days: int) -> int:
    begin = end - timedelta(days=days - 1)
    return len({person for person, day in active if begin <= day <= end})


def frequency(definition: Frequency, events: Sequence[Event], world: World) -> Row:
    """One row for each period and number: the users who were active in at least so many of its hours or days.

    Page retention-frequency-query: of the users of a day, 495 did the event in at least 1 hour and 204 in at least 2:
    each number includes the higher ones. Decided: numbers go up to the highest that any user reaches in any period.
    """
    found = [event for event in in_range(events, definition, world) if fits(event, definition.event)]
    first, last = days_asked(definition)
    parts: dict[date, list[int]] = {period: [] for period in long_periods(first, last, definition.unit)}
    for history in histories(found, definition.by).values():
        for period in parts:
            inside = [
                event for event in history if period_of_day(day_of(event.time, world.zone), definition.unit) == period
            ]
            parts[period].append(len({period_of(event.time, definition.part, world.zone) for event in inside}))
    most = max((count for counts in parts.values() for count in counts), default=0)
    rows = [
        {"period": period, "at_least": number, "users": sum(count >= number for count in counts)}
        for period, counts in parts.items()
        for number in range(1, most + 1)
    ]
    return {"rows": rows}
