"""Segments: which users a report counts, by what they did and what they are in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from mixpanel_data.configuration.base import Configuration, Name
from mixpanel_data.configuration.reports.conditions import Bound, Where
from mixpanel_data.configuration.reports.steps import Events


def _day(value: object) -> object:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("give a day such as 2026-01-31") from None


def _in_reach(day: date) -> date:
    # Reports look back and ahead of the days asked for, and beyond year 1 and 9999 there are no days.
    if not 1900 <= day.year <= 2999:
        raise ValueError("give a day from 1900-01-01 to 2999-12-31")
    return day


_DEEPEST = 20

Day = Annotated[date, BeforeValidator(_day), AfterValidator(_in_reach)]


class _Within(Configuration):
    """The days in which something has to have happened, of the report's zone, both inclusive; none: at any time."""

    within_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    """The last days up to and including the day of `as_of`."""
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None

    @model_validator(mode="after")
    def _has_one_period(self) -> _Within:
        if self.within_days is not None and (self.from_ or self.to):
            raise ValueError("give within_days, or from and to")
        if self.from_ and self.to and self.from_ > self.to:
            raise ValueError("from is after to; swap them")
        return self


class Did(_Within):
    """Users who did an event, so often or so much; by default once at least.

    With `sum`, the bounds are for the sum of that property over the events, as far as it is a number.
    """

    did: Events
    where: Where | None = None
    sum: Name | None = None
    at_least: Bound | None = None
    at_most: Bound | None = None
    exactly: Bound | None = None

    @model_validator(mode="after")
    def _has_one_bound(self) -> Did:
        if self.exactly is not None and (self.at_least is not None or self.at_most is not None):
            raise ValueError("give exactly, or at_least and at_most")
        if self.sum is not None and self.exactly is None and self.at_least is None and self.at_most is None:
            raise ValueError("a sum needs a bound; give at_least, at_most or exactly")
        return self


class FirstDid(_Within):
    """Users whose first event of this kind, of all that are stored, lies within these days."""

    first_did: Events
    where: Where | None = None


class Named(Configuration):
    """The users of a saved segment: `name`, or `name@version` for one of its versions."""

    segment: Name


class Ids(Configuration):
    """Users by their ids; with `by="cluster"`, ids of any member."""

    ids: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)]


class All(Configuration):
    """Users who are in every one of these."""

    all: Annotated[tuple[Segment, ...], Field(min_length=1, strict=False)]


class AnyOf(Configuration):
    """Users who are in at least one of these."""

    any: Annotated[tuple[Segment, ...], Field(min_length=1, strict=False)]


class Not(Configuration):
    """Users who are not in this one, of all who have an event up to `as_of`."""

    not_: Annotated[Segment, Field(alias="not")]


_KINDS: Mapping[str, type[Configuration]] = {
    "all": All,
    "any": AnyOf,
    "not": Not,
    "did": Did,
    "first_did": FirstDid,
    "segment": Named,
    "ids": Ids,
}


def _kind(value: Any) -> str | None:
    if isinstance(value, Mapping):
        return next((kind for kind in _KINDS if kind in value), None)
    return next((kind for kind, shape in _KINDS.items() if isinstance(value, shape)), None)


def _segment(value: object) -> object:
    """The short form: the name of a saved segment."""
    if _is_too_deep(value):
        raise ValueError(f"it is nested more than {_DEEPEST} levels deep; save part of it as a segment, and name that")
    return {"segment": value} if isinstance(value, str) else value


def _is_too_deep(value: object) -> bool:
    # Each level is a level of the statement's brackets too, and engines follow only so many.
    level = [value]
    for _ in range(_DEEPEST):
        level = [part for each in level for part in parts_of(each)]
    return bool(level)


Segment = Annotated[
    Annotated[All, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[Did, Tag("did")]
    | Annotated[FirstDid, Tag("first_did")]
    | Annotated[Named, Tag("segment")]
    | Annotated[Ids, Tag("ids")],
    Discriminator(
        _kind,
        custom_error_type="segment_kind",
        custom_error_message="give one of all, any, not, did, first_did, segment, ids",
    ),
    BeforeValidator(_segment),
]

for _shape in (All, AnyOf, Not):
    _shape.model_rebuild()


def parts_of(segment: object) -> tuple[Any, ...]:
    """The segments that a segment, or its JSON, is put together from; none for one that tests something itself."""
    match segment:
        case All(all=parts) | AnyOf(any=parts) | {"all": list(parts)} | {"any": list(parts)}:
            return tuple(parts)
        case Not(not_=part) | {"not": part}:
            return (part,)
        case _:
            return ()


def segments_named_in(segment: Configuration) -> list[str]:
    """The saved segments that a segment names itself, as it names them."""
    if isinstance(segment, Named):
        return [segment.segment]
    return [name for part in parts_of(segment) for name in segments_named_in(part)]
