"""Segments as relations of user ids, worked out from the events up to a moment.

Page docs/users/cohorts: a cohort is worked out as of now, from what users did and how often in a time range, and
combined by and/or; one from a list of ids is static.
"""

from datetime import date, timedelta

from mixpanel_data.configuration.base import Configuration
from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.configuration.reports.conditions import Number
from mixpanel_data.configuration.reports.segments import All, AnyOf, Did, FirstDid, Ids, Named, Not
from mixpanel_data.configuration.reports.steps import Step
from mixpanel_data.reports.relations.asking import Asking, Frozen
from mixpanel_data.reports.relations.clocks import micros_of
from mixpanel_data.reports.relations.conditions import is_step, number_of, property_json
from mixpanel_data.reports.relations.events import events_of, names_in
from mixpanel_data.reports.relations.figures import total_of
from mixpanel_data.reports.relations.parameters import Parameters
from mixpanel_data.reports.relations.windows import EARLIEST, Window, beginning

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


def users_of(segment: Configuration, asking: Asking, parameters: Parameters) -> str:
    """A SELECT of the users of a segment as of `asking.as_of`, one row `user_id` per user.

    Users are those who have an event up to then. With `by` cluster it reads the relation `clusters`. Raises KeyError
    for a name that `asking.saved` does not have.
    """
    return Segments(asking, parameters).users(segment)


class Segments:
    """The expressions of one statement, each over an `everybody.user_id` of somebody who has an event."""

    def __init__(self, asking: Asking, parameters: Parameters) -> None:
        self.asking = asking
        self.parameters = parameters
        self.known = Window(EARLIEST, asking.as_of + _MICROSECOND)

    def users(self, segment: Configuration) -> str:
        """A SELECT of the users of a segment, as `users_of` describes it."""
        everybody = events_of(self.asking.source, self.asking.by, self.known, self.parameters)
        return (
            f"SELECT everybody.user_id FROM ({everybody}) AS everybody"  # noqa: S608 - expressions of ours
            f" WHERE everybody.user_id IS NOT NULL AND {self.is_in(segment)} GROUP BY everybody.user_id"
        )

    def is_in(self, segment: Configuration) -> str:
        """Whether a user is in a segment."""
        match segment:
            case All(all=parts):
                return f"({' AND '.join(map(self.is_in, parts))})"
            case AnyOf(any=parts):
                return f"({' OR '.join(map(self.is_in, parts))})"
            case Not(not_=part):
                return f"NOT {self.is_in(part)}"
            case Did():
                return self.did(segment)
            case FirstDid():
                return self.first_did(segment)
            case Ids(ids=ids):
                return self._has_id(f"UNNEST({self.parameters.add('ARRAY<STRING>', list(ids))})")
            case Named(segment=name):
                saved = self.asking.saved[name]
                return self._has_id(self._members(saved)) if isinstance(saved, Frozen) else self.is_in(saved)
        raise TypeError(f"{segment!r} is no segment")

    def did(self, segment: Did) -> str:
        """Who did nothing of it did it 0 times, with a sum of 0: where 0 is enough, those who fail are left out."""
        step = Step(events=segment.did, where=segment.where)
        figure = "COUNT(*)"
        if segment.sum is not None:
            figure = total_of(number_of(property_json(segment.sum, self.parameters)))
        passes = " AND ".join(self.bounds(segment, figure))
        is_enough = holds_for_nothing(segment)
        having = f"NOT ({passes})" if is_enough else passes
        found = self._by_user(step, self.days(segment), having)
        return f"(everybody.user_id {'NOT IN' if is_enough else 'IN'} ({found}))"

    def bounds(self, segment: Did, figure: str) -> list[str]:
        """What has to hold of a user's count or sum."""
        return [
            f"{figure} {operator} {self.parameters.add('FLOAT64', float(bound))}"
            for operator, bound in _bounds(segment)
        ]

    def first_did(self, segment: FirstDid) -> str:
        """Page docs/reports, first time ever: the first instance in the whole history of the user."""
        days = self.days(segment)
        start, end = (self.parameters.add("INT64", micros_of(one)) for one in (days.start, days.end))
        step = Step(events=segment.first_did, where=segment.where)
        found = self._by_user(step, self.known, f"MIN(did.micros) >= {start} AND MIN(did.micros) < {end}")
        return f"(everybody.user_id IN ({found}))"

    def _by_user(self, step: Step, window: Window, having: str) -> str:
        """A SELECT of the users whose events of this step, in the window, meet a condition."""
        events = events_of(self.asking.source, self.asking.by, window, self.parameters, names=names_in([step]))
        return (
            f"SELECT did.user_id FROM ({events}) AS did"  # noqa: S608 - expressions of ours
            f" WHERE did.user_id IS NOT NULL AND {is_step(step, self.parameters)}"
            f" GROUP BY did.user_id HAVING {having}"
        )

    def _members(self, frozen: Frozen) -> str:
        """The kept members of a frozen segment, as a set of ids; they can be too many for a parameter."""
        name, version = (self.parameters.add("STRING", value) for value in (frozen.name, frozen.version))
        return (
            "(SELECT member.user_id FROM segment_members AS member"  # noqa: S608 - parameters
            f" WHERE member.name = {name} AND member.version = {version})"
        )

    def _has_id(self, ids: str) -> str:
        """Whether a user has one of the ids of a set; with `by` cluster, any of the user's ids counts."""
        if self.asking.by is By.USER:
            return f"(everybody.user_id IN {ids})"
        in_cluster = f"(SELECT cluster_id FROM clusters WHERE id IN {ids})"  # noqa: S608 - an expression of ours
        is_alone = "everybody.user_id NOT IN (SELECT id FROM clusters)"
        return f"(everybody.user_id IN {in_cluster} OR (everybody.user_id IN {ids} AND {is_alone}))"

    def days(self, segment: Did | FirstDid) -> Window:
        """The instants in which something has to have happened, up to now."""
        first, last = self._first_and_last(segment)
        start = EARLIEST if first is None else beginning(first, self.asking.zone)
        end = self.known.end if last is None else beginning(last + _DAY, self.asking.zone)
        return Window(start, min(end, self.known.end))

    def _first_and_last(self, segment: Did | FirstDid) -> tuple[date | None, date | None]:
        if segment.within_days is None:
            return segment.from_, segment.to
        today = self.asking.as_of.astimezone(self.asking.zone).date()
        return today - timedelta(days=segment.within_days - 1), today


def _bounds(segment: Did) -> list[tuple[str, Number]]:
    """What is compared with the figure, and how; once at least, where nothing is given."""
    given = (("=", segment.exactly), (">=", segment.at_least), ("<=", segment.at_most))
    return [(operator, bound) for operator, bound in given if bound is not None] or [(">=", 1)]


def holds_for_nothing(segment: Did) -> bool:
    """Whether users who did nothing of it are in the segment."""
    holds = {"=": lambda bound: bound == 0, ">=": lambda bound: bound <= 0, "<=": lambda bound: bound >= 0}
    return all(holds[operator](bound) for operator, bound in _bounds(segment))
