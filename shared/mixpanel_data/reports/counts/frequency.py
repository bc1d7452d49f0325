"""Frequency: page reference/retention-frequency-query."""

from datetime import date
from typing import Any

from mixpanel_data.configuration.reports.definitions import Frequency
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.conditions import is_step
from mixpanel_data.reports.relations.days import days_asked
from mixpanel_data.reports.relations.events import names_in
from mixpanel_data.reports.relations.question import Question
from mixpanel_data.reports.relations.windows import long_periods
from mixpanel_data.warehouse.base import Row


def frequency(definition: Frequency, asking: Asking) -> dict[str, Any]:
    """`rows`, one for each period and number: the users who were active in at least so many of its hours or days.

    Page retention-frequency-query: of the users of a day, 495 did the event in at least 1 hour and 204 in at least 2.
    Numbers go up to the highest that any user reaches in any period. An hour that the clock goes through twice is two.
    Raises ValueError for a definition without days, and what the warehouse raises.
    """
    first, last = days_asked(definition)
    found = _counts(definition, asking, first, last)
    most = max((row["number"] for row in found), default=0)
    rows = []
    for period in long_periods(first, last, definition.unit):
        users = {row["number"]: row["users"] for row in found if row["period"] == period}
        for least in range(1, most + 1):
            reached = sum(count for number, count in users.items() if number >= least)
            rows.append({"period": period, "at_least": least, "users": reached})
    return {"rows": rows}


def _counts(definition: Frequency, asking: Asking, first: date, last: date) -> list[Row]:
    question = Question(asking)
    window = asking.window(first, last)
    question.add_events(window, names_in([definition.event]))
    clock = question.clock(window)
    return question.rows(
        "reports/counts/frequency.sql.jinja",
        period=clock.period("micros", definition.unit),
        part=clock.period("micros", definition.part),
        fits=is_step(definition.event, question.parameters),
    )
