"""The definition of each report, as callers, `config/reports.json` and answers have it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from mixpanel_data.configuration.base import Configuration, Name
from mixpanel_data.configuration.reports.choices import (
    Align,
    Attribute,
    Counting,
    FunnelCount,
    LongUnit,
    Measure,
    Mode,
    Order,
    ShortUnit,
    Unit,
)
from mixpanel_data.configuration.reports.conditions import Bound, Where
from mixpanel_data.configuration.reports.people import Cohort, Journey, Profile, Profiles
from mixpanel_data.configuration.reports.scope import Moment, Scope, check_order
from mixpanel_data.configuration.reports.segments import Day, Segment
from mixpanel_data.configuration.reports.steps import AnyStep, Step, Steps

_LONGEST, _LONGEST_GRACE = timedelta(days=366), timedelta(minutes=1)


def _is_iso(value: object) -> object:
    if not isinstance(value, str | timedelta):
        raise ValueError("give a length of time such as P7D or PT30M")
    return value


def _length(length: timedelta) -> timedelta:
    if not timedelta() < length <= _LONGEST:
        raise ValueError("give more than nothing and at most 366 days, such as P7D or PT30M")
    return length


def _grace(length: timedelta) -> timedelta:
    if not timedelta() <= length <= _LONGEST_GRACE:
        raise ValueError("give at most a minute, such as PT2S, or PT0S for nothing")
    return length


Length = Annotated[timedelta, Field(strict=False), BeforeValidator(_is_iso), AfterValidator(_length)]
"""A length of time; in JSON as ISO 8601 has it, such as `P7D` or `PT30M`."""
Grace = Annotated[timedelta, Field(strict=False), BeforeValidator(_is_iso), AfterValidator(_grace)]
"""How close events are whose order does not matter, up to a minute."""


class Days(Configuration):
    """Days of the zone, both inclusive."""

    from_date: Day
    to_date: Day

    @model_validator(mode="after")
    def _is_in_order(self) -> Days:
        check_order(self.from_date, self.to_date)
        return self


def _is_previous(value: object) -> object:
    if value != "previous":
        raise ValueError("give previous, or an object with from_date and to_date")
    return value


def _kind_of_comparison(value: object) -> str:
    return "[days]" if isinstance(value, Mapping | Days) else "[previous]"


Comparison = Annotated[
    Annotated[Literal["previous"], BeforeValidator(_is_previous), Tag("[previous]")] | Annotated[Days, Tag("[days]")],
    Discriminator(_kind_of_comparison),
]
"""The days to compare with: as many right before, or these."""


class Report(Scope):
    """What all reports over days ask for: the days, of the zone and both inclusive, and whose events.

    `segment` limits the report to its users; `segments` puts several side by side. `compare` adds a second period: the
    one of the same length before, or these days. `as_of` is the moment as of which segments are worked out (now).
    """

    from_date: Day | None = None
    to_date: Day | None = None
    segment: Segment | None = None
    segments: Annotated[tuple[Segment, ...], Field(strict=False)] = ()
    compare: Comparison | None = None
    as_of: Annotated[AwareDatetime, Moment] | None = None

    @model_validator(mode="after")
    def _has_one_kind_of_segment(self) -> Report:
        if self.segment is not None and self.segments:
            raise ValueError("give segment or segments")
        check_order(self.from_date, self.to_date)
        return self

    @property
    def used_segments(self) -> tuple[Configuration, ...]:
        """The segments that the definition asks about or is limited to."""
        return (self.segment,) if self.segment is not None else self.segments


class Breakdown(Configuration):
    """A breakdown by the values of a property, the `limit` largest of them.

    With `width` or `edges`, numbers fall into ranges that include their lower end: [0, width), or [edge, next edge).
    """

    on: Name | None = None
    width: Bound | None = None
    edges: Annotated[tuple[Bound, ...], Field(strict=False)] = ()
    limit: Annotated[int, Field(ge=1, le=10_000)] = 60

    @model_validator(mode="after")
    def _has_one_kind_of_range(self) -> Breakdown:
        if self.width is not None and self.edges:
            raise ValueError("give width or edges")
        if self.width is not None and self.width <= 0:
            raise ValueError("give a width above 0")
        if list(self.edges) != sorted(set(self.edges)):
            raise ValueError("give edges in ascending order, each once")
        if self.on is None and (self.width is not None or self.edges):
            raise ValueError("a range needs a property; give on")
        return self


class Segmentation(Report, Breakdown):
    """How often events happened, by how many users, or a figure over a property of theirs, by period and in all."""

    report: Literal["segmentation"] = "segmentation"
    events: Annotated[Steps, Field(min_length=1, max_length=50)]
    measure: Annotated[Measure, Field(strict=False)] = Measure.GENERAL
    property: Name | None = None
    unit: Annotated[Unit, Field(strict=False)] = Unit.DAY

    @model_validator(mode="after")
    def _has_its_property(self) -> Segmentation:
        needs = self.measure not in (Measure.GENERAL, Measure.UNIQUE, Measure.AVERAGE)
        if needs != (self.property is not None):
            raise ValueError(f"the measure {self.measure} {'needs a property' if needs else 'takes no property'}")
        return self


class ActiveUsers(Report):
    """Users of the last 1, 7 and 30 days at the end of each period, and how these compare."""

    report: Literal["active_users"] = "active_users"
    event: AnyStep = Step()
    unit: Annotated[LongUnit, Field(strict=False)] = LongUnit.DAY


class Frequency(Report):
    """Users who were active in at least 1, 2, 3 … hours or days of each period."""

    report: Literal["frequency"] = "frequency"
    event: AnyStep = Step()
    unit: Annotated[LongUnit, Field(strict=False)] = LongUnit.DAY
    part: Annotated[ShortUnit, Field(strict=False)] = ShortUnit.HOUR


class Exclusion(Step):
    """An event that ends an attempt between two steps, numbered from 1; without these, between any."""

    after: Annotated[int, Field(ge=1)] | None = None
    before: Annotated[int, Field(ge=2)] | None = None

    @model_validator(mode="after")
    def _excludes_something(self) -> Exclusion:
        if not self.events and not self.where:
            raise ValueError("it excludes every event; give events or where")
        return self


AnyExclusion = Annotated[
    Exclusion, BeforeValidator(lambda value: {"events": value} if isinstance(value, str) else value)
]


def _attribute(value: object) -> Attribute | int:
    if isinstance(value, str) and value in list(Attribute):
        return Attribute(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    raise ValueError("give first, last, or the number of a step, from 1")


class Funnel(Report, Breakdown):
    """How many get from step to step, and how long they take."""

    report: Literal["funnel"] = "funnel"
    steps: Annotated[Steps, Field(min_length=2, max_length=20)]
    within: Length = timedelta(days=7)
    grace: Grace = timedelta(seconds=2)
    exclude: Annotated[tuple[AnyExclusion, ...], Field(strict=False)] = ()
    count: Annotated[FunnelCount, Field(strict=False)] = FunnelCount.USERS
    order: Annotated[Order, Field(strict=False)] = Order.GIVEN
    hold: Annotated[tuple[Name, ...], Field(max_length=3, strict=False)] = ()
    attribute: Annotated[Attribute | int, BeforeValidator(_attribute)] = Attribute.FIRST
    unit: Annotated[LongUnit, Field(strict=False)] | None = None

    @model_validator(mode="after")
    def _fits_its_steps(self) -> Funnel:
        if len(set(self.hold)) < len(self.hold):
            raise ValueError("hold names a property twice; name each once")
        if self.order is Order.ANY and self.exclude:
            raise ValueError("steps in any order take no exclusions; remove exclude or order")
        last = len(self.steps)
        for number, exclusion in enumerate(self.exclude):
            after, before = exclusion.after or 1, exclusion.before or last
            if not 1 <= after < before <= last:
                raise ValueError(f"exclude[{number}] lies between no two of the {last} steps; correct after and before")
        if isinstance(self.attribute, int) and self.attribute > last:
            raise ValueError(f"attribute is step {self.attribute}, and there are {last}")
        return self


class Retention(Report, Breakdown):
    """What share of the users of each cohort comes back, by the time since they joined it.

    Buckets are 0 to `buckets` (7), of one unit each; with `brackets`, groups of so many units.
    """

    report: Literal["retention"] = "retention"
    born: AnyStep = Step()
    returned: AnyStep = Step()
    mode: Annotated[Mode, Field(strict=False)] = Mode.BIRTH
    first_ever: bool = False
    align: Annotated[Align, Field(strict=False)] = Align.BIRTH
    unit: Annotated[LongUnit, Field(strict=False)] = LongUnit.DAY
    buckets: Annotated[int, Field(ge=0, le=366)] | None = None
    brackets: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(max_length=100, strict=False)] = ()
    counting: Annotated[Counting, Field(strict=False)] = Counting.ON

    @model_validator(mode="after")
    def _has_one_kind_of_bucket(self) -> Retention:
        if self.brackets and self.buckets is not None:
            raise ValueError("give buckets or brackets")
        return self

    @property
    def lengths(self) -> tuple[int, ...]:
        """The units of each bucket, in their order."""
        return self.brackets or (1,) * (8 if self.buckets is None else self.buckets + 1)

    @model_validator(mode="after")
    def _is_born_once(self) -> Retention:
        if self.first_ever and self.mode is not Mode.BIRTH:
            raise ValueError("first_ever is for the mode birth alone")
        return self


class Sessions(Report):
    """Sessions: events of a user with at most `timeout` between two, cut at midnight of the zone."""

    report: Literal["sessions"] = "sessions"
    timeout: Length = timedelta(minutes=30)
    exclude: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    unit: Annotated[LongUnit, Field(strict=False)] = LongUnit.DAY


class Paths(Report):
    """What users do after and before an event: the most frequent ways, and what becomes of the others."""

    report: Literal["paths"] = "paths"
    anchor: AnyStep
    forward: Annotated[int, Field(ge=0, le=10)] = 3
    backward: Annotated[int, Field(ge=0, le=10)] = 0
    top: Annotated[int, Field(ge=1, le=50)] = 3
    within: Length = timedelta(days=30)
    hidden: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    collapse: bool = False
    where: Where | None = None


AnyReport = Annotated[
    Segmentation
    | ActiveUsers
    | Frequency
    | Funnel
    | Retention
    | Sessions
    | Paths
    | Journey
    | Profile
    | Profiles
    | Cohort,
    Field(discriminator="report"),
]
"""A definition of any kind: `report` says which."""
