"""Definitions that have every option once, in every combination that renders a statement of its own."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from pydantic import TypeAdapter

from mixpanel_data.configuration.reports.definitions import AnyReport

Options = Mapping[str, Any]

_REPORT: TypeAdapter[AnyReport] = TypeAdapter(AnyReport)
# Over a change of the clock in Berlin.
_DAYS = {"from_date": "2025-10-20", "to_date": "2025-11-02"}
_PRO = {"plan": "pro"}
_EVERY_TEST = {
    "area": ["a", "b", 1, 2.5, True],
    "amount": {"above": 0, "at_least": 1, "below": 9.5, "at_most": 9, "not": [2, "x", False]},
    "name": {"contains": "a", "set": True},
    "gone": {"set": False},
}
_RANGES: tuple[Options, ...] = (
    {},
    {"on": "plan", "limit": 2},
    {"on": "amount", "width": 0.5},
    {"on": "amount", "edges": [0, 2.5]},
)
_UNITS = ("day", "week", "month")

_SEGMENTS: tuple[Any, ...] = (
    {"did": ["A", "B"], "where": [_EVERY_TEST, _PRO], "exactly": 0},
    {"did": "A", "sum": "amount", "at_least": 1, "at_most": 5, "within_days": 30},
    {"did": "A", "from": "2025-10-01", "to": "2025-10-31", "at_most": 2},
    {"first_did": "A", "where": _PRO, "from": "2025-10-01"},
    {"all": [{"any": [{"did": "A"}, {"ids": ["ann", "bob"]}]}, {"not": {"first_did": "B", "within_days": 7}}]},
    "kept",
    {"not": "kept"},
)


def _segmentation() -> Iterator[Options]:
    unlike = ("general", "unique", "average", "sum", "mean", "min", "max", "median", "p99", "distinct")
    for measure, ranges in product(unlike, _RANGES[:2]):
        needs_none = measure in ("general", "unique", "average")
        yield {"events": ["A", {}], "measure": measure, **ranges, **({} if needs_none else {"property": "amount"})}
    yield from ({"events": "A", "unit": unit} for unit in ("minute", "hour", "week", "month"))
    yield from ({"events": {"where": _EVERY_TEST}, **ranges} for ranges in _RANGES[2:])


def _active_users() -> Iterator[Options]:
    yield from ({"event": event, "unit": unit} for event in ("A", {}, {"where": _PRO}) for unit in _UNITS)


def _frequency() -> Iterator[Options]:
    yield from ({"part": part, "unit": unit} for part, unit in product(("hour", "day"), _UNITS))


def _funnel() -> Iterator[Options]:
    steps = {"steps": ["A", {"events": "B", "where": _PRO}, "A"]}
    alone: tuple[Options, ...] = (
        {},
        {"order": "any", "unit": "day"},
        {"order": "any", "on": "plan", "attribute": "last", "hold": ["a", "b"]},
        {"exclude": ["C", {"events": "B", "where": _PRO, "after": 2}], "unit": "month"},
        {"exclude": [{"where": _PRO, "before": 2}], "hold": ["a"], "on": "amount", "edges": [1], "attribute": 3},
        {"on": "plan", "attribute": "last", "unit": "week", "grace": "PT0S", "within": "PT1H"},
        {"on": "amount", "width": 2, "attribute": 1},
    )
    yield from ({**steps, **option, "count": count} for option in alone for count in ("users", "attempts", "sessions"))
    yield {"steps": [*"ABABABABABABABABABAB"], "exclude": ["C"]}


def _retention() -> Iterator[Options]:
    modes: tuple[Options, ...] = ({}, {"first_ever": True}, {"mode": "recurring"})
    countings = ("on", "on_or_after", "on_or_before", "streak")
    for place, (mode, align, counting) in enumerate(product(modes, ("birth", "calendar"), countings)):
        turns = {"unit": _UNITS[place % 3], **_RANGES[place % 4], **({"brackets": [1, 3, 4]} if place % 5 == 0 else {})}
        yield {
            "born": "A",
            "returned": {"events": "B", "where": _PRO},
            "align": align,
            "counting": counting,
            **mode,
            **turns,
        }
    yield from ({"on": "plan"}, {"born": "A", "returned": "A", "buckets": 0}, {"returned": {"where": _PRO}})


def _sessions() -> Iterator[Options]:
    yield from ({"exclude": ["A"], "timeout": "PT2S", "unit": unit} for unit in _UNITS)


def _paths() -> Iterator[Options]:
    ways = ({"forward": 3}, {"forward": 0, "backward": 2}, {"forward": 10, "backward": 10}, {"forward": 0})
    others: tuple[Options, ...] = ({}, {"hidden": ["B"]}, {"collapse": True}, {"where": _PRO, "within": "PT1H"})
    yield from ({"anchor": "A", **way, **other} for way, other in product(ways, others))


def _cohort() -> Iterator[Options]:
    yield from ({"segment": segment, "unit": _UNITS[place % 3]} for place, segment in enumerate(_SEGMENTS))


def _limited() -> Iterator[Options]:
    """Any report whose users are limited; all have the same relation of them."""
    yield from ({"segment": segment, "by": by} for segment, by in product(_SEGMENTS, ("user", "cluster")))


_OVER_DAYS: Mapping[str, Iterator[Options]] = {
    "segmentation": _segmentation(),
    "active_users": _active_users(),
    "frequency": _frequency(),
    "funnel": _funnel(),
    "retention": _retention(),
    "sessions": _sessions(),
    "paths": _paths(),
    "cohort": _cohort(),
}
_SEARCHES: tuple[Options, ...] = (
    {"report": "profiles", "where": _EVERY_TEST, "email": "a@b.c", "id": "ann"},
    {"report": "profiles", "email": "a@b.c", "by": "cluster"},
)
VARIED: tuple[AnyReport, ...] = tuple(
    _REPORT.validate_python(asked)
    for asked in (
        *({"report": report, **_DAYS, **options} for report, each in _OVER_DAYS.items() for options in each),
        *({"report": "frequency", **_DAYS, **options} for options in _limited()),
        *_SEARCHES,
    )
)
