"""The SQL over the lines of an export, with the types of its parameters."""

from mixpanel_data.warehouse.statements import statement

INCOMING = statement(
    "exports/incoming.sql",
    creates="incoming",
    zone="STRING",
    names="ARRAY<STRING>",
    names_are_wanted="BOOL",
    connectors_are_wanted="BOOL",
    insert_ids_are_wanted="BOOL",
    window_start="TIMESTAMP",
    window_end="TIMESTAMP",
    arrived_from_ms="INT64",
)
DAYS = statement("exports/days.sql")
UNMARKED = statement("exports/unmarked.sql", creates="unmarked")
NEWEST = statement("exports/newest.sql")
