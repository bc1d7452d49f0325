"""Random definitions of each report, of the words and days that a random history has."""

from datetime import timedelta
from typing import Annotated, Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from pydantic import Field, TypeAdapter

from mixpanel_data.configuration.reports.choices import Measure
from mixpanel_data.configuration.reports.definitions import (
    ActiveUsers,
    Frequency,
    Funnel,
    Paths,
    Retention,
    Segmentation,
    Sessions,
)
from reports.histories import CHANGES, NAMES, PROPERTIES, SAVED, Past, pasts

OverDays = Segmentation | ActiveUsers | Frequency | Funnel | Retention | Sessions | Paths
"""A definition of any report over days."""
Options = dict[str, Any]
"""A definition, or a part of one, as JSON has it; days as `date`, lengths as `timedelta`."""

_REPORT: TypeAdapter[OverDays] = TypeAdapter(Annotated[OverDays, Field(discriminator="report")])
_PROPERTY = st.sampled_from(sorted(PROPERTIES))
_NAME = st.sampled_from(NAMES)
_VALUE = st.sampled_from(["pro", "free", "1", "2", "true", 1, 2, 0.5, True, False])
_BOUND = st.sampled_from([-1, 0, 0.5, 1, 2])
_LONG_UNIT = st.sampled_from(["day", "day", "week", "month"])
_BY = st.sampled_from(["user", "cluster"])
_WINDOW = st.sampled_from(
    [timedelta(days=7), timedelta(seconds=2), timedelta(minutes=30), timedelta(hours=5), timedelta(days=1)]
)


def options(**parts: SearchStrategy[Any]) -> SearchStrategy[Options]:
    """Each part, or its default."""
    return st.fixed_dictionaries({}, optional=parts)


def few(values: SearchStrategy[Any], least: int = 0, most: int = 3) -> SearchStrategy[list[Any]]:
    return st.lists(values, min_size=least, max_size=most)


_bounds = st.one_of(*(st.fixed_dictionaries({name: _BOUND}) for name in ("above", "at_least", "below", "at_most")))
_TEST = st.one_of(
    _VALUE,
    few(_VALUE, 2, 4),
    st.sampled_from([{"set": True}, {"set": False}, {"not": "free"}, {"contains": ""}, {"contains": "r"}]),
    _bounds,
    st.builds(lambda some, others: some | others, _bounds, _bounds),
    st.builds(lambda value, others: {"not": value} | others, few(_VALUE, 1), options(set=st.booleans())),
    st.builds(lambda value, others: {"equals": value} | others, few(_VALUE, 1), _bounds),
)
_CONDITION = st.dictionaries(_PROPERTY, _TEST, min_size=1, max_size=2)
where = st.one_of(_CONDITION, few(_CONDITION, 1, 3))
"""A condition, or a list of them."""

_WEAK = st.sampled_from(
    [{"plan": {"not": "pro"}}, {"amount": {"at_least": 1}}, {"item": {"set": False}}, {"plan": {"contains": ""}}]
)
"""A condition that some events of a history meet, and others do not."""

step = st.one_of(
    _NAME,
    _NAME,
    _NAME,
    options(events=few(_NAME, 0, 2)),
    st.builds(lambda name, some: {"events": name, "where": some}, _NAME, where),
)
"""A step: mostly of a name alone."""


@st.composite
def segments(draw: DrawFn, past: Past, depth: int = 2) -> Options | str:
    """A segment of any kind, some of parts that are segments."""
    kinds = ["did", "first_did", "ids", "segment"] + (["all", "any", "not"] if depth else [])
    part = segments(past, depth - 1)
    match draw(st.sampled_from(kinds)):
        case "did":
            return {"did": draw(few(_NAME, 1, 2))} | draw(_how_much()) | draw(_days(past)) | draw(options(where=where))
        case "first_did":
            return {"first_did": draw(_NAME)} | draw(_days(past)) | draw(options(where=where))
        case "ids":
            return {"ids": draw(few(st.sampled_from(["ann", "ann's phone", "bob", "stranger"]), 1))}
        case "segment":
            return draw(st.sampled_from(sorted(SAVED)))
        case "not":
            return {"not": draw(part)}
        case kind:
            return {kind: draw(few(part, 1))}


def _how_much() -> SearchStrategy[Options]:
    bounds = st.one_of(
        st.fixed_dictionaries({"exactly": _BOUND}),
        st.fixed_dictionaries({"at_least": _BOUND}, optional={"at_most": _BOUND}),
        st.fixed_dictionaries({"at_most": _BOUND}),
    )
    return st.just({}) | st.builds(lambda some, total: some | total, bounds, options(sum=st.just("amount")))


def _days(past: Past) -> SearchStrategy[Options]:
    return st.one_of(
        st.just({}),
        st.fixed_dictionaries({"within_days": st.sampled_from([1, 2, 7, 30])}),
        st.fixed_dictionaries({"from": st.just(past.first)}, optional={"to": st.just(past.last)}),
        st.fixed_dictionaries({"to": st.just(past.last)}),
    )


@st.composite
def _common(draw: DrawFn, past: Past) -> Options:
    """What all reports have; mostly the days alone."""
    asked: Options = {"from_date": past.first, "to_date": past.last, "by": draw(_BY)}
    match draw(st.sampled_from(["", "", "", "", "", "", "segment", "segments", "previous", "period", "timezone"])):
        case "segment":
            return asked | {"segment": draw(segments(past))}
        case "segments":
            return asked | {"segments": draw(few(segments(past), 1, 2))}
        case "previous":
            return asked | {"compare": "previous"}
        case "period":
            return asked | {"compare": {"from_date": past.first, "to_date": past.first}}
        case "timezone":
            return asked | {"timezone": draw(st.sampled_from(sorted(CHANGES)))}
    return asked


