"""Answers the queries below `/api/query/`, and by their older paths below `/api/2.0/`: fault, plan, quota, result."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NoReturn

from mixpanel_data_standins.mixpanel import where
from mixpanel_data_standins.mixpanel.answers import Answer, Headers, RefusalError, Request
from mixpanel_data_standins.mixpanel.events.pieces import Fresh
from mixpanel_data_standins.mixpanel.faults import Fault, Status
from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.counts import events, insights, properties, segmentation
from mixpanel_data_standins.mixpanel.querying.journeys import addiction, funnels, retention
from mixpanel_data_standins.mixpanel.querying.jql import endpoint as jql
from mixpanel_data_standins.mixpanel.querying.people import activity, cohorts, engage
from mixpanel_data_standins.mixpanel.querying.reading.expressions import bad_expression
from mixpanel_data_standins.mixpanel.querying.reading.occurrences import local_now
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters, parameters_of
from mixpanel_data_standins.mixpanel.querying.refusals import refusal_of

PREFIXES = ("/api/query/", "/api/2.0/")
UNCOUNTED = frozenset({401, 402, 429})

Query = Callable[[Project, Parameters], object]
QUERIES: Mapping[str, Query] = {
    "events": events.counts,
    "events/names": events.names,
    "events/top": events.top,
    "events/properties": properties.counts,
    "events/properties/top": properties.top,
    "events/properties/values": properties.values,
    "segmentation": segmentation.counts,
    "segmentation/numeric": segmentation.numeric,
    "segmentation/sum": segmentation.sums,
    "segmentation/average": segmentation.averages,
    "insights": insights.report,
    "funnels": funnels.report,
    "funnels/list": funnels.saved,
    "retention": retention.report,
    "retention/addiction": addiction.report,
    "engage": engage.pages,
    "cohorts/list": cohorts.saved,
    "stream/query": activity.feed,
    "jql": jql.result,
}
# Those that Mixpanel's reference has as POST; all others are GET.
POSTED: Mapping[str, tuple[str, ...]] = {
    "engage": ("GET", "POST"),
    "cohorts/list": ("GET", "POST"),
    "jql": ("POST",),
}
HEADERS: Mapping[str, Headers] = {"stream/query": (("Deprecation", "true"),)}


def is_for(path: str) -> bool:
    """Whether a request with this path is a query."""
    return _name(path) in QUERIES


def answer(project: Project, request: Request) -> Answer:
    """Answer a query, with the next of its faults. RefusalError where the answer is not 200."""
    fault = project.queries.faults.take()
    try:
        return _answer(project, request, fault)
    except RefusalError as error:
        _raise(error, request)


def _answer(project: Project, request: Request, fault: Fault | None) -> Answer:
    name, queries = _name(request.path), project.queries
    project.access.check(request)
    if not queries.allows_queries:
        raise refusal_of(Status(402), request)
    given, started = parameters_of(request), project.now()
    counts = queries.quotas.count_pages or not (name == "engage" and engage.is_later_page(given))
    queries.gate.enter(queries.quotas, request, started, counts=counts)
    try:
        if isinstance(fault, Status):
            raise refusal_of(fault, request)
        _check(project, request, name, given)
        body = json.dumps(QUERIES[name](project, given), ensure_ascii=False)
    except BaseException as error:
        queries.gate.leave()
        if counts and isinstance(error, RefusalError) and error.status in UNCOUNTED:
            queries.gate.forget(started)
        if isinstance(error, where.ExpressionError):
            raise bad_expression(error, "expression") from error
        raise
    content = iter([Fresh(body.encode("utf-8", "surrogatepass"))])
    return Answer(200, content, "application/json", HEADERS.get(name, ()), fault, queries.gate.leave)


def _check(project: Project, request: Request, name: str, given: Parameters) -> None:
    """Refuse what Mixpanel has retired, a wrong method, and days that the plan does not keep."""
    gone = project.queries.gone.get(name)
    if gone is not None:
        raise RefusalError(gone, f"{request.path} is no longer available")
    if request.method not in POSTED.get(name, ("GET",)):
        raise RefusalError(405, f"{request.method} is not allowed for {request.path}")
    kept = project.queries.history_days
    oldest = None if kept is None else local_now(project).date() - timedelta(days=kept)
    if oldest is not None and given.text("from_date") is not None and given.day("from_date") < oldest:
        raise RefusalError(403, f"Date range exceeds {kept} days into the past")


def _name(path: str) -> str:
    prefix = next((one for one in PREFIXES if path.startswith(one)), None)
    return "" if prefix is None else path.removeprefix(prefix).rstrip("/")


def _raise(error: RefusalError, request: Request) -> NoReturn:
    """Raise a refusal in the form in which queries are refused."""
    if error.whole:
        raise error
    body = json.dumps({"request": request.target, "error": error.text})
    raise RefusalError(error.status, body, error.headers, whole=True) from error
