"""The attempts of one user at a funnel: pages docs/reports/funnels/funnels-advanced and funnels-faq."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from mixpanel_data.configuration.reports.choices import Attribute, Order
from mixpanel_data.configuration.reports.definitions import Funnel
from support.reports.breakdowns import label_of
from support.reports.conditions import fits, is_one_of
from support.reports.events import Event
from support.reports.values import is_same


@dataclass(frozen=True)
class Attempt:
    """How far a user got: the events of the steps reached, and the clock at each of them.

    `ended` is the instant of the conversion, of the event that excluded the user, or of the time-out.
    """

    steps: tuple[Event, ...]
    clocks: tuple[datetime, ...]
    ended: datetime


def attempts(history: Sequence[Event], funnel: Funnel, may_begin: Callable[[Event], bool]) -> Iterator[Attempt]:
    """All attempts of a user, one after the other.

    Page funnels-advanced, Counting Methods, Totals: a user enters again after conversion, time-out or exclusion; the
    excluding event is no entry. Decided: with the first entry that lies more than the grace after that.
    """
    last_end: datetime | None = None
    for event in history:
        is_free = last_end is None or event.time > last_end + funnel.grace
        if is_free and may_begin(event) and _is_entry(event, funnel):
            attempt = _attempt(event, history, funnel)
            yield attempt
            last_end = attempt.ended


def value_of(attempt: Attempt, funnel: Funnel) -> str:
    """The segment of an attempt.

    Page funnels-advanced, Property Attribution: the first or the last step where the property is defined, which is not
    always the first or last step; or a step by its number, where it may be undefined. Decided: step N of steps in any
    order is the N-th that the user did.
    """
    values = [event.properties.get(funnel.on or "") for event in attempt.steps]
    defined = [value for value in values if value is not None] or [None]
    match funnel.attribute:
        case Attribute.FIRST:
            return label_of(defined[0], funnel)
        case Attribute.LAST:
            return label_of(defined[-1], funnel)
        case number:
            return label_of(values[number - 1] if number <= len(values) else None, funnel)


def _is_entry(event: Event, funnel: Funnel) -> bool:
    entries = funnel.steps[:1] if funnel.order is Order.GIVEN else funnel.steps
    return any(fits(event, step) for step in entries)


def _attempt(first: Event, history: Sequence[Event], funnel: Funnel) -> Attempt:
    walk = _in_given_order if funnel.order is Order.GIVEN else _in_any_order
    # Page funnels-advanced, Hold Property Constant: the values of step 1 have to be those of every step. Decided:
    # missing and null are one value.
    same = [event for event in history if _holds_constant(event, first, funnel)]
    return walk(first, same, history, funnel)


def _holds_constant(event: Event, first: Event, funnel: Funnel) -> bool:
    return all(is_same(event.properties.get(name), first.properties.get(name)) for name in funnel.hold)


def _in_given_order(first: Event, same: Sequence[Event], history: Sequence[Event], funnel: Funnel) -> Attempt:
    """The attempt that begins with this first step.

    1. The window runs from the first step; later first steps do not reset it (Conversion Window). Decided: both of its
       ends belong to it.
    2. Every later step is the first event that fits (Optimized Re-entry, note 2) and is no step of the attempt yet.
    3. Steps within two seconds of one another are interchangeable (funnels-faq, simultaneous events): a step may lie so
       much before the clock. Decided: the clock is the latest time of the steps so far, and never goes back.
    4. An excluded event between two steps ends the attempt; the steps before still count (Exclusion Steps, note 2).
    """
    steps, clock, clocks = [first], first.time, [first.time]
    timeout = first.time + funnel.within
    for number, step in enumerate(funnel.steps[1:], start=2):
        found = next(
            (
                event
                for event in same
                if fits(event, step) and event not in steps and clock - funnel.grace <= event.time <= timeout
            ),
            None,
        )
        excluding = _excluding(history, funnel, number, clock, found, timeout)
        if excluding is not None or found is None:
            return Attempt(tuple(steps), tuple(clocks), excluding.time if excluding else timeout)
        steps.append(found)
        clock = max(clock, found.time)
        clocks.append(clock)
    return Attempt(tuple(steps), tuple(clocks), clock)


def _excluding(
    history: Sequence[Event], funnel: Funnel, number: int, clock: datetime, step: Event | None, timeout: datetime
) -> Event | None:
    """The first excluded event between the step before and step `number`; None if there is none.

    Page funnels-advanced, Exclusion Steps, note 4: the same two seconds of grace as for steps. Decided: they work for
    the conversion, so that the event has to lie more than the grace after the clock and before the next step; and
    properties that the funnel holds constant do not matter. Without a next step it has to lie within the window.
    """
    active = [
        exclusion
        for exclusion in funnel.exclude
        if (exclusion.after or 1) < number <= (exclusion.before or len(funnel.steps))
    ]
    return next(
        (
            event
            for event in history
            if any(is_one_of(event, exclusion.events, exclusion.where) for exclusion in active)
            and event.time > clock + funnel.grace
            and (event.time <= timeout if step is None else event.time < step.time - funnel.grace)
        ),
        None,
    )


def _in_any_order(first: Event, same: Sequence[Event], history: Sequence[Event], funnel: Funnel) -> Attempt:
    """The attempt that begins with this event, whichever step it fits.

    Page funnels-advanced, Any Order: unanchored steps may come in any sequence. Decided: there are no anchors; each
    event within the window does the first step it fits that is not done yet, and the n-th step is the n-th one done.
    """
    open_steps, steps = list(funnel.steps), []
    timeout = first.time + funnel.within
    for event in same[same.index(first) :]:
        fitting = [step for step in open_steps if fits(event, step)]
        if fitting and event.time <= timeout:
            open_steps.remove(fitting[0])
            steps.append(event)
    times = tuple(event.time for event in steps)
    return Attempt(tuple(steps), times, timeout if open_steps else times[-1])


def seconds_between(attempt: Attempt, number: int) -> float:
    """Seconds from the step before to step `number`, by the clock: never below 0."""
    before, after = list(pairwise(attempt.clocks))[number - 2]
    return (after - before).total_seconds()


def seconds_to_convert(attempt: Attempt) -> float:
    """Seconds from the first step to the last one reached, by the clock."""
    return (attempt.clocks[-1] - attempt.clocks[0]).total_seconds()
