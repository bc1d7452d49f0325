"""The events of the registry, and everything that it knows about one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixpanel_data.base.errors import NotFoundError
from mixpanel_data.base.nearest import nearest
from mixpanel_data.base.parameters import Page
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.registry.reading import statements
from mixpanel_data.registry.reading.changes import changes
from mixpanel_data.registry.reading.paging import key_of_name, name_of_key, page
from mixpanel_data.registry.reading.redacting import shown
from mixpanel_data.registry.reading.requests import ChangesRequest, EventRequest, EventsRequest, ViolationsRequest
from mixpanel_data.registry.reading.violations import violations
from mixpanel_data.warehouse.base import Warehouse

# As many as one page has.
_MOST_KNOWN = 1000


@dataclass(frozen=True, slots=True)
class EventDetails:
    """An event: its row of event_registry, its properties, and its newest changes that hold and violations."""

    event: Mapping[str, Any]
    properties: Sequence[Mapping[str, Any]]
    changes: Sequence[Mapping[str, Any]]
    violations: Sequence[Mapping[str, Any]]


def events(warehouse: Warehouse, request: EventsRequest, redactor: Redactor) -> Page:
    """A page of events by name. Raises RequestError for an unknown `after`, and what the warehouse raises."""
    rows = warehouse.rows(
        statements.EVENTS,
        statuses=list(request.status),
        event_names=list(request.event or ()),
        first=request.first,
        last=request.last,
        after=name_of_key(request.after, statements.EVENT_BY_HASH, warehouse, redactor),
        is_first=request.after is None,
        most=request.limit + 1,
    )
    return page(rows, request.limit, lambda row: key_of_name(row["event_name"], redactor), redactor)


def event(warehouse: Warehouse, request: EventRequest, redactor: Redactor) -> EventDetails:
    """One event. Raises NotFoundError if the registry has no event of that name, and what the warehouse raises."""
    # Of a list, nobody asks for the empty name, which an event can have.
    named = {"event": (request.name,)}
    found = events(warehouse, EventsRequest().model_copy(update=named), redactor)
    if not found.items:
        known = events(warehouse, EventsRequest(limit=_MOST_KNOWN), redactor).items
        raise NotFoundError(
            f"The registry has no event {redactor.text(request.name)!r}. "
            f"{nearest(request.name, [str(each['event_name']) for each in known], 'It has no events yet.')} "
            "GET /events and `mp registry events` list those that it has."
        )
    return EventDetails(
        found.items[0],
        [shown(row, redactor) for row in warehouse.rows(statements.PROPERTIES_OF_EVENT, name=request.name)],
        changes(warehouse, ChangesRequest(limit=request.limit).model_copy(update=named), redactor).items,
        violations(warehouse, ViolationsRequest(limit=request.limit).model_copy(update=named), redactor).items,
    )
