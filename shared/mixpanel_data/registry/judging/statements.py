"""The SQL of the judgement, with the types of its parameters."""

from mixpanel_data.warehouse.statements import statement

_EVENTS = {"names": "ARRAY<STRING>", "at": "DATE"}

CANDIDATES = statement(
    "registry/judging/candidates.sql",
    mixpanels_keys="STRING",
    per_hit="FLOAT64",
    per_miss="FLOAT64",
    least_days="INT64",
    least_values="INT64",
    few="INT64",
    **_EVENTS,
)
EVENT_DAYS = statement("registry/judging/event_days.sql")
PROPERTY_SHARES = statement("registry/judging/property_shares.sql", **_EVENTS)
LISTED_VALUES = statement("registry/judging/listed_values.sql", properties="ARRAY<STRING>", **_EVENTS)
