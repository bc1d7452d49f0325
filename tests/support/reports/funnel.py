"""Funnels: pages docs/reports/funnels/funnels-advanced and funnels-faq."""

from collections.abc import Sequence
from datetime import date

from mixpanel_data.configuration.reports.choices import FunnelCount
from mixpanel_data.configuration.reports.definitions import Funnel
from support.reports.attempts import Attempt, attempts, seconds_between, seconds_to_convert, value_of
from support.reports.breakdowns import largest
from support.reports.days import is_within, long_periods, period_of
from support.reports.events import Event, Row, World, histories
from support.reports.ranges import days_asked
from support.reports.sessions import MIXPANELS_EXCLUDED, SESSION_TIMEOUT, sessions_of
from support.reports.values import mean, percentile, ratio

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
BELOW = (_MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR, _DAY, 3 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY)
"""The limits of the times to convert, in seconds."""

Counted = list[tuple[str | None, Attempt]]
"""The attempts that count, each with its segment; None without a breakdown."""


def funnel(definition: Funnel, events: Sequence[Event], world: World) -> Row:
    """The steps of the funnel, and the time to convert, by segment; with `unit`, also by period.

    Page funnels-faq, Line chart: each period is a funnel of its own, so that a user may enter in several. Decided: the
    segments shown are those with the most first steps, of all periods together.
    """
    people = histories(events, definition.by)
    counted = {
        period: [each for history in people.values() for each in _counted(history, definition, world, period)]
        for period in _periods(definition)
    }
    entries = [label for some in counted.values() for label, _ in some]
    sizes = {label: entries.count(label) for label in entries if label is not None}
    shown = largest(sizes, definition.limit) if definition.on else [None]
    rows, times = [], []
    for label in shown:
        for period, some in counted.items():
            key = {"segment": label, "period": period}
            of_segment = [attempt for its_label, attempt in some if its_label == label]
            rows += [key | row for row in _steps(of_segment, definition)]
            times.append(key | _time_to_convert(of_segment, definition))
    return {"rows": rows, "time_to_convert": times, "segments": len(sizes)}


def _periods(definition: Funnel) -> Sequence[date | None]:
    return [None] if definition.unit is None else long_periods(*days_asked(definition), definition.unit)


def _counted(history: Sequence[Event], definition: Funnel, world: World, period: date | None) -> Counted:
    """The attempts of one user that count, each with its segment.

    Page funnels-advanced, Counting Methods and User Count in Breakdown: Uniques enter with their first attempt, with a
    breakdown once in each segment, and only after the attempt before has ended; Totals with every attempt; Sessions
    once in each session. Decided: that holds too where a property is held constant, and in a session the first attempt
    counts, whatever its segment.
    """
    first, last = days_asked(definition)

    def may_begin(event: Event) -> bool:
        is_in_period = period is None or period_of(event.time, definition.unit or "", world.zone) == period
        return is_in_period and is_within(event.time, first, last, world.zone)

    if definition.count is FunnelCount.SESSIONS:
        sessions = sessions_of(history, world.zone, SESSION_TIMEOUT, MIXPANELS_EXCLUDED)
        found = [next(attempts(session, definition, may_begin), None) for session in sessions]
    else:
        found = list(attempts(history, definition, may_begin))
    labelled = [(value_of(attempt, definition) if definition.on else None, attempt) for attempt in found if attempt]
    return _first_of_each_segment(labelled) if definition.count is FunnelCount.USERS else labelled


def _first_of_each_segment(labelled: Counted) -> Counted:
    first: dict[str | None, Attempt] = {}
    for label, attempt in labelled:
        first.setdefault(label, attempt)
    return list(first.items())


def _steps(counted: Sequence[Attempt], definition: Funnel) -> list[Row]:
    """One row for each step: how many reached it, of the step before and of all, and how long it took them.

    Decided: mean and median are of the seconds from the step before; the first step has none, and no rate.
    """
    reached = [sum(len(attempt.steps) >= number for attempt in counted) for number in _numbers(definition)]
    rows = []
    for number, step in enumerate(definition.steps, start=1):
        seconds = [seconds_between(each, number) for each in counted if 1 < number <= len(each.steps)]
        rows.append(
            {
                "step": number,
                "title": step.title,
                "count": reached[number - 1],
                "rate_from_previous": ratio(reached[number - 1], reached[number - 2]) if number > 1 else None,
                "rate_from_first": ratio(reached[number - 1], reached[0]) if number > 1 else None,
                "mean_seconds": mean(seconds),
                "median_seconds": percentile(seconds, 0.5),
            }
        )
    return rows


def _time_to_convert(counted: Sequence[Attempt], definition: Funnel) -> Row:
    """The seconds from the first to the last step of those who converted.

    Page funnels-advanced, Time to Convert: from the first event to the last, measured on totals, percentiles
    approximate. Decided: of the attempts that count, and exact. `below` has how many took less than so many seconds.
    """
    seconds = [seconds_to_convert(each) for each in counted if len(each.steps) == len(definition.steps)]
    shares = {"p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9, "p99": 0.99}
    return {
        "converted": len(seconds),
        "mean": mean(seconds),
        "min": min(seconds, default=None),
        **{name: percentile(seconds, share) for name, share in shares.items()},
        "max": max(seconds, default=None),
        "below": {limit: sum(each < limit for each in seconds) for limit in BELOW},
    }


def _numbers(definition: Funnel) -> range:
    return range(1, len(definition.steps) + 1)
