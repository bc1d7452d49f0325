"""The changes that the registry has found in events and properties."""

from datetime import date

from mixpanel_data.base.choices import ChangeState
from mixpanel_data.base.parameters import Page
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.registry.reading import statements
from mixpanel_data.registry.reading.paging import page, unknown_key
from mixpanel_data.registry.reading.requests import ChangesRequest
from mixpanel_data.warehouse.base import Warehouse


def changes(warehouse: Warehouse, request: ChangesRequest, redactor: Redactor) -> Page:
    """A page of changes, the newest first.

    Raises RequestError for an unknown `after`, and what the warehouse raises.
    """
    after_day, after = _place(warehouse, request.after, redactor)
    rows = warehouse.rows(
        statements.CHANGES,
        event_names=list(request.event or ()),
        property_names=list(request.property or ()),
        kinds=list(request.kind),
        with_holding=ChangeState.HOLDS in request.status,
        with_retracted=ChangeState.RETRACTED in request.status,
        first_day=request.first_day,
        end_day=request.end_day,
        after_day=after_day,
        after=after,
        is_first=request.after is None,
        most=request.limit + 1,
    )
    return page(rows, request.limit, lambda row: str(row["change_id"]), redactor)


def _place(warehouse: Warehouse, after: str | None, redactor: Redactor) -> tuple[date, str]:
    """Where a change stands in the list."""
    if after is None:
        return date.min, ""
    rows = warehouse.rows(statements.PLACE_OF_CHANGE, change_id=after)
    if not rows:
        raise unknown_key(after, redactor)
    return rows[0]["day"], rows[0]["place"]
