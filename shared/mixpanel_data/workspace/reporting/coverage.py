"""The days of a table's events beside the days that a report asks for."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from mixpanel_data.reports.answers.answering import Part
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.question import Question
from mixpanel_data.reports.relations.windows import EVER

log = logging.getLogger(__name__)

_STATEMENT = "workspace/reporting/first_and_last.sql.jinja"
_DAY = timedelta(days=1)


def warn_of_days_outside(parts: Iterable[Part], asking: Asking) -> None:
    """Say in one warning that days before today of these parts lie before the first event or after the last one.

    Where reads are billed it says nothing: to find the first and the last event is a read of all times.
    """
    if asking.source.warehouse.is_billed:
        return
    yesterday = asking.now.astimezone(asking.zone).date() - _DAY
    asked = [(part["from_date"], min(part["to_date"], yesterday)) for part in parts]
    known = days_of_events(asking)
    if known is None:
        log.warning("The table %s has no events; every day counts as 0.", asking.source)
    elif any(first <= last and not known[0] <= first <= last <= known[1] for first, last in asked):
        log.warning("The table %s has events from %s to %s; days outside count as 0.", asking.source, *known)


def days_of_events(asking: Asking) -> tuple[date, date] | None:
    """The days of the zone on which the table has its first and its last event; None without any."""
    question = Question(replace(asking, segment=None))
    question.add_events(EVER)
    (row,) = question.rows(_STATEMENT)
    if row["first_time"] is None:
        return None
    return row["first_time"].astimezone(asking.zone).date(), row["last_time"].astimezone(asking.zone).date()
