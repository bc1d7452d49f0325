"""The statement of a retention."""

from dataclasses import replace

from mixpanel_data.configuration.reports.choices import Align, Mode
from mixpanel_data.configuration.reports.definitions import Retention
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.clocks import micros_of
from mixpanel_data.reports.relations.conditions import is_step, property_json
from mixpanel_data.reports.relations.days import days_asked
from mixpanel_data.reports.relations.events import names_in
from mixpanel_data.reports.relations.labels import label_of
from mixpanel_data.reports.relations.question import Question
from mixpanel_data.reports.relations.windows import EARLIEST
from mixpanel_data.reports.retention.lengths import LENGTHS, Buckets
from mixpanel_data.warehouse.base import Row

_UNITS = {"day": "DAY", "week": "WEEK(MONDAY)", "month": "MONTH"}


def rows_of(definition: Retention, asking: Asking, buckets: Buckets) -> list[Row]:
    """The size of each cohort, and how many come back, by segment and bucket.

    Rows `segment`, `cohort` (a date), `bucket` (NULL: the row has the size), `users`, `segments` (of rows with a size:
    how many segments there are). Only cohorts and buckets that have somebody are there.
    """
    question = Question(asking)
    given = question.parameters
    days, ahead = asking.window(*days_asked(definition)), buckets.window
    # A first event ever is known by what lies before the days.
    past = replace(days, start=EARLIEST) if definition.first_ever else days
    question.add_events(past, names_in([definition.born]), named="born_events")
    question.add_events(ahead, names_in([definition.returned]), named="later_events")
    return question.rows(
        "reports/retention/returns.sql.jinja",
        is_born=is_step(definition.born, given),
        is_returned=is_step(definition.returned, given),
        is_return="" if _is_always_return(definition) else is_step(definition.returned, given),
        label=label_of(property_json(definition.on, given), definition, given) if definition.on else "",
        limit=given.add("INT64", definition.limit),
        is_recurring=definition.mode is Mode.RECURRING,
        is_first_ever=definition.first_ever,
        is_calendar=definition.align is Align.CALENDAR,
        start=given.add("INT64", micros_of(days.start)),
        period=question.clock(days).period("micros", definition.unit),
        day=question.clock(ahead).day("e.micros"),
        unit=_UNITS[definition.unit],
        length=given.add_length(LENGTHS[definition.unit]),
        reach=given.add_length(buckets.ends[-1] * LENGTHS[definition.unit]),
        ends=_ends(definition, buckets, question),
        total=given.add("INT64", buckets.ends[-1]),
        counting=definition.counting.value,
    )


def _ends(definition: Retention, buckets: Buckets, question: Question) -> list[str]:
    """The first unit after each bucket; none where each is one unit long, which spares a CASE."""
    if set(definition.lengths) == {1}:
        return []
    return [question.parameters.add("INT64", end) for end in buckets.ends]


def _is_always_return(definition: Retention) -> bool:
    """Whether every born event is of the kind that counts as a return."""
    born, returned = definition.born, definition.returned
    is_any = not returned.events and returned.where is None
    return is_any or (born.events, born.where) == (returned.events, returned.where)
