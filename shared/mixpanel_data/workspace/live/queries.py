"""The live queries of a workspace."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mixpanel_data.base.errors import MixpanelDataError, RequestError
from mixpanel_data.workspace.live import journeys, objects
from mixpanel_data.workspace.live.asking import (
    COUNT_UNITS,
    KINDS,
    LONG_UNITS,
    SEGMENTATION_UNITS,
    SHORT_UNITS,
    at_least_one,
    days_of,
    days_or_none,
    expression_of,
    json_object,
    name_of,
    names_of,
    one_of,
    property_of,
)
from mixpanel_data.workspace.live.series import counts_by_segment, counts_of, counts_of_events, total_of
from mixpanel_data.workspace.results import (
    ActivityFeedResult,
    Annotation,
    EventCountsResult,
    FrequencyResult,
    FunnelInfo,
    FunnelResult,
    JQLResult,
    NumericAverageResult,
    NumericBucketResult,
    NumericSumResult,
    PropertyCountsResult,
    RetentionResult,
    SavedCohort,
    SavedReportResult,
    SegmentationResult,
    TopEvent,
)

if TYPE_CHECKING:
    from mixpanel_data.clients.mixpanel.querying import QueryClient

log = logging.getLogger(__name__)

_LONGEST_INTERVAL_DAYS = 90

Day = str | date
"""A day of the project: `2026-01-31`, or a date. Ranges of days are inclusive at both ends."""


@dataclass(slots=True)
class _FunnelNames:
    """The names of the saved funnels, of which a project may have none; `are_known` once Mixpanel has listed them."""

    by_id: dict[int, str] = field(default_factory=dict)
    are_known: bool = False

    def learn(self, funnels: Sequence[FunnelInfo]) -> None:
        self.by_id = {funnel.funnel_id: funnel.name for funnel in funnels}
        self.are_known = True


class LiveQueries:
    """What a workspace asks Mixpanel directly. Each method is one query, and `funnel` one more the first time.

    Days are those of the project, both inclusive. `where` is a condition in Mixpanel's segmentation language, such as
    `properties["plan"] == "pro"`. `on` is the name of a property, or an expression in that language. All methods raise
    RequestError for a parameter that is wrong, before they ask Mixpanel, and the errors of `QueryClient`.
    """

    @property
    def api(self) -> "QueryClient":
        """The client of Mixpanel's query API."""
        raise NotImplementedError

    # What there is

    def events(self) -> list[str]:
        """Return the names of the project's events, sorted; Mixpanel lists those of about the last month."""
        return sorted(self.api.event_names())

    def properties(self, event: str) -> list[str]:
        """Return the names of an event's properties, sorted."""
        return sorted(self.api.top_properties(name_of("event", event)))

    def property_values(self, event: str, prop: str, limit: int = 100) -> list[str]:
        """Return common values of an event's property, at most `limit`, as text, also if they are numbers."""
        return self.api.property_values(name_of("event", event), name_of("prop", prop), at_least_one("limit", limit))

    def top_events(self, type: str = "general", limit: int | None = None) -> list[TopEvent]:  # noqa: A002, Mixpanel's name
        """Return today's most common events, with their change since yesterday.

        `type` is `general` (how often), `unique` (by how many users) or `average` (how often a user); `limit` is the
        most events, by default as many as Mixpanel chooses.
        """
        most = None if limit is None else at_least_one("limit", limit)
        return [objects.top_event_of(row) for row in self.api.top_events(one_of("type", type, KINDS), most)]

    def funnels(self) -> list[FunnelInfo]:
        """Return the saved funnels, by name."""
        found = [objects.funnel_of(row) for row in self.api.funnels()]
        self._funnel_names.learn(found)
        return sorted(found, key=lambda funnel: (funnel.name, funnel.funnel_id))

    def cohorts(self) -> list[SavedCohort]:
        """Return the saved cohorts, by name."""
        return sorted(map(objects.cohort_of, self.api.cohorts()), key=lambda cohort: (cohort.name, cohort.id))

    def annotations(self, from_date: Day | None = None, to_date: Day | None = None) -> list[Annotation]:
        """Return the notes on the project's charts, by date; without days, all of them. It takes no query."""
        found = self.api.annotations(days_or_none(from_date, to_date))
        return sorted(map(objects.annotation_of, found), key=lambda annotation: (annotation.date, annotation.id))

    # Counts

    def event_counts(
        self,
        events: str | Sequence[str],
        from_date: Day,
        to_date: Day,
        type: str = "general",  # noqa: A002, Mixpanel's name
        unit: str = "day",
    ) -> EventCountsResult:
        """Return how often each event happened, by date.

        `type` is `general` (how often), `unique` (by how many users) or `average` (how often a user); `unit` is
        `minute`, `hour`, `day`, `week` or `month`.
        """
        names, days = names_of("events", events), days_of(from_date, to_date)
        kind, unit = one_of("type", type, KINDS), one_of("unit", unit, COUNT_UNITS)
        counts = counts_of_events(self.api.event_series(names, days, kind=kind, unit=unit), names)
        return EventCountsResult(names, str(days.first), str(days.last), unit, kind, counts)

    def property_counts(
        self,
        event: str,
        property_name: str,
        from_date: Day,
        to_date: Day,
        type: str = "general",  # noqa: A002, Mixpanel's name
        unit: str = "day",
        values: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> PropertyCountsResult:
        """Return how often an event happened, by the value of a property and by date.

        `type` and `unit` are as in `event_counts`. `values` chooses values; `limit` is the most values, by default
        Mixpanel's 255.
        """
        event, name = name_of("event", event), name_of("property_name", property_name)
        days = days_of(from_date, to_date)
        kind, unit = one_of("type", type, KINDS), one_of("unit", unit, COUNT_UNITS)
        chosen = None if values is None else names_of("values", values)
        most = None if limit is None else at_least_one("limit", limit)
        series = self.api.property_series(event, name, days, kind=kind, unit=unit, values=chosen, limit=most)
        return PropertyCountsResult(event, name, str(days.first), str(days.last), unit, kind, counts_of(series))

    def segmentation(
        self,
        event: str,
        from_date: Day,
        to_date: Day,
        on: str | None = None,
        unit: str = "day",
        where: str | None = None,
    ) -> SegmentationResult:
        """Return how often an event happened, by date, and by the value of `on`, if it is given.

        Events without the property are in the segment `undefined`. `unit` is `minute`, `hour`, `day` or `month`.
        """
        event, days = name_of("event", event), days_of(from_date, to_date)
        unit = one_of("unit", unit, SEGMENTATION_UNITS)
        expression = None if on is None else expression_of(on)
        series = self.api.segmentation(event, days, unit=unit, on=expression, where=where)
        counts = counts_of_events(series, [event]) if on is None else counts_by_segment(series)
        segment = None if on is None else property_of(on)
        return SegmentationResult(event, str(days.first), str(days.last), unit, segment, total_of(counts), counts)

    def segmentation_numeric(
        self,
        event: str,
        from_date: Day,
        to_date: Day,
        on: str,
        unit: str = "day",
        where: str | None = None,
        type: str = "general",  # noqa: A002, Mixpanel's name
    ) -> NumericBucketResult:
        """Return how often an event happened, by date and by ranges of the number `on`, which Mixpanel chooses.

        `unit` is `hour` or `day`; `type` is as in `event_counts`.
        """
        event, days, unit = name_of("event", event), days_of(from_date, to_date), one_of("unit", unit, SHORT_UNITS)
        kind, on = one_of("type", type, KINDS), expression_of(on)
        series = self.api.segmentation_numeric(event, days, on, unit=unit, kind=kind, where=where)
        return NumericBucketResult(event, str(days.first), str(days.last), on, unit, counts_of(series))

    def segmentation_sum(
        self, event: str, from_date: Day, to_date: Day, on: str, unit: str = "day", where: str | None = None
    ) -> NumericSumResult:
        """Return the sum of the number `on` over an event, by date; `unit` is `hour` or `day`."""
        event, days, unit = name_of("event", event), days_of(from_date, to_date), one_of("unit", unit, SHORT_UNITS)
        on = expression_of(on)
        sums = self.api.segmentation_sum(event, days, on, unit=unit, where=where)
        return NumericSumResult(event, str(days.first), str(days.last), on, unit, dict(sums.results), sums.computed_at)

    def segmentation_average(
        self, event: str, from_date: Day, to_date: Day, on: str, unit: str = "day", where: str | None = None
    ) -> NumericAverageResult:
        """Return the average of the number `on` over an event, by date; `unit` is `hour` or `day`."""
        event, days, unit = name_of("event", event), days_of(from_date, to_date), one_of("unit", unit, SHORT_UNITS)
        on = expression_of(on)
        averages = self.api.segmentation_average(event, days, on, unit=unit, where=where)
        return NumericAverageResult(event, str(days.first), str(days.last), on, unit, dict(averages.results))

    # Journeys

    def funnel(
        self,
        funnel_id: int,
        from_date: Day,
        to_date: Day,
        unit: str | None = None,
        on: str | None = None,
        where: str | None = None,
    ) -> FunnelResult:
        """Return a saved funnel, its steps added up over the days; with `on`, also the steps of each value.

        `unit` is `day`, `week` or `month`, by default what Mixpanel chooses. A funnel whose name Mixpanel does not tell
        has an empty name, and a warning in the log.
        """
        days = days_of(from_date, to_date)
        unit = None if unit is None else one_of("unit", unit, LONG_UNITS)
        expression = None if on is None else expression_of(on)
        by_date = self.api.funnel(at_least_one("funnel_id", funnel_id), days, unit=unit, on=expression, where=where)
        steps = journeys.steps_of(by_date)
        return FunnelResult(
            funnel_id,
            self._funnel_name(funnel_id),
            str(days.first),
            str(days.last),
            journeys.conversion_of(steps),
            steps,
            {} if on is None else journeys.steps_by_segment(by_date),
        )

    def retention(
        self,
        born_event: str,
        return_event: str,
        from_date: Day,
        to_date: Day,
        born_where: str | None = None,
        return_where: str | None = None,
        interval: int = 1,
        interval_count: int = 10,
        unit: str = "day",
    ) -> RetentionResult:
        """Return which share of the users who did `born_event` for the first time did `return_event` later.

        `unit` is `day`, `week` or `month`. There are `interval_count` periods of `interval` units each; an interval
        other than 1 needs the unit `day`, and is at most 90.
        """
        days, unit = days_of(from_date, to_date), one_of("unit", unit, LONG_UNITS)
        length = _days_of_interval(interval, unit)
        by_date = self.api.retention(
            name_of("born_event", born_event),
            name_of("return_event", return_event),
            days,
            interval_count=at_least_one("interval_count", interval_count),
            unit=unit if length is None else None,
            interval=length,
            born_where=born_where,
            where=return_where,
        )
        cohorts = [journeys.cohort_of(day, row) for day, row in by_date.items()]
        return RetentionResult(born_event, return_event, str(days.first), str(days.last), unit, cohorts)

    def frequency(
        self,
        from_date: Day,
        to_date: Day,
        unit: str = "day",
        addiction_unit: str = "hour",
        event: str | None = None,
        where: str | None = None,
    ) -> FrequencyResult:
        """Return, by date, how many users were active in at least 1, 2, … hours or days of each `unit`.

        `unit` is `day`, `week` or `month`, `addiction_unit` is `hour` or `day`. Only `event` counts (None: any event).
        """
        days, unit = days_of(from_date, to_date), one_of("unit", unit, LONG_UNITS)
        part = one_of("addiction_unit", addiction_unit, SHORT_UNITS)
        event = None if event is None else name_of("event", event)
        data = self.api.frequency(days, unit=unit, addiction_unit=part, event=event, where=where)
        return FrequencyResult(event, str(days.first), str(days.last), unit, part, data)

    # Reports, users and scripts

    def insights(self, bookmark_id: int) -> SavedReportResult:
        """Return the numbers of a saved Insights report; its id is in the address of the report."""
        return objects.report_of(bookmark_id, self.api.insights(at_least_one("bookmark_id", bookmark_id)))

    def activity_feed(
        self, distinct_ids: str | Sequence[str], from_date: Day | None = None, to_date: Day | None = None
    ) -> ActivityFeedResult:
        """Return the events of some users, the oldest first; without days, those that Mixpanel chooses."""
        ids, days = names_of("distinct_ids", distinct_ids), days_or_none(from_date, to_date)
        found = sorted(map(objects.user_event_of, self.api.activity_feed(ids, days)), key=lambda event: event.time)
        first, last = (str(days.first), str(days.last)) if days else (None, None)
        return ActivityFeedResult(ids, first, last, found)

    def jql(self, script: str, params: Mapping[str, Any] | None = None) -> JQLResult:
        """Return what a JQL script emits; `params` are its `params`. Mixpanel is retiring JQL.

        Raises QueryError with the script's error and line if the script fails.
        """
        return JQLResult(self.api.jql(name_of("script", script), json_object("params", params or {})))

    @cached_property
    def _funnel_names(self) -> _FunnelNames:
        return _FunnelNames()

    def _funnel_name(self, funnel_id: int) -> str:
        """The name of a saved funnel, from a list that Mixpanel sends once; empty if it sends none."""
        if not self._funnel_names.are_known:
            try:
                self.funnels()
            except MixpanelDataError as error:
                # The numbers are there, and asking for them again would take another query.
                log.warning("The name of funnel %d is not known: %s", funnel_id, error)
                self._funnel_names.learn([])
        return self._funnel_names.by_id.get(funnel_id, "")


def _days_of_interval(interval: int, unit: str) -> int | None:
    """The interval in days; None where a period is one unit. Mixpanel takes a unit or an interval, not both."""
    if at_least_one("interval", interval) == 1:
        return None
    if unit != "day" or interval > _LONGEST_INTERVAL_DAYS:
        raise RequestError(
            f"interval is {interval} and unit is {unit!r}. Give an interval of 1, or one of at most "
            f"{_LONGEST_INTERVAL_DAYS} with the unit 'day'."
        )
    return interval
