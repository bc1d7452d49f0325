"""Active users: page docs/reports/insights."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from mixpanel_data.configuration.reports.definitions import ActiveUsers
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.conditions import is_step
from mixpanel_data.reports.relations.days import days_asked
from mixpanel_data.reports.relations.events import names_in
from mixpanel_data.reports.relations.question import Question
from mixpanel_data.reports.relations.windows import long_periods, next_first
from mixpanel_data.warehouse.base import Row

_LENGTHS: Mapping[str, int] = {"dau": 1, "wau": 7, "mau": 30}
_LONGEST = max(_LENGTHS.values())
_DAY = timedelta(days=1)


def active_users(definition: ActiveUsers, asking: Asking) -> dict[str, Any]:
    """`rows`, one for each period: the users of the last 1, 7 and 30 whole days of the zone at its end.

    Page insights: DAU, WAU and MAU look back 1, 7 and 30 days, ending with the last day of the period, before the range
    too. A last period that the range cuts ends with the range. `dau_by_mau` and `dau_by_wau` are None where nobody was
    active. Raises ValueError for a definition without days, and what the warehouse raises.
    """
    first, last = days_asked(definition)
    ends = {
        period: min(next_first(period, definition.unit) - _DAY, last)
        for period in long_periods(first, last, definition.unit)
    }
    counts = _users_by_end(_gaps(definition, asking, min(ends.values()), last), set(ends.values()))
    return {"rows": [_row(period, end, counts) for period, end in ends.items()]}


def _gaps(definition: ActiveUsers, asking: Asking, first_end: date, last: date) -> list[Row]:
    question = Question(asking)
    window = asking.window(first_end - (_LONGEST - 1) * _DAY, last)
    question.add_events(window, names_in([definition.event]))
    return question.rows(
        "reports/counts/active_users.sql.jinja",
        day=question.clock(window).day("micros"),
        fits=is_step(definition.event, question.parameters),
        most=question.parameters.add("INT64", _LONGEST),
    )


def _users_by_end(gaps: list[Row], ends: set[date]) -> Counter[tuple[str, date]]:
    """A user counts from a day of theirs until the next one, or until that day is too long ago."""
    found: Counter[tuple[str, date]] = Counter()
    for row in gaps:
        for name, length in _LENGTHS.items():
            for distance in range(min(row["gap"], length)):
                end = row["day"] + distance * _DAY
                if end in ends:
                    found[name, end] += row["users"]
    return found


def _row(period: date, end: date, counts: Counter[tuple[str, date]]) -> dict[str, Any]:
    dau, wau, mau = (counts[name, end] for name in _LENGTHS)
    return {
        "period": period,
        "last_day": end,
        "dau": dau,
        "wau": wau,
        "mau": mau,
        "dau_by_mau": dau / mau if mau else None,
        "dau_by_wau": dau / wau if wau else None,
    }
