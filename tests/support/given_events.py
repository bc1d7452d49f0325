"""Events written into a warehouse by hand, for tests of what reads them."""

import json
from datetime import datetime
from typing import Any

from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import Statement

_INSERT = Statement(
    "given events",
    "INSERT INTO mixpanel_events (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id)"
    " SELECT TIMESTAMP(JSON_VALUE(one, '$.time')), TIMESTAMP '2030-01-01', JSON_VALUE(one, '$.name'),"
    " JSON_QUERY(one, '$.properties'), JSON_VALUE(one, '$.user'), JSON_VALUE(one, '$.id')"
    " FROM UNNEST(JSON_QUERY_ARRAY(PARSE_JSON(@events))) AS one",
    {"events": "STRING"},
)


def given_event(name: str, time: str, user: str, number: int, **properties: Any) -> dict[str, Any]:
    """An event at a time such as 2024-03-01T12:00:00Z; its number makes its id."""
    datetime.fromisoformat(time)
    return {"name": name, "time": time, "user": user, "id": f"e{number:06}", "properties": properties}


def give(warehouse: Warehouse, *events: dict[str, Any]) -> None:
    """Add events to those that there are."""
    warehouse.transact(f"events-{events[0]['id']}", [_INSERT], events=json.dumps(events))
