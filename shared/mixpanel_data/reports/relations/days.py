"""The days that a report asks for."""

from datetime import date

from mixpanel_data.configuration.reports.definitions import Report
from mixpanel_data.configuration.reports.people import AboutPeople, Cohort


def days_asked(definition: Report | Cohort) -> tuple[date, date]:
    """The first and the last day, both inclusive. Raises ValueError where the definition leaves one open."""
    if definition.from_date is None or definition.to_date is None:
        raise ValueError("the definition has no days; give from_date and to_date")
    return definition.from_date, definition.to_date


def days_or_none(definition: Report | AboutPeople) -> tuple[date, date] | tuple[None, None]:
    """The same; twice None for a report that has no days, and for a cohort that is asked for its members alone.

    Raises ValueError where one day is given without the other.
    """
    if isinstance(definition, Report | Cohort) and not _has_no_days(definition):
        return days_asked(definition)
    return None, None


def _has_no_days(definition: Report | Cohort) -> bool:
    return isinstance(definition, Cohort) and definition.from_date is None and definition.to_date is None
