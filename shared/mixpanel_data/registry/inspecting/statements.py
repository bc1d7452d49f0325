"""The SQL that reads events and rejected lines, with the types of its parameters."""

from mixpanel_data.warehouse.statements import statement

_ROOM = "registry/inspecting"
_WINDOW = {"event_name": "STRING", "start": "TIMESTAMP", "end": "TIMESTAMP", "most": "INT64"}

NEWEST_MINUTES = statement(f"{_ROOM}/newest_minutes.sql", **_WINDOW)
NEWEST_EVENTS = statement(f"{_ROOM}/newest_events.sql", **_WINDOW)

NEWEST_SEQ = statement(f"{_ROOM}/newest_seq.sql")
ARRIVALS_AFTER = statement(f"{_ROOM}/arrivals_after.sql", event_name="STRING", seq="INT64")
ARRIVED_EVENTS = statement(f"{_ROOM}/arrived_events.sql", arrived_at="TIMESTAMP", **_WINDOW)

REJECTED_LINES = statement(f"{_ROOM}/rejected_lines.sql", since="TIMESTAMP", most="INT64")

UNMATCHED = statement(f"{_ROOM}/unmatched.sql", given="ARRAY<STRING>")
