"""What a fetch asks for, checked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mixpanel_data.base.days import check_in_order, day_of
from mixpanel_data.base.errors import RequestError
from mixpanel_data.exports.portions import Days
from mixpanel_data.workspace.fetching.names import check_name, check_unicode


@dataclass(frozen=True, slots=True)
class EventsRequest:
    """The events of some days, both inclusive, as the project counts them; `events` None asks for all names."""

    name: str
    days: Days
    events: tuple[str, ...] | None
    where: str | None
    append: bool

    @classmethod
    def checked(
        cls,
        name: str,
        from_date: str | date | None,
        to_date: str | date | None,
        events: Sequence[str] | None,
        where: str | None,
        *,
        append: bool,
    ) -> "EventsRequest":
        """The request of these parameters. Raises RequestError naming the parameter that is wrong."""
        check_name(name)
        first, last = day_of("from_date", from_date), day_of("to_date", to_date)
        check_in_order(first, last)
        check_unicode("where", where)
        return cls(name, Days(first, last), _event_names(events), where or None, append)

    def identity(self, project_id: str) -> Mapping[str, Any]:
        """The values that a call has to share with this one to go on with its fetch; JSON can hold them."""
        return {
            "type": "events",
            "from_date": str(self.days.first),
            "to_date": str(self.days.last),
            "events": None if self.events is None else list(self.events),
            "where": self.where,
            "project_id": project_id,
            "append": self.append,
        }


@dataclass(frozen=True, slots=True)
class ProfilesRequest:
    """The profiles that an expression and a cohort select, with some or all (None) of their properties."""

    name: str
    where: str | None
    append: bool
    cohort_id: int | None
    output_properties: tuple[str, ...] | None

    @classmethod
    def checked(
        cls,
        name: str,
        where: str | None,
        *,
        append: bool,
        cohort_id: int | None,
        output_properties: Sequence[str] | None,
    ) -> "ProfilesRequest":
        """The request of these parameters. Raises RequestError naming the parameter that is wrong."""
        check_name(name)
        check_unicode("where", where)
        if cohort_id is not None and cohort_id <= 0:
            raise RequestError(f"cohort_id is {cohort_id}. Give the number of a cohort; `mp cohorts` lists them.")
        properties = (output_properties,) if isinstance(output_properties, str) else output_properties
        if properties is not None and not properties:
            raise RequestError("output_properties is empty. Name at least one property, or leave it out for all.")
        for each in properties or ():
            check_unicode("output_properties", each)
        return cls(name, where or None, append, cohort_id, None if properties is None else tuple(properties))

    def identity(self, project_id: str) -> Mapping[str, Any]:
        """The values that a call has to share with this one to go on with its fetch; JSON can hold them."""
        return {"type": "profiles", "filter": self.filter, "project_id": project_id, "append": self.append}

    @property
    def filter(self) -> str | None:
        """What selects the profiles, as `_metadata` has it: the expression, or JSON if there is more than that."""
        if self.cohort_id is None and self.output_properties is None:
            return self.where
        properties = None if self.output_properties is None else sorted(self.output_properties)
        parts = {"where": self.where, "cohort_id": self.cohort_id, "output_properties": properties}
        return json.dumps({name: value for name, value in parts.items() if value is not None}, ensure_ascii=False)


def _event_names(events: Sequence[str] | None) -> tuple[str, ...] | None:
    if events is None:
        return None
    names = (events,) if isinstance(events, str) else tuple(events)
    if not names or not all(names):
        raise RequestError("events is empty or has an empty name. Name at least one event, or leave it out for all.")
    for name in names:
        check_unicode("events", name)
    return tuple(dict.fromkeys(names))
