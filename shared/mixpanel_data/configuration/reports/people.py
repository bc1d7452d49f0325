"""The definitions of what is asked about users themselves: one user's journey and profile, profiles, and a cohort."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from mixpanel_data.configuration.base import Configuration, Name
from mixpanel_data.configuration.reports.choices import LongUnit
from mixpanel_data.configuration.reports.conditions import Where
from mixpanel_data.configuration.reports.scope import Moment, Scope, check_order
from mixpanel_data.configuration.reports.segments import Day, Segment


class Journey(Scope):
    """The timeline of the user who has this id; with `by` cluster that of all ids of the cluster."""

    report: Literal["journey"] = "journey"
    id: Name


class Profile(Scope):
    """All that the events tell of the user who has this id."""

    report: Literal["profile"] = "profile"
    id: Name


class Profiles(Scope):
    """The users whose latest properties meet a condition, and who have this e-mail and this id, as far as given."""

    report: Literal["profiles"] = "profiles"
    where: Where | None = None
    email: Name | None = None
    id: Name | None = None


class Cohort(Scope):
    """The size of a segment at the end of each period, and its members; without days only these.

    `as_of` is the moment as of which the segment is worked out (now).
    """

    report: Literal["cohort"] = "cohort"
    segment: Segment
    from_date: Day | None = None
    to_date: Day | None = None
    unit: Annotated[LongUnit, Field(strict=False)] = LongUnit.DAY
    as_of: Annotated[AwareDatetime, Moment] | None = None

    @model_validator(mode="after")
    def _is_in_order(self) -> Cohort:
        check_order(self.from_date, self.to_date)
        return self

    @property
    def used_segments(self) -> tuple[Configuration, ...]:
        """The segments that the definition asks about or is limited to."""
        return (self.segment,)


AboutPeople = Journey | Profile | Profiles | Cohort
"""A definition of any of these kinds."""