def _breakdown() -> SearchStrategy[Options]:
    limit = st.sampled_from([1, 2, 60])
    on = st.fixed_dictionaries({"on": _PROPERTY}, optional={"limit": limit})
    amount = st.fixed_dictionaries({"on": st.just("amount"), "limit": limit})
    ranges = [{"width": 1}, {"width": 0.5}, {"width": 3}, {"edges": [0]}, {"edges": [-0.5, 0, 2]}]
    return st.one_of(st.just({}), on, st.builds(lambda one, other: one | other, amount, st.sampled_from(ranges)))


@st.composite
def _segmentation(draw: DrawFn) -> Options:
    measure = draw(st.sampled_from(sorted(Measure)))
    needs_none = measure in (Measure.GENERAL, Measure.UNIQUE, Measure.AVERAGE)
    measured = {"measure": measure} if needs_none else {"measure": measure, "property": "amount"}
    unit = draw(st.sampled_from(["hour", "day", "day", "week", "month"]))
    return {"events": draw(few(step, 1, 2)), "unit": unit} | measured | draw(_breakdown())


@st.composite
def _funnel(draw: DrawFn) -> Options:
    usual = st.sampled_from([["A", "B"], ["A", "B", "C"], ["A", "A", "B"], ["B", "A"], ["A", "C"]])
    steps = draw(st.one_of(usual, usual, few(step, 2, 4)))
    count = draw(st.sampled_from(["users", "attempts", "attempts", "sessions"]))
    hold = draw(st.sampled_from([[], [], [], [], ["plan"], ["item"], ["plan", "amount"]]))
    asked: Options = {"steps": steps, "count": count, "hold": hold} | draw(
        options(
            within=_WINDOW,
            grace=st.sampled_from([timedelta(), timedelta(), timedelta(seconds=1), timedelta(minutes=1)]),
            unit=_LONG_UNIT,
            attribute=st.sampled_from(["first", "last", 1, len(steps)]),
        )
    )
    if draw(st.booleans()):
        return asked | draw(_breakdown()) | draw(st.sampled_from([{"order": "any"}, {}]))
    exclusions = draw(few(_exclusion(len(steps)), 1, 3))
    return asked | draw(_breakdown()) | {"exclude": exclusions}


@st.composite
def _exclusion(draw: DrawFn, steps: int) -> Options:
    """An exclusion, often of events that are steps too, between any two steps or two of them, half with a condition."""
    after = draw(st.integers(1, steps - 1))
    places = draw(options(after=st.just(after), before=st.integers(after + 1, steps)))
    names = draw(st.sampled_from([["A"], ["A", "C", "X"], ["C"], ["B", "C"], ["X"]]))
    match draw(st.sampled_from(["names", "names", "where", "both"])):
        case "where":
            return places | {"where": draw(_WEAK)}
        case "both":
            return places | {"events": names, "where": draw(where)}
    return places | {"events": names}


@st.composite
def _retention(draw: DrawFn) -> Options:
    asked: Options = draw(
        options(
            born=step,
            returned=step,
            align=st.sampled_from(["birth", "calendar"]),
            unit=_LONG_UNIT,
            counting=st.sampled_from(["on", "on_or_after", "on_or_before", "streak"]),
        )
    )
    buckets = st.fixed_dictionaries({"buckets": st.integers(0, 4)})
    brackets = st.fixed_dictionaries({"brackets": few(st.integers(1, 4), 1)})
    joined: Options = draw(st.sampled_from([{}, {"first_ever": True}, {"mode": "recurring"}]))
    reported: Options = draw(st.one_of(buckets, brackets))
    return asked | joined | reported | draw(_breakdown())


_OWN: dict[str, SearchStrategy[Options]] = {
    "segmentation": _segmentation(),
    "active_users": options(event=step, unit=_LONG_UNIT),
    "frequency": options(event=step, unit=_LONG_UNIT, part=st.sampled_from(["hour", "day"])),
    "funnel": _funnel(),
    "retention": _retention(),
    "sessions": options(
        timeout=st.sampled_from([timedelta(seconds=2), timedelta(minutes=30), timedelta(days=2)]),
        exclude=few(_NAME, 0, 2),
        unit=_LONG_UNIT,
    ),
    "paths": st.builds(
        lambda anchor, others: {"anchor": anchor} | others,
        step,
        options(
            forward=st.integers(0, 4),
            backward=st.integers(0, 3),
            top=st.integers(1, 3),
            within=_WINDOW,
            hidden=few(_NAME, 0, 2),
            collapse=st.booleans(),
            where=where,
        ),
    ),
}
REPORTS = tuple(_OWN)
"""The names of the reports that have random definitions."""


@st.composite
def questions(draw: DrawFn, report: str, most_events: int = 24) -> tuple[OverDays, Past]:
    """A definition of this report, and a history to ask it of."""
    past = draw(pasts(most_events))
    return draw(asked_of(report, past)), past


@st.composite
def asked_of(draw: DrawFn, report: str, past: Past) -> OverDays:
    """A definition of this report, of the words and days that a history has."""
    document = {"report": report} | draw(_common(past)) | draw(_OWN[report])
    return _REPORT.validate_python(document)
