"""Everything about a project's queries that a test can set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mixpanel_data_standins.mixpanel.faults import Faults
from mixpanel_data_standins.mixpanel.querying.state.quotas import QueryGate, QueryQuotas
from mixpanel_data_standins.mixpanel.querying.state.saved import Annotation, Bookmark, Cohort, Funnel
from mixpanel_data_standins.mixpanel.querying.state.sessions import Sessions


@dataclass(eq=False, slots=True)
class Queries:
    """Saved reports, limits and faults of a project's queries. All but the last four can be replaced at any time.

    quotas           the quotas of queries.
    allows_queries   whether the plan includes queries; without, each is answered with 402, exports as usual.
    history_days     a query of older days is answered with 403; None: any day.
    gone             paths below /api/query/ that Mixpanel has retired, with their status: {"jql": 410}.
    is_untidy        series newest first and without their zeros, as Mixpanel sometimes sends them.
    page_size        profiles per page, at most and by default.
    caches_pages     whether later pages come from the result of the first; else each page looks anew, so that a
                     profile that changed meanwhile is sent twice or missed.
    numeric_ids      ids of profiles that look like a number are JSON numbers.
    funnels, cohorts, bookmarks, annotations   what people saved.
    faults           the faults of the next queries, whatever they ask.
    app_faults       those of the next calls of `/api/app/me` and of annotations.
    gate, sessions   the counted queries, and the open sessions of queries of profiles.
    """

    quotas: QueryQuotas = field(default_factory=QueryQuotas)
    allows_queries: bool = True
    history_days: int | None = None
    gone: Mapping[str, int] = field(default_factory=dict)
    is_untidy: bool = False
    page_size: int = 1000
    caches_pages: bool = True
    numeric_ids: bool = False
    funnels: tuple[Funnel, ...] = ()
    cohorts: tuple[Cohort, ...] = ()
    bookmarks: tuple[Bookmark, ...] = ()
    annotations: list[Annotation] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    app_faults: Faults = field(default_factory=Faults)
    gate: QueryGate = field(default_factory=QueryGate)
    sessions: Sessions = field(default_factory=Sessions)
