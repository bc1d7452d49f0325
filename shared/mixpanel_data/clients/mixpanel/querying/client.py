"""The client of Mixpanel's query API."""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError, RequestError
from mixpanel_data.clients.mixpanel.credentials import Credentials
from mixpanel_data.clients.mixpanel.querying import answers
from mixpanel_data.clients.mixpanel.querying.answers import EngagePage, Numbers, Series
from mixpanel_data.clients.mixpanel.querying.days import Days
from mixpanel_data.clients.mixpanel.querying.ledger import QueryLedger
from mixpanel_data.clients.mixpanel.querying.refusals import remedies
from mixpanel_data.clients.mixpanel.querying.sending import Cost, Query, Sender
from mixpanel_data.clients.mixpanel.region import Region
from mixpanel_data.clients.mixpanel.transport import Transport
from mixpanel_data.clients.retries import Sleep

# Mixpanel's defaults are lower, and cut an answer off without a word.
_MOST_NAMES = 5000
_MOST_SEGMENTS = 10_000


@dataclass(slots=True)
class QueryClient:
    """The query API of the project that `credentials` name, with a method for each endpoint. Threads can share it.

    `base_url` replaces the host of the region. Days are those of the project, both inclusive; an expression is one of
    Mixpanel's segmentation language. Only the client that `within` returns has a deadline.

    Each query counts against Mixpanel's quota, 60 in an hour for a project, and `ledger` notes it. Each method raises
    AuthenticationError, PlanError if the plan excludes queries, QueryError if Mixpanel refuses the query or its answer
    has an unknown shape, RequestError for text that UTF-8 cannot hold, RateLimitError, DeadlineError and
    UnavailableError.
    """

    credentials: Credentials
    region: Region
    ledger: QueryLedger
    base_url: str | None = None
    sleep: Sleep | None = None
    _sender: Sender = field(init=False, repr=False)

    def __post_init__(self) -> None:
        transport = Transport(self.credentials.secrets(), remedies(self.region), self.sleep)
        server = self.base_url or self.region.app_url
        self._sender = Sender(self.credentials, server, self.ledger, transport)

    def within(self, deadline: Deadline, *, is_waiting: bool = False) -> "QueryClient":
        """Return this client for one call, which ends by the deadline; it shares the connections and the ledger.

        `is_waiting`: a query that is refused for now waits until it may be tried, instead of raising RateLimitError.
        """
        bound = copy.copy(self)
        bound._sender = self._sender.within(deadline, is_waiting=is_waiting)
        return bound

    @property
    def answered_at(self) -> datetime | None:
        """The start of Mixpanel's last answer, a refusal too, by its own clock in whole seconds; None if none says."""
        return self._sender.transport.clock.answered_at

    def close(self) -> None:
        """Close the idle connections."""
        self._sender.transport.sessions.close()

    def me(self) -> Mapping[str, Any]:
        """Return the account of the credentials and its projects (`GET /api/app/me`). This takes no query."""
        document = self._sender.document(Query("/api/app/me", {}, cost=Cost.NOTHING))
        return answers.mapping(document, "results")

    # Events

    def event_names(self) -> list[str]:
        """Return the names of the most common events of about the last month (`events/names`)."""
        return answers.texts(self._get("events/names", type="general", limit=_MOST_NAMES))

    def event_series(self, events: Sequence[str], days: Days, *, kind: str, unit: str) -> Series:
        """Return how often these events happened, by name and date (`events`)."""
        return answers.series(self._get("events", days, event=_json(events), type=kind, unit=unit))

    def top_events(self, kind: str = "general", limit: int | None = None) -> list[Mapping[str, Any]]:
        """Return today's most common events: `event`, `amount`, and `percent_change` since yesterday (`events/top`)."""
        return answers.rows(self._get("events/top", type=kind, limit=limit), "events")

    def property_series(
        self,
        event: str,
        name: str,
        days: Days,
        *,
        kind: str,
        unit: str,
        values: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> Series:
        """Return how often an event happened, by the value of a property and by date (`events/properties`)."""
        chosen = _json(values) if values is not None else None
        answer = self._get(
            "events/properties", days, event=event, name=name, values=chosen, type=kind, unit=unit, limit=limit
        )
        return answers.series(answer)

    def top_properties(self, event: str) -> list[str]:
        """Return the names of an event's properties, the most common ones first (`events/properties/top`)."""
        return list(answers.mapping(self._get("events/properties/top", event=event, limit=_MOST_NAMES)))

    def property_values(self, event: str, name: str, limit: int) -> list[str]:
        """Return common values of a property, at most `limit`, as text (`events/properties/values`)."""
        return answers.texts(self._get("events/properties/values", event=event, name=name, limit=limit))

    # Segmentation

    def segmentation(
        self, event: str, days: Days, *, unit: str, on: str | None = None, where: str | None = None
    ) -> Series:
        """Return how often an event happened, by the value of an expression and by date (`segmentation`).

        Without `on`, the only name is the event's.
        """
        limit = _MOST_SEGMENTS if on is not None else None
        answer = self._get(
            "segmentation", days, event=event, unit=unit, on=on, where=where, type="general", limit=limit
        )
        return answers.series(answer)

    def segmentation_numeric(
        self, event: str, days: Days, on: str, *, unit: str, kind: str, where: str | None = None
    ) -> Series:
        """Return how often an event happened, by a range of numbers and by date (`segmentation/numeric`)."""
        answer = self._get("segmentation/numeric", days, event=event, on=on, unit=unit, type=kind, where=where)
        return answers.series(answer)

    def segmentation_sum(self, event: str, days: Days, on: str, *, unit: str, where: str | None = None) -> Numbers:
        """Return the sum of an expression over an event, by date (`segmentation/sum`)."""
        return answers.numbers(self._get("segmentation/sum", days, event=event, on=on, unit=unit, where=where))

    def segmentation_average(self, event: str, days: Days, on: str, *, unit: str, where: str | None = None) -> Numbers:
        """Return the average of an expression over an event, by date (`segmentation/average`)."""
        return answers.numbers(self._get("segmentation/average", days, event=event, on=on, unit=unit, where=where))

    # Funnels, retention and frequency

    def funnels(self) -> list[Mapping[str, Any]]:
        """Return the saved funnels: `funnel_id` and `name` (`funnels/list`)."""
        return answers.rows(self._get("funnels/list"))

    def funnel(
        self, funnel_id: int, days: Days, *, unit: str | None = None, on: str | None = None, where: str | None = None
    ) -> Mapping[str, Mapping[str, Any]]:
        """Return a saved funnel by date (`funnels`).

        Each date has the list `steps`; with `on`, it has a list of steps for each value, and one for `$overall`.
        """
        limit = _MOST_SEGMENTS if on is not None else None
        answer = self._get("funnels", days, funnel_id=funnel_id, unit=unit, on=on, where=where, limit=limit)
        by_date = answers.mapping(answer, "data")
        return {day: answers.mapping(by_date, day) for day in sorted(by_date)}

    def retention(
        self,
        born_event: str,
        event: str,
        days: Days,
        *,
        interval_count: int,
        unit: str | None = None,
        interval: int | None = None,
        born_where: str | None = None,
        where: str | None = None,
    ) -> dict[str, Mapping[str, Any]]:
        """Return how many users came back, by the date of their first `born_event` (`retention`).

        Each date has `first`, the number of users, and `counts`, how many of them did `event` in each period. A period
        is one `unit`, or `interval` days.
        """
        answer = self._get(
            "retention",
            days,
            retention_type="birth",
            born_event=born_event,
            event=event,
            born_where=born_where,
            where=where,
            unit=unit,
            interval=interval,
            interval_count=interval_count,
        )
        by_date = answers.mapping(answer)
        return {day: answers.mapping(by_date, day) for day in sorted(by_date)}

    def frequency(
        self,
        days: Days,
        *,
        unit: str,
        addiction_unit: str,
        event: str | None = None,
        where: str | None = None,
    ) -> dict[str, list[int]]:
        """Return, by date, how many users were active in at least 1, 2, … `addiction_unit`s (`retention/addiction`)."""
        answer = self._get(
            "retention/addiction", days, unit=unit, addiction_unit=addiction_unit, event=event, where=where
        )
        return answers.counts(answer, "data")

    # What is saved in the project

    def insights(self, bookmark_id: int) -> Mapping[str, Any]:
        """Return a saved report: `computed_at`, `date_range`, `headers` and `series` (`insights`)."""
        answer = self._get("insights", bookmark_id=bookmark_id)
        answers.mapping(answer, "series")
        return answers.mapping(answer)

    def cohorts(self) -> list[Mapping[str, Any]]:
        """Return the saved cohorts: `id`, `name`, `count` and more (`POST cohorts/list`)."""
        return answers.rows(self._sender.document(Query("/api/query/cohorts/list", {}, form={})))

    def annotations(self, days: Days | None = None) -> list[Mapping[str, Any]]:
        """Return the notes on the project's charts: `id`, `date`, `description` and more. This takes no query.

        Raises ConfigError if the credentials name no project.
        """
        if self.credentials.project_id is None:
            raise ConfigError("Annotations belong to a project, and its number is not known. Set MIXPANEL_PROJECT_ID.")
        path = f"/api/app/projects/{self.credentials.project_id}/annotations"
        chosen = {"fromDate": days.first.isoformat(), "toDate": days.last.isoformat()} if days else {}
        return answers.rows(self._sender.document(Query(path, chosen, cost=Cost.NOTHING)), "results")

    # Users

    def activity_feed(self, distinct_ids: Sequence[str], days: Days | None = None) -> list[Mapping[str, Any]]:
        """Return the events of some users: `event` and `properties` (`stream/query`)."""
        answer = self._get("stream/query", days, distinct_ids=_json(distinct_ids))
        return answers.rows(answer, "results", "events")

    def engage(
        self,
        *,
        where: str | None = None,
        cohort_id: int | None = None,
        output_properties: Sequence[str] | None = None,
        session_id: str | None = None,
        page: int = 0,
    ) -> EngagePage:
        """Return a page of profiles (`POST engage`). Pages after the first need the `session_id` of the first.

        The ledger notes the first page only. In a project where Mixpanel counts every page, it answers 429 in the end.
        """
        form = {
            "where": where,
            "filter_by_cohort": None if cohort_id is None else _json({"id": cohort_id}),
            "output_properties": None if output_properties is None else _json(output_properties),
            "session_id": session_id,
            "page": page if session_id is not None else None,
        }
        cost = Cost.QUERY if session_id is None else Cost.PAGE
        return answers.engage_page(self._sender.document(Query("/api/query/engage", {}, _sent(form), cost)))

    # JQL

    def jql(self, script: str, parameters: Mapping[str, Any] | None = None) -> list[Any]:
        """Return the JSON values that a script emits (`POST jql`). `parameters` become the script's `params`.

        Raises QueryError with the script's error and line if it fails, and with other ways to ask if JQL is gone.
        """
        form = _sent({"script": script, "params": _json(parameters or {})})
        return answers.items(self._sender.document(Query("/api/query/jql", {}, form, script=script)))

    def _get(self, path: str, days: Days | None = None, **parameters: object) -> Any:
        chosen = {**(days.parameters() if days else {}), **_sent(parameters)}
        return self._sender.document(Query(f"/api/query/{path}", chosen))


def _sent(parameters: Mapping[str, object]) -> dict[str, str]:
    """The parameters as text, without those that are None. Raises RequestError for one that cannot be sent."""
    given = {name: str(value) for name, value in parameters.items() if value is not None}
    for name, value in given.items():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise RequestError(
                f"{name} has half of a character in it, which cannot be sent: {value!r}. Remove it."
            ) from error
    return given


def _json(value: object) -> str:
    # As ASCII: half a UTF-16 pair, which a name can have, has no bytes in UTF-8, but an escape in JSON.
    return json.dumps(value)
