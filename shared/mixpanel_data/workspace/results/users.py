"""What single users did."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from mixpanel_data.workspace.results.base import Plain, Table


@dataclass(frozen=True)
class UserEvent(Plain):
    """An event of a user. `time` is in UTC; `properties` are all of its properties, as Mixpanel sends them."""

    event: str
    time: datetime
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ActivityFeedResult(Table):
    """The events of some users in the order of their time. Days are inclusive; None where none were asked for.

    `df` has a row for each event: `event`, `time` (UTC), `distinct_id`, and a column for each property.
    """

    columns: ClassVar[tuple[str, ...]] = ("event", "time", "distinct_id")

    distinct_ids: list[str]
    from_date: str | None
    to_date: str | None
    events: list[UserEvent] = field(default_factory=list)

    def records(self) -> list[dict[str, Any]]:
        return [_row(event) for event in self.events]


def _row(event: UserEvent) -> dict[str, Any]:
    properties = dict(event.properties)
    # Mixpanel uses either name. The event's own columns win over properties of the same names.
    distinct_id = properties.pop("$distinct_id", None) or properties.pop("distinct_id", None)
    return {**properties, "event": event.event, "time": event.time, "distinct_id": distinct_id}
