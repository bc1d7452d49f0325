"""The parts of an answer: the report of each period and segment that a definition asks for."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

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
from mixpanel_data.configuration.reports.people import AboutPeople, Cohort, Journey, Profile, Profiles
from mixpanel_data.reports.counts.active_users import active_users
from mixpanel_data.reports.counts.frequency import frequency
from mixpanel_data.reports.counts.segmentation import segmentation
from mixpanel_data.reports.funnels.report import funnel
from mixpanel_data.reports.journeys.paths import paths
from mixpanel_data.reports.journeys.sessions import sessions
from mixpanel_data.reports.people.cohort import cohort
from mixpanel_data.reports.people.journey import journey
from mixpanel_data.reports.people.profile import profile
from mixpanel_data.reports.people.profiles import profiles
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.days import days_asked, days_or_none
from mixpanel_data.reports.retention.report import retention

Part = dict[str, Any]
"""The figures of one period and segment: `from_date`, `to_date` (None without days), `segment` (its place in
`segments`, or None), and what the report returns."""

_REPORTS: Mapping[type, Callable[[Any, Asking], Part]] = {
    Segmentation: segmentation,
    ActiveUsers: active_users,
    Frequency: frequency,
    Funnel: funnel,
    Retention: retention,
    Sessions: sessions,
    Paths: paths,
    Journey: journey,
    Profile: profile,
    Profiles: profiles,
    Cohort: cohort,
}


def about_people(definition: AboutPeople, asking: Asking) -> Part:
    """What is asked about users themselves; it has `rows` too, but no periods and segments.

    Of `asking` count the source and `saved`, and the zone and `as_of` where the definition has none. Raises ValueError
    for a cohort with one day alone, KeyError for a segment that is not saved, and what the warehouse raises.
    """
    as_of = (definition.as_of if isinstance(definition, Cohort) else None) or asking.as_of
    here = replace(asking, zone=definition.zone or asking.zone, as_of=as_of, by=definition.by, segment=None)
    return _REPORTS[type(definition)](definition, here)


def parts_of(definition: Report | AboutPeople, asking: Asking) -> list[Part]:
    """One part for each period and, within it, each segment; one of all that is asked about users themselves.

    The days asked for come first, those to compare with after them. Of `asking` count the source, `saved` and `now`,
    and the zone and `as_of` where the definition has none. Raises ValueError for a report over days without them,
    KeyError for a segment that is not saved, and what the warehouse raises.
    """
    if not isinstance(definition, Report):
        first, last = days_or_none(definition)
        return [{"from_date": first, "to_date": last, "segment": None, **about_people(definition, asking)}]
    return _parts_of_days(definition, asking)


def _parts_of_days(definition: Report, asking: Asking) -> list[Part]:
    report = _REPORTS[type(definition)]
    here = replace(
        asking, zone=definition.zone or asking.zone, as_of=definition.as_of or asking.as_of, by=definition.by
    )
    parts = []
    for first, last in _periods(definition):
        days = {"from_date": first, "to_date": last}
        asked = definition.model_copy(update=days)
        for place, segment in _segments(definition):
            parts.append({**days, "segment": place, **report(asked, replace(here, segment=segment))})
    return parts


def _periods(definition: Report) -> list[tuple[date, date]]:
    """The first and the last of the days asked for, and of those to compare with: these, or as many right before."""
    first, last = days_asked(definition)
    if definition.compare is None:
        return [(first, last)]
    if isinstance(definition.compare, Days):
        return [(first, last), (definition.compare.from_date, definition.compare.to_date)]
    # These can lie before all days that a definition may name.
    length = last - first + timedelta(days=1)
    return [(first, last), (first - length, last - length)]


def _segments(definition: Report) -> list[tuple[int | None, Configuration | None]]:
    return list(enumerate(definition.segments)) or [(None, definition.segment)]
