"""The violations of the tracking plan."""

import re
from datetime import date

from mixpanel_data.base.parameters import Page
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.registry.reading import statements
from mixpanel_data.registry.reading.paging import page, unknown_key
from mixpanel_data.registry.reading.requests import ViolationsRequest
from mixpanel_data.warehouse.base import Row, Warehouse

_KEY = re.compile(r"(\d{4}-\d{2}-\d{2}):(\d{1,18}):([0-9a-f]{64})", re.ASCII)


def violations(warehouse: Warehouse, request: ViolationsRequest, redactor: Redactor) -> Page:
    """A page of violations, the newest days first, and of a day the most frequent ones.

    Raises RequestError for an unknown `after`, and what the warehouse raises.
    """
    after_day, after_events, after = _place(request.after, redactor)
    rows = warehouse.rows(
        statements.VIOLATIONS,
        event_names=list(request.event or ()),
        property_names=list(request.property or ()),
        rules=list(request.rule),
        first_day=request.first_day,
        end_day=request.end_day,
        after_day=after_day,
        after_events=after_events,
        after=after,
        is_first=request.after is None,
        most=request.limit + 1,
    )
    return page(rows, request.limit, _key, redactor)


def _key(row: Row) -> str:
    return f"{row['day']}:{row['events']}:{row['violation_id']}"


def _place(after: str | None, redactor: Redactor) -> tuple[date, int, str]:
    """The day, the number of events and the id in a key."""
    if after is None:
        return date.min, 0, ""
    found = _KEY.fullmatch(after)
    if found is None:
        raise unknown_key(after, redactor)
    try:
        return date.fromisoformat(found[1]), int(found[2]), found[3]
    except ValueError as error:
        raise unknown_key(after, redactor) from error
