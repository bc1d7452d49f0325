"""Segmentation: page docs/reports/insights."""

from collections.abc import Mapping
from typing import Any

from mixpanel_data.configuration.reports.choices import Measure
from mixpanel_data.configuration.reports.definitions import Segmentation
from mixpanel_data.reports.counts.measures import MEASURES, figure_of_nothing
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.conditions import is_step, property_json
from mixpanel_data.reports.relations.days import days_asked
from mixpanel_data.reports.relations.events import names_in
from mixpanel_data.reports.relations.labels import label_of
from mixpanel_data.reports.relations.parameters import Parameters
from mixpanel_data.reports.relations.question import Question
from mixpanel_data.reports.relations.windows import periods
from mixpanel_data.warehouse.base import Row


def segmentation(definition: Segmentation, asking: Asking) -> dict[str, Any]:
    """The measure of each step by segment, in every period of the range, and over the range.

    `rows`: one for each step, segment and period. `totals`: one for each step and segment, worked out from all events
    of the range, because uniques, averages and percentiles do not add up. `segments`: how many segments each step has,
    beyond the `limit` too. Without `on`, that is 0, and the only segment in `rows` is None.

    Page insights: a user counts in every segment that has an event of theirs. Nobody's events count as events, and not
    in `unique` and `average`; a mean, bound or percentile of no numbers is None, a sum 0. Percentiles are exact, linear
    between neighbours. Raises ValueError for a definition without days, RequestError for too many periods, and what the
    warehouse raises.
    """
    first, last = days_asked(definition)
    every_period = periods(first, last, definition.unit, asking.zone)
    found = _figures(definition, asking)
    rows, totals, segments = [], [], []
    for number, step in enumerate(definition.events, start=1):
        of_step = [row for row in found if row["step"] == number]
        segments.append(_count_of_segments(of_step, definition))
        for label, values in _by_label(of_step, definition).items():
            key = {"step": number, "event": step.title, "segment": label}
            totals.append(key | {"value": values.get(None, figure_of_nothing(definition.measure))})
            rows += [
                key | {"period": period, "value": values.get(period, figure_of_nothing(definition.measure))}
                for period in every_period
            ]
    return {"rows": rows, "totals": totals, "segments": segments}


def _figures(definition: Segmentation, asking: Asking) -> list[Row]:
    question = Question(asking)
    parameters = question.parameters
    window = asking.window(*days_asked(definition))
    question.add_events(window, names_in(definition.events))
    measure = MEASURES[definition.measure]
    return question.rows(
        "reports/counts/segmentation.sql.jinja",
        on=property_json(definition.on, parameters) if definition.on else "NULL",
        property=property_json(definition.property, parameters) if definition.property else "NULL",
        label=label_of("of_breakdown", definition, parameters) if definition.on else "''",
        period=question.clock(window).period("micros", definition.unit),
        value=measure.value("measured"),
        has_steps=len(definition.events) > 1,
        steps=parameters.add("ARRAY<INT64>", list(range(1, len(definition.events) + 1))),
        fits=_fits(definition, parameters),
        share=measure.share,
        figure=measure.figure,
        size="COUNT(DISTINCT user_id)" if definition.measure is Measure.UNIQUE else "COUNT(*)",
        limit=parameters.add("INT64", definition.limit),
    )


def _fits(definition: Segmentation, parameters: Parameters) -> str:
    conditions = [is_step(step, parameters) for step in definition.events]
    if len(conditions) == 1:
        return conditions[0]
    cases = [f"WHEN {number} THEN {condition}" for number, condition in enumerate(conditions, start=1)]
    return f"CASE step {' '.join(cases)} END"


def _count_of_segments(found: list[Row], definition: Segmentation) -> int:
    return found[0]["segments"] if found and definition.on is not None else 0


def _by_label(found: list[Row], definition: Segmentation) -> Mapping[str | None, dict[Any, Any]]:
    """The figures by period, that of the range under None, of each segment, the largest first."""
    by_label: dict[str | None, dict[Any, Any]] = {} if definition.on else {None: {}}
    for row in sorted(found, key=lambda row: row["place"]):
        label = row["label"] if definition.on else None
        by_label.setdefault(label, {})[row["period"]] = row["value"]
    return by_label
