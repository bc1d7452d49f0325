"""The SQL that reads the registry, with the types of its parameters."""

from mixpanel_data.warehouse.statements import statement

_ROOM = "registry/reading"
_NAMES = "ARRAY<STRING>"
_BEHIND_NAME = {"after": "STRING", "is_first": "BOOL", "most": "INT64"}
_SEEN = {"first": "TIMESTAMP", "last": "TIMESTAMP"}
_DAYS = {"first_day": "DATE", "end_day": "DATE"}
_BEHIND_DAY = {"after_day": "DATE", **_BEHIND_NAME}

EVENTS = statement(f"{_ROOM}/events.sql", statuses=_NAMES, event_names=_NAMES, **_SEEN, **_BEHIND_NAME)
EVENT_BY_HASH = statement(f"{_ROOM}/event_by_hash.sql", name_hash="STRING")
PROPERTIES_OF_EVENT = statement(f"{_ROOM}/properties_of_event.sql", name="STRING")

PROPERTIES = statement(
    f"{_ROOM}/properties.sql",
    property_names=_NAMES,
    event_names=_NAMES,
    statuses=_NAMES,
    is_narrowed="BOOL",
    **_SEEN,
    **_BEHIND_NAME,
)
PROPERTY_BY_HASH = statement(f"{_ROOM}/property_by_hash.sql", name_hash="STRING")
PROPERTY_STATUSES = statement(f"{_ROOM}/property_statuses.sql", property_names=_NAMES)

CHANGES = statement(
    f"{_ROOM}/changes.sql",
    event_names=_NAMES,
    property_names=_NAMES,
    kinds=_NAMES,
    with_holding="BOOL",
    with_retracted="BOOL",
    **_DAYS,
    **_BEHIND_DAY,
)
PLACE_OF_CHANGE = statement(f"{_ROOM}/place_of_change.sql", change_id="STRING")

VIOLATIONS = statement(
    f"{_ROOM}/violations.sql",
    event_names=_NAMES,
    property_names=_NAMES,
    rules=_NAMES,
    after_events="INT64",
    **_DAYS,
    **_BEHIND_DAY,
)
