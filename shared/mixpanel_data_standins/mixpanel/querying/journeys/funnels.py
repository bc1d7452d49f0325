"""`/funnels/list` and `/funnels`: how many users go from step to step of a saved funnel, and how soon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from mixpanel_data_standins.mixpanel.answers import RefusalError
from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.reading import buckets
from mixpanel_data_standins.mixpanel.querying.reading.buckets import Buckets
from mixpanel_data_standins.mixpanel.querying.reading.expressions import Test, event_test, event_value, text_of
from mixpanel_data_standins.mixpanel.querying.reading.occurrences import Occurrence, by_user, occurrences
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters
from mixpanel_data_standins.mixpanel.querying.state.saved import Funnel, Step

MOST_DAYS = 90
MOST_SEGMENTS = 10_000
OVERALL = "$overall"
WINDOW_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A user's way through a funnel: the events that count as its steps, from the first to the last one reached."""

    reached: tuple[Occurrence, ...]


def saved(project: Project, _given: Parameters) -> list[dict[str, object]]:
    """The saved funnels."""
    return [{"funnel_id": funnel.funnel_id, "name": funnel.name} for funnel in project.queries.funnels]


def report(project: Project, given: Parameters) -> dict[str, object]:
    """The steps of a saved funnel for each bucket of days.

    In each bucket a user has one attempt, from the first event of the first step; each further step is the first
    event of its kind that is not earlier than the step before, within the window of the first one, also after
    `to_date`."""
    funnel, window = _funnel(project, given), _window(given)
    spans = _spans(given)
    attempts = _attempts(project, given, funnel, window or funnel.window, spans)
    on = given.text("on")
    if on is None:
        data: dict[str, object] = {spans.key(start): _answer(funnel, attempts.get(start, [])) for start in spans.starts}
    else:
        limit = given.number("limit", 255, MOST_SEGMENTS)
        data = {
            spans.key(start): _segments(project, funnel, attempts.get(start, []), on, limit) for start in spans.starts
        }
    return {"meta": {"dates": list(data)}, "data": data}


def _funnel(project: Project, given: Parameters) -> Funnel:
    funnel_id = given.id("funnel_id")
    found = next((one for one in project.queries.funnels if one.funnel_id == funnel_id), None)
    if found is None:
        raise RefusalError(400, f"funnel_id {funnel_id} does not exist")
    return found


def _window(given: Parameters) -> timedelta | None:
    if given.text("length") is None:
        return None
    window = given.number("length", 1, 10**8) * WINDOW_UNITS[given.choice("length_unit", tuple(WINDOW_UNITS))]
    if window > timedelta(days=MOST_DAYS):
        raise RefusalError(400, f"length must be at most {MOST_DAYS} days")
    return window


def _spans(given: Parameters) -> Buckets:
    if given.text("interval") is not None:
        return buckets.between(given.days(), "day", given.number("interval", 1, MOST_DAYS))
    return buckets.between(given.days(), given.choice("unit", ("day", "week", "month"), "day"))


def _attempts(
    project: Project, given: Parameters, funnel: Funnel, window: timedelta, spans: Buckets
) -> dict[datetime, list[Attempt]]:
    tests = [_step_test(project, step) for step in funnel.steps]
    passes = event_test(project, given.text("where"))
    days = spans.days[0], _later(spans.days[1], window)
    found = [one for one in occurrences(project, days, {step.event for step in funnel.steps}) if passes(one)]
    attempts: dict[datetime, list[Attempt]] = {}
    for history in by_user(found).values():
        entered: set[datetime] = set()
        for position, one in enumerate(history):
            start = spans.holding(one.at)
            if start is None or start in entered or not tests[0](one):
                continue
            entered.add(start)
            attempts.setdefault(start, []).append(_attempt(history[position:], tests, window))
    return attempts


def _step_test(project: Project, step: Step) -> Test:
    passes = event_test(project, step.where)
    return lambda one: one.event == step.event and passes(one)


def _later(day: date, window: timedelta) -> date:
    return day + timedelta(days=window.days + 1)


def _attempt(history: list[Occurrence], tests: list[Test], window: timedelta) -> Attempt:
    reached: list[Occurrence] = []
    for one in history:
        if len(reached) == len(tests) or one.at > history[0].at + window:
            break
        if tests[len(reached)](one):
            reached.append(one)
    return Attempt(tuple(reached))


def _answer(funnel: Funnel, attempts: list[Attempt]) -> dict[str, object]:
    counts = _counts(funnel, attempts)
    ratios = [_ratio(after, before) for before, after in pairwise(counts)]
    analysis = {
        "completion": counts[-1],
        "starting_amount": counts[0],
        "steps": len(counts),
        "worst": ratios.index(min(ratios)) + 1 if ratios else 0,
    }
    return {"steps": _steps(funnel, attempts), "analysis": analysis}


def _segments(
    project: Project, funnel: Funnel, attempts: list[Attempt], on: str, limit: int
) -> dict[str, list[dict[str, object]]]:
    """The steps of all attempts, and of those with each value of `on` at the first step, the most frequent first."""
    value = event_value(project, on)
    groups: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        groups.setdefault(text_of(value(attempt.reached[0])), []).append(attempt)
    ranked = sorted(groups, key=lambda name: (-len(groups[name]), name))[:limit]
    return {OVERALL: _steps(funnel, attempts), **{name: _steps(funnel, groups[name]) for name in ranked}}


def _steps(funnel: Funnel, attempts: list[Attempt]) -> list[dict[str, object]]:
    counts = _counts(funnel, attempts)
    return [
        {
            "count": counts[number],
            "avg_time": _seconds(attempts, number, number - 1),
            "avg_time_from_start": _seconds(attempts, number, 0),
            "step_conv_ratio": _ratio(counts[number], counts[max(0, number - 1)]),
            "overall_conv_ratio": _ratio(counts[number], counts[0]),
            "goal": step.event,
            "event": step.event,
            **({} if step.label is None else {"step_label": step.label}),
        }
        for number, step in enumerate(funnel.steps)
    ]


def _counts(funnel: Funnel, attempts: Iterable[Attempt]) -> list[int]:
    lengths = [len(attempt.reached) for attempt in attempts]
    return [sum(length > number for length in lengths) for number in range(len(funnel.steps))]


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _seconds(attempts: list[Attempt], number: int, since: int) -> float | None:
    """The mean seconds between two steps over all who reached the later one; null for the first, or without anyone."""
    if number == 0:
        return None
    waits = [
        (attempt.reached[number].at - attempt.reached[since].at).total_seconds()
        for attempt in attempts
        if len(attempt.reached) > number
    ]
    return sum(waits) / len(waits) if waits else None
