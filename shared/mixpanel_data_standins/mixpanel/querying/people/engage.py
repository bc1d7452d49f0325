"""`/engage`: profiles page by page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mixpanel_data_standins.mixpanel.answers import RefusalError
from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.people.cohorts import members
from mixpanel_data_standins.mixpanel.querying.reading.expressions import profile_test
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters, wrong
from mixpanel_data_standins.mixpanel.querying.state.sessions import Profile, Session

MOST_IDS = 2000
_NO_SESSION = "request for page in uncached query for params"


def is_later_page(given: Parameters) -> bool:
    """Whether a query asks for a page of an earlier one, which costs no quota where pages are free."""
    return given.text("session_id") is not None and given.text("page") not in (None, "0")


def pages(project: Project, given: Parameters) -> dict[str, object]:
    """A page of the profiles that fulfil a query. The first page opens the session that the later ones have to name.

    Every page names the session; only the first one has the true `total`, a later one its own length."""
    page, session_id = _page(given), given.text("session_id")
    if session_id is None:
        if page:
            raise RefusalError(400, _NO_SESSION)
        session = _opened(project, given)
        session_id = project.queries.sessions.open(session, int(project.now().timestamp()))
    else:
        session = _open(project, session_id)
    found = session.found if project.queries.caches_pages else tuple(_found(project, Parameters(session.parameters)))
    size = session.page_size
    results = found[page * size : (page + 1) * size]
    wanted = Parameters(session.parameters).strings("output_properties")
    return {
        "status": "ok",
        "page": page,
        "page_size": size,
        "total": len(results) if page else len(found),
        "session_id": session_id,
        "results": [_result(project, profile, wanted) for profile in results],
    }


def _page(given: Parameters) -> int:
    text = given.text("page") or "0"
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise wrong("page", text, "a number")
    return int(text)


def _opened(project: Project, given: Parameters) -> Session:
    given.refuse("behaviors", "data_group_id")
    given.strings("output_properties")
    size = min(given.number("page_size", project.queries.page_size, 10**6), project.queries.page_size)
    return Session(dict(given.given), tuple(_found(project, given)), size)


def _open(project: Project, session_id: str) -> Session:
    session = project.queries.sessions.get(session_id)
    if session is None:
        raise RefusalError(400, _NO_SESSION)
    return session


def _found(project: Project, given: Parameters) -> list[Profile]:
    fulfils, ids = profile_test(given.text("where")), _ids(given)
    candidates = _candidates(project, given.json("filter_by_cohort"), given)
    return [(id_, properties) for id_, properties in candidates if (ids is None or id_ in ids) and fulfils(properties)]


def _ids(given: Parameters) -> set[str] | None:
    one, several = given.text("distinct_id"), given.strings("distinct_ids")
    if several is not None and len(several) > MOST_IDS:
        raise wrong("distinct_ids", f"{len(several)} ids", f"at most {MOST_IDS} ids")
    if several is not None:
        return set(several)
    return None if one is None else {one}


def _candidates(project: Project, cohort: object, given: Parameters) -> list[Profile]:
    profiles = project.profiles.items()
    if cohort is None:
        return profiles
    cohort_id = cohort.get("id") if isinstance(cohort, Mapping) else None
    found = next((one for one in project.queries.cohorts if one.cohort_id == cohort_id), None)
    if found is None:
        raise RefusalError(400, f"filter_by_cohort: cohort {cohort_id} does not exist")
    everyone = members(project, found)
    if given.flag("include_all_users", otherwise=True):
        return everyone
    known = {id_ for id_, _ in profiles}
    return [(id_, properties) for id_, properties in everyone if id_ in known]


def _result(project: Project, profile: Profile, wanted: list[str] | None) -> dict[str, Any]:
    distinct_id, properties = profile
    if wanted is not None:
        properties = {name: properties[name] for name in wanted if name in properties}
    is_number = project.queries.numeric_ids and re.fullmatch(r"0|[1-9]\d{0,15}", distinct_id, re.ASCII)
    return {"$distinct_id": int(distinct_id) if is_number else distinct_id, "$properties": properties}
