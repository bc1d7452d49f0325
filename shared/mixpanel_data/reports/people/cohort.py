"""The size of a segment over time: page docs/users/cohorts."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from mixpanel_data.configuration.reports.people import Cohort
from mixpanel_data.reports.people.sizes import Moment, Sizes
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.days import days_or_none
from mixpanel_data.reports.relations.question import Question
from mixpanel_data.reports.relations.windows import beginning, long_periods, next_first

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


def cohort(definition: Cohort, asking: Asking) -> dict[str, Any]:
    """The members of a segment as of `asking.as_of`, their number `size`, and `rows` with the size in each period.

    Page users/cohorts: a cohort is worked out as of a moment. Here that is the last microsecond of the period or of the
    range, or `as_of` if that is earlier; periods that begin after it are left out. `members` are sorted. Without days
    `rows` has one for each member instead, `user`. Raises ValueError for one day alone, KeyError for a segment that is
    not saved, and what the warehouse raises.
    """
    first, last = days_or_none(definition)
    sizes = None if first is None or last is None else list(_sizes(definition, first, last, asking))
    members = _members(definition, asking)
    rows = [{"user": user} for user in members] if sizes is None else sizes
    return {"rows": rows, "size": len(members), "members": members}


def _members(definition: Cohort, asking: Asking) -> list[str]:
    question = Question(asking)
    question.add_users(definition.segment, asking.as_of, named="members")
    return sorted(row["user_id"] for row in question.rows("reports/people/members.sql.jinja"))


def _sizes(definition: Cohort, first: date, last: date, asking: Asking) -> Iterator[dict[str, Any]]:
    moments = list(_moments(definition, first, last, asking))
    if not moments:
        return
    question = Question(asking)
    question.add_clusters()
    sizes = Sizes(asking, moments, definition.unit, question.parameters)
    is_in = sizes.is_in(definition.segment)
    found = question.rows(
        "reports/people/sizes.sql.jinja",
        happenings=sizes.happenings,
        events=sizes.events,
        period=sizes.period("micros"),
        last_period=question.parameters.add("INT64", len(moments) - 1),
        is_in=is_in,
    )
    joined = {row["period"]: row["joined"] for row in found}
    size = 0
    for number, (period, _) in enumerate(moments):
        size += joined.get(number, 0)
        yield {"period": period, "size": size}


def _moments(definition: Cohort, first: date, last: date, asking: Asking) -> Iterator[Moment]:
    for period in long_periods(first, last, definition.unit):
        if beginning(max(period, first), asking.zone) <= asking.as_of:
            end = min(next_first(period, definition.unit), last + _DAY)
            yield period, min(beginning(end, asking.zone) - _MICROSECOND, asking.as_of)
