"""What the tracking plan adds to events and their properties."""

from collections.abc import Iterator
from dataclasses import dataclass

from mixpanel_data.configuration.tracking_plan import PlannedEvent, TrackingPlan
from mixpanel_data.registry.judging.events import Planned


@dataclass(frozen=True, slots=True)
class PlannedNote:
    """What the plan says of a property of an event: its description, and whether it is deprecated."""

    property_name: str
    description: str | None
    is_deprecated: bool


class PlanNotes:
    """The plan as judgements and tables need it; one without events where there is none."""

    def __init__(self, plan: TrackingPlan | None) -> None:
        self._plan = plan or TrackingPlan()

    @property
    def context_properties(self) -> list[str]:
        """The properties that every event carries."""
        return list(self._plan.context.required)

    @property
    def version_properties(self) -> tuple[str, ...]:
        """The properties that hold versions, the most telling one first."""
        return tuple(self._plan.version_properties)

    def planned(self, event_name: str) -> Planned:
        """What decides about the status of an event."""
        event = self._event(event_name)
        return Planned(event.status if event else None, bool(self._plan.events))

    def description(self, event_name: str) -> str | None:
        """The description of an event."""
        event = self._event(event_name)
        return event.description if event else None

    def owner(self, event_name: str) -> str | None:
        """The owner of an event."""
        event = self._event(event_name)
        return event.owner if event else None

    def properties(self, event_name: str) -> Iterator[PlannedNote]:
        """What there is to say about the properties of an event."""
        event = self._event(event_name)
        for name, planned in event.schema_.properties.items() if event else ():
            if planned.description or planned.deprecated:
                yield PlannedNote(name, planned.description, planned.deprecated)

    def _event(self, event_name: str) -> PlannedEvent | None:
        return self._plan.events.get(event_name)
