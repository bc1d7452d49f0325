"""The statement of a funnel: what its template is given."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from mixpanel_data.configuration.reports.choices import Attribute, FunnelCount, Order
from mixpanel_data.configuration.reports.definitions import Exclusion, Funnel
from mixpanel_data.configuration.reports.steps import Step
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.clocks import micros_of
from mixpanel_data.reports.relations.conditions import is_set, is_step, property_json
from mixpanel_data.reports.relations.days import days_asked
from mixpanel_data.reports.relations.events import names_in
from mixpanel_data.reports.relations.labels import UNDEFINED, kind_and_text, label_of
from mixpanel_data.reports.relations.question import Question
from mixpanel_data.reports.relations.sessions import EXCLUDED, TIMEOUT, begins_session
from mixpanel_data.reports.relations.windows import Window
from mixpanel_data.warehouse.base import Row

_MICROSECOND = timedelta(microseconds=1)
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

LIMITS = (_MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR, _DAY, 3 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY)
"""The limits of the times to convert: how many took less is counted."""

SHARES: Mapping[str, float] = {"p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9, "p99": 0.99}
"""The percentiles of the times, by the names of their columns."""

# With these, 128,000 attempts of a user need no more than the 500 rounds that BigQuery goes.
_HOPS = tuple(2**power for power in range(8))

# After the places of all events.
_NOWHERE = 2**62


def rows_of(definition: Funnel, asking: Asking) -> list[Row]:
    """One row per segment, period and step that an attempt reached, as the template describes them.

    Raises ValueError for a definition without days, and what the warehouse's `stream` raises.
    """
    return _Given(definition, asking).rows()


class _Given:
    """A definition as expressions over the events, with its values as parameters."""

    def __init__(self, definition: Funnel, asking: Asking) -> None:
        self._definition = definition
        self._question = Question(asking)
        self._parameters = self._question.parameters
        self._days = asking.window(*days_asked(definition))
        self._is_in_sessions = definition.count is FunnelCount.SESSIONS
        self._is_any_order = definition.order is Order.ANY
        self._endings = _Endings(definition)

    def rows(self) -> list[Row]:
        definition = self._definition
        self._read_events()
        history = ("user_id", "session_no") if self._is_in_sessions else ("user_id",)
        held = {f"held_{number}": self._held(name) for number, name in enumerate(definition.hold, start=1)}
        return self._question.rows(
            "reports/funnels/funnel.sql.jinja",
            history=history,
            sessions=self._sessions() if self._is_in_sessions else None,
            fits=[is_step(step, self._parameters) for step in definition.steps],
            held=held,
            endings={name: self._is_any_of(exclusions) for name, exclusions in self._endings.conditions.items()},
            ends=self._endings.by_step,
            alike=(*history, *held),
            is_plain=self._is_plain(),
            has_others=self._has_others(),
            rivals=_rivals(definition.steps),
            nowhere=self._number(_NOWHERE),
            beyond_grace=self._parameters.add_length(definition.grace + _MICROSECOND),
            is_any_order=self._is_any_order,
            are_all_tried=self._are_all_tried(),
            is_once_in_each_segment=definition.count is FunnelCount.USERS,
            period=self._period(),
            start=self._number(micros_of(self._days.start)),
            end=self._number(micros_of(self._days.end)),
            within=self._parameters.add_length(definition.within),
            grace=self._parameters.add_length(definition.grace),
            hops=_HOPS,
            label=self._label() if definition.on else None,
            shares=SHARES,
            limits=[self._parameters.add("FLOAT64", limit / _MICROSECOND) for limit in LIMITS],
        )

    def _read_events(self) -> None:
        """Sessions depend on all events of a user, and end at midnight; else the names that matter are enough."""
        definition, days = self._definition, self._days
        steps: Sequence[Step] = definition.steps
        window = days if self._is_in_sessions else Window(days.start - definition.grace, days.end + definition.within)
        names = None if self._is_in_sessions else names_in([*steps, *definition.exclude])
        self._question.add_events(window, names)
        if definition.on:
            self._question.add_events(window, names_in(steps), named="events_of_steps")

    def _sessions(self) -> Mapping[str, str]:
        return {
            "begins": begins_session(self._parameters.add_length(TIMEOUT)),
            "day": self._question.clock(self._days).day("micros"),
            "excluded": self._parameters.add("ARRAY<STRING>", sorted(EXCLUDED)),
        }

    def _held(self, name: str) -> str:
        """What equal values share; missing and null are one value."""
        value = property_json(name, self._parameters)
        nothing = self._parameters.add("STRING", UNDEFINED)
        return f"IF({is_set(value)}, {kind_and_text(value)}, {nothing})"

    def _is_any_of(self, exclusions: Sequence[Exclusion]) -> str:
        return f"({' OR '.join(is_step(exclusion, self._parameters) for exclusion in exclusions)})"

    def _is_plain(self) -> bool:
        """Whether the instants of events are all that matters: the first attempts alone, and no event twice in one."""
        definition = self._definition
        is_told_by_instants = not (definition.on or definition.hold or any(_rivals(definition.steps).values()))
        return is_told_by_instants and not self._is_any_order and not self._are_all_tried()

    def _has_others(self) -> bool:
        """Whether there are events that no step and no exclusion asks for, beside those left out by their names."""
        definition = self._definition
        return self._is_in_sessions or any(one.where for one in (*definition.steps, *definition.exclude))

    def _are_all_tried(self) -> bool:
        count = self._definition.count
        return count is FunnelCount.ATTEMPTS or (count is FunnelCount.USERS and self._definition.on is not None)

    def _period(self) -> str:
        unit = self._definition.unit
        return "CAST(NULL AS DATE)" if unit is None else self._question.clock(self._days).period("micros", unit)

    def _label(self) -> Mapping[str, Any]:
        definition = self._definition
        value = property_json(definition.on or "", self._parameters)
        attribute = definition.attribute
        return {
            "text": label_of(value, definition, self._parameters),
            "is_set": is_set(value),
            "otherwise": self._parameters.add("STRING", UNDEFINED),
            "places": [attribute] if isinstance(attribute, int) else range(1, len(definition.steps) + 1),
            "is_last": attribute is Attribute.LAST,
            "limit": self._number(definition.limit),
        }

    def _number(self, number: int) -> str:
        return self._parameters.add("INT64", number)


def _rivals(steps: Sequence[Step]) -> Mapping[int, int]:
    """By its number, how many steps before each one can have taken an event that fits it."""
    return {
        number: sum(_share_a_name(step, earlier) for earlier in steps[: number - 1])
        for number, step in enumerate(steps, start=1)
    }


def _share_a_name(one: Step, other: Step) -> bool:
    return not one.events or not other.events or not set(one.events).isdisjoint(other.events)


class _Endings:
    """What ends an attempt on its way to each step: one column for all steps with the same exclusions."""

    def __init__(self, definition: Funnel) -> None:
        last = len(definition.steps)
        active = {number: _active(definition, number) for number in range(2, last + 1)}
        names = {places: f"ends_{column}" for column, places in enumerate(dict.fromkeys(active.values())) if places}
        self.conditions = {name: [definition.exclude[place] for place in places] for places, name in names.items()}
        self.by_step = {number: names.get(places) for number, places in active.items()}


def _active(definition: Funnel, number: int) -> tuple[int, ...]:
    """The places of the exclusions that hold between the step before and this one."""
    last = len(definition.steps)
    return tuple(
        place for place, one in enumerate(definition.exclude) if (one.after or 1) < number <= (one.before or last)
    )
