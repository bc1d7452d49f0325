"""The SQL over the lines of an export, with the types of its parameters."""

from mixpanel_data.warehouse.statements import rendered, statement

EXPORTED = {
    "zone": "STRING",
    "names": "ARRAY<STRING>",
    "names_are_wanted": "BOOL",
    "connectors_are_wanted": "BOOL",
    "window_start": "TIMESTAMP",
    "window_end": "TIMESTAMP",
    "arrived_from_ms": "INT64",
}
"""What every statement that makes `incoming` of staged lines takes."""

INCOMING = rendered("exports/incoming.sql.jinja", EXPORTED, creates="incoming")
RECEIVED = statement("exports/received.sql")
UNMARKED = statement("exports/unmarked.sql", creates="unmarked")
