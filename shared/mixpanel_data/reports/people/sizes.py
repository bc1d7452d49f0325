"""The size of a segment at the end of each of many periods, in one pass over the events."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from mixpanel_data.configuration.reports.segments import Did, FirstDid
from mixpanel_data.configuration.reports.steps import Step
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.clocks import WallClock, micros_of
from mixpanel_data.reports.relations.conditions import is_step, number_of, property_json
from mixpanel_data.reports.relations.events import events_of, names_in
from mixpanel_data.reports.relations.figures import parts_of_number
from mixpanel_data.reports.relations.parameters import Parameters
from mixpanel_data.reports.relations.segments import Segments, holds_for_nothing
from mixpanel_data.reports.relations.windows import Window, beginning

_DAY = timedelta(days=1)

Moment = tuple[date, datetime]
"""A period by its first day, and the moment as of which the segment is worked out for it."""


@dataclass(frozen=True, slots=True)
class Happening:
    """A condition of a segment on what users did, as expressions of GoogleSQL.

    `events` is a SELECT of the events that can count, and `counts` whether one does; with `first_between` only the
    first of a user's does, if it lies between these instants. `first_period` is the number of the period at whose end
    an event begins to count; `period_after` that of the one at whose end it no longer does, NULL for never. `parts` are
    what an event adds to a sum; without them it counts as one. `holds` is over `figure`, which is the count or the sum;
    `base` is 1 where the condition holds of users who did nothing.
    """

    events: str
    counts: str
    first_between: tuple[str, str] | None
    first_period: str
    period_after: str | None
    parts: tuple[str, str] | None
    holds: str
    base: int


class Sizes(Segments):
    """The expressions of one statement over periods, which are numbered from 0.

    `is_in` is over the end of a period: `everybody.holds_0` is 1 where the first of `happenings` holds then. These are
    the conditions that `is_in` came by.
    """

    def __init__(self, asking: Asking, moments: Sequence[Moment], unit: str, parameters: Parameters) -> None:
        """`moments` are in order and at least one, and `unit` is that of their periods."""
        (self._first, end), (_, last) = moments[0], moments[-1]
        super().__init__(replace(asking, as_of=last), parameters)
        self._unit = unit
        self._first_end, self._last_end = (one.astimezone(asking.zone).date() for one in (end, last))
        # A clock is for whole days.
        self._last_midnight = beginning(self._last_end + _DAY, asking.zone)
        self.happenings: list[Happening] = []

    @property
    def events(self) -> str:
        """A SELECT of all events up to the end of the last period."""
        return events_of(self.asking.source, self.asking.by, self.known, self.parameters)

    def period(self, micros: str) -> str:
        """The number of the first period at whose end an event of this instant has happened."""
        start = beginning(self._first, self.asking.zone)
        day = WallClock(self.asking.zone, Window(start, self._last_midnight), self.parameters).day(micros)
        return f"IF({micros} < {self.parameters.add('INT64', micros_of(start))}, 0, {self._number(day)})"

    def did(self, segment: Did) -> str:
        """Whether a user did an event so often, or so much of it, by the end of a period."""
        step = Step(events=segment.did, where=segment.where)
        parts = None
        if segment.sum is not None:
            parts = parts_of_number(number_of(property_json(segment.sum, self.parameters)))
        window, first_period, period_after = self._counting(segment)
        return self._added(
            Happening(
                events=self._events_of(step, window),
                counts=is_step(step, self.parameters),
                first_between=None,
                first_period=first_period,
                period_after=period_after,
                parts=parts,
                holds=" AND ".join(self.bounds(segment, "figure")),
                base=int(holds_for_nothing(segment)),
            )
        )

    def first_did(self, segment: FirstDid) -> str:
        """Whether the first event of this kind of a user lies in the days that count at the end of a period."""
        step = Step(events=segment.first_did, where=segment.where)
        window, first_period, period_after = self._counting(segment)
        start, end = (self.parameters.add("INT64", micros_of(one)) for one in (window.start, window.end))
        return self._added(
            Happening(
                events=self._events_of(step, self.known),
                counts=is_step(step, self.parameters),
                first_between=(start, end),
                first_period=first_period,
                period_after=period_after,
                parts=None,
                holds="figure >= 1",
                base=0,
            )
        )

    def _added(self, happening: Happening) -> str:
        self.happenings.append(happening)
        return f"(everybody.holds_{len(self.happenings) - 1} = 1)"

    def _events_of(self, step: Step, window: Window) -> str:
        return events_of(self.asking.source, self.asking.by, window, self.parameters, names=names_in([step]))

    def _counting(self, segment: Did | FirstDid) -> tuple[Window, str, str | None]:
        """The instants of events that ever count, and the periods at whose ends they begin and cease to.

        With `within_days` an event counts until so many days have passed at the end of a period.
        """
        if segment.within_days is None:
            return self.days(segment), self.period("micros"), None
        zone = self.asking.zone
        start = beginning(self._first_end - (segment.within_days - 1) * _DAY, zone)
        day = WallClock(zone, Window(start, self._last_midnight), self.parameters).day("micros")
        length, last = self.parameters.add("INT64", segment.within_days), self.parameters.add("DATE", self._last_end)
        after = f"DATE_ADD({day}, INTERVAL {length} DAY)"
        window = Window(start, self.known.end)
        return window, f"GREATEST({self._number(day)}, 0)", f"IF({after} <= {last}, {self._number(after)}, NULL)"

    def _number(self, day: str) -> str:
        """The number of the period that a day lies in."""
        first = self.parameters.add("DATE", self._first)
        if self._unit == "month":
            return f"DATE_DIFF({day}, {first}, MONTH)"
        days = f"DATE_DIFF({day}, {first}, DAY)"
        return f"DIV({days}, 7)" if self._unit == "week" else days
