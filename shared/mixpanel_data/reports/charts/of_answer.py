"""The charts of an answer."""

from collections.abc import Sequence

from mixpanel_data.configuration.reports.definitions import (
    ActiveUsers,
    Frequency,
    Funnel,
    Paths,
    Report,
    Retention,
    Segmentation,
    Sessions,
)
from mixpanel_data.configuration.reports.people import Cohort, Journey, Profile, Profiles
from mixpanel_data.reports.charts.counts import charts_of_active_users, charts_of_frequency, charts_of_segmentation
from mixpanel_data.reports.charts.funnels import charts_of_funnel
from mixpanel_data.reports.charts.journeys import charts_of_paths, charts_of_sessions
from mixpanel_data.reports.charts.people import charts_of_cohort, charts_of_profile, charts_of_profiles
from mixpanel_data.reports.charts.retention import charts_of_retention
from mixpanel_data.reports.charts.shapes import Chart, Description, Part
from mixpanel_data.reports.charts.timelines import charts_of_journey


def charts_of(description: Description, parts: Sequence[Part]) -> list[Chart]:
    """What there is to see, the most important first; parts of several segments and periods share a chart if they can.

    Raises TypeError for a definition that has no charts.
    """
    if not parts:
        return []
    if not isinstance(description.definition, Report):
        return _about_people(description, parts[0])
    match description.definition:
        case Segmentation() as definition:
            return charts_of_segmentation(definition, description, parts)
        case ActiveUsers() as definition:
            return charts_of_active_users(definition.unit.value, description, parts)
        case Frequency() as definition:
            return charts_of_frequency(definition, description, parts)
        case Funnel() as definition:
            return charts_of_funnel(definition, description, parts)
        case Retention() as definition:
            return charts_of_retention(definition, description, parts)
        case Sessions() as definition:
            return charts_of_sessions(definition.unit.value, description, parts)
        case Paths():
            return charts_of_paths(description, parts)
    raise TypeError(f"{type(description.definition).__name__} has no charts")


def _about_people(description: Description, part: Part) -> list[Chart]:
    match description.definition:
        case Journey():
            return charts_of_journey(description, part)
        case Profile():
            return charts_of_profile(description, part)
        case Profiles():
            return charts_of_profiles(description, part)
        case Cohort() as definition:
            return charts_of_cohort(definition, description, part)
    raise TypeError(f"{type(description.definition).__name__} has no charts")
