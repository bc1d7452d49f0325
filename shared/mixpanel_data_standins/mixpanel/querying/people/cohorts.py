"""`/cohorts/list`, and the members of a cohort."""

from __future__ import annotations

from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.reading.expressions import profile_test
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters
from mixpanel_data_standins.mixpanel.querying.state.saved import Cohort
from mixpanel_data_standins.mixpanel.querying.state.sessions import Profile


def saved(project: Project, _given: Parameters) -> list[dict[str, object]]:
    """The saved cohorts with the number of their members."""
    return [
        {
            "id": cohort.cohort_id,
            "name": cohort.name,
            "count": len(members(project, cohort)),
            "is_visible": int(cohort.is_visible),
            "description": cohort.description,
            "created": f"{cohort.created:%Y-%m-%d %H:%M:%S}",
            "project_id": int(project.access.project_id),
        }
        for cohort in project.queries.cohorts
    ]


def members(project: Project, cohort: Cohort) -> list[Profile]:
    """The members of a cohort with their properties, those without a profile last."""
    fulfils = profile_test(cohort.where) if cohort.where is not None else lambda _properties: False
    profiles = project.profiles.items()
    found = [(id_, properties) for id_, properties in profiles if id_ in cohort.members or fulfils(properties)]
    return found + [(id_, {}) for id_ in sorted(cohort.members - {id_ for id_, _ in profiles})]
