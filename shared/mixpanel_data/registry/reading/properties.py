"""The property dictionary: what a property means, whichever events have it."""

from mixpanel_data.base.parameters import Page
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.registry.reading import statements
from mixpanel_data.registry.reading.paging import key_of_name, name_of_key, page
from mixpanel_data.registry.reading.requests import PropertiesRequest
from mixpanel_data.warehouse.base import Row, Warehouse


def properties(warehouse: Warehouse, request: PropertiesRequest, redactor: Redactor) -> Page:
    """A page of properties by name, each with the events in which its status is not active, by that status.

    Raises RequestError for an unknown `after`, and what the warehouse raises.
    """
    rows = warehouse.rows(
        statements.PROPERTIES,
        property_names=list(request.property or ()),
        event_names=list(request.event or ()),
        statuses=list(request.status),
        is_narrowed=bool(request.event or request.status),
        first=request.first,
        last=request.last,
        after=name_of_key(request.after, statements.PROPERTY_BY_HASH, warehouse, redactor),
        is_first=request.after is None,
        most=request.limit + 1,
    )
    return page(
        _with_statuses(warehouse, rows, redactor),
        request.limit,
        lambda row: key_of_name(row["property"], redactor),
        redactor,
    )


def _with_statuses(warehouse: Warehouse, rows: list[Row], redactor: Redactor) -> list[Row]:
    """The rows with a member `statuses`: names of events by status."""
    names = [row["property"] for row in rows]
    found: dict[str, dict[str, list[str]]] = {name: {} for name in names}
    for row in warehouse.rows(statements.PROPERTY_STATUSES, property_names=names) if names else ():
        found[row["property"]][row["status"]] = [redactor.text(name) for name in row["event_names"]]
    return [{**row, "statuses": found[row["property"]]} for row in rows]
