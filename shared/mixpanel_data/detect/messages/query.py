"""The SQL that an alert offers, to be pasted into the console: the newest events of the incident."""

import hashlib

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.incidents.incident import Incident
from mixpanel_data.outbox.blocks import SECTION_SIZE, length
from mixpanel_data.outbox.mrkdwn import escaped
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import statement

_WINDOW = {"window_start": "TIMESTAMP", "window_end": "TIMESTAMP"}
EVENTS_BY_NAME = statement("detect/messages/events_by_name.sql", event_name="STRING", **_WINDOW)
EVENTS_BY_NAME_HASH = statement("detect/messages/events_by_name_hash.sql", name_hash="STRING", **_WINDOW)

# The room that a section has for the query, beside its title and a link.
_QUERY_SIZE = SECTION_SIZE - 1_200


def events_query(warehouse: Warehouse, incident: Incident, redactor: Redactor) -> str:
    """The query in the engine's own SQL. A name that must not be shown, or is too long to be, stands as its SHA-256."""
    name = incident.event_name
    window = {"window_start": incident.first.start, "window_end": incident.abnormal_until}
    # No engine accepts half a UTF-16 pair as text, so a name with one cannot be written as a literal.
    is_text = name.encode(errors="replace").decode() == name
    if is_text and redactor.text(name) == name and len(name) <= _QUERY_SIZE:
        query = warehouse.pasteable(EVENTS_BY_NAME, event_name=name, **window)
        if length(escaped(query)) <= _QUERY_SIZE:
            return query
    name_hash = hashlib.sha256(name.encode(errors="replace")).hexdigest()
    return warehouse.pasteable(EVENTS_BY_NAME_HASH, name_hash=name_hash, **window)
