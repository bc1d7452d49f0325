"""The SQL that publishes what is judged, with the types of its parameters."""

from collections.abc import Mapping

from mixpanel_data.warehouse.statements import Statement, statement

_STARTED = {"started_at": "TIMESTAMP"}
_BATCH = {"first_name": "STRING", "last_name": "STRING", "at": "DATE"}

JUDGED = statement("registry/publishing/judged.sql")
BEGIN_JUDGEMENT: tuple[Statement, ...] = (
    statement("registry/publishing/delete_judged.sql"),
    statement(
        "registry/publishing/insert_judged.sql",
        at="DATE",
        plan="STRING",
        version_properties="ARRAY<STRING>",
        judged_at="TIMESTAMP",
    ),
    statement("registry/publishing/mark_unjudged.sql", mark_day="DATE", **_STARTED),
)
"""Store what is judged by from now on, and mark all events: one transaction."""
UNJUDGED_NAMES = statement("registry/publishing/unjudged_names.sql", at="DATE")

BATCH_NAMES = statement("registry/publishing/batch_names.sql", creates="batch_names", names="ARRAY<STRING>")
BATCH_PROPERTIES = statement("registry/publishing/batch_properties.sql", creates="batch_properties", **_BATCH)
RECENT_VALUES = statement("registry/publishing/recent_values.sql", creates="recent_values", **_BATCH)
STANDING_CHANGES = statement("registry/publishing/standing_changes.sql", all_days="DATE")
STANDING_EVENT_CHANGES = statement("registry/publishing/standing_event_changes.sql")
FRESH_PROPERTIES = statement("registry/publishing/fresh_properties.sql", creates="fresh_properties", **_BATCH)
GIVEN_PROPERTIES = statement(
    "registry/publishing/given_properties.sql", creates="given_properties", properties="ARRAY<STRING>"
)
PROPERTY_CHANGES = statement("registry/publishing/property_changes.sql", creates="property_changes")
COUNT_NEW_PROPERTIES = statement("registry/publishing/count_new_properties.sql")
GIVEN_EVENTS = statement("registry/publishing/given_events.sql", creates="given_events", events="ARRAY<STRING>")
EVENT_CHANGES = statement("registry/publishing/event_changes.sql", creates="event_changes")
COUNT_NEW_EVENTS = statement("registry/publishing/count_new_events.sql")
DICTIONARY_CHANGES = statement(
    "registry/publishing/dictionary_changes.sql",
    creates="dictionary_changes",
    context_properties="ARRAY<STRING>",
    mixpanels_keys="STRING",
)
GIVEN_CHANGES = statement("registry/publishing/given_changes.sql", creates="given_changes", changes="ARRAY<STRING>")
CHANGE_EFFECTS = statement("registry/publishing/change_effects.sql", creates="change_effects", is_of_events="BOOL")
COUNT_EFFECTS = statement("registry/publishing/count_effects.sql")

PUBLISH_CHANGES: Mapping[str, Statement] = {
    "retract": statement("registry/publishing/retract_changes.sql", **_STARTED),
    "update": statement("registry/publishing/update_changes.sql"),
    "insert": statement("registry/publishing/insert_changes.sql", run_id="STRING", **_STARTED),
}
"""Publish what becomes of changes, by effect."""
PUBLISH_BATCH: tuple[Statement, ...] = (
    statement("registry/publishing/delete_properties.sql"),
    statement("registry/publishing/insert_properties.sql", **_STARTED),
    statement("registry/publishing/delete_unjudged.sql"),
)
"""Publish the properties of some events, and that the events are judged."""
PUBLISH_EVENTS: tuple[Statement, ...] = (
    statement("registry/publishing/delete_events.sql"),
    statement("registry/publishing/insert_events.sql", **_STARTED),
    statement("registry/publishing/delete_dictionary.sql"),
    statement("registry/publishing/insert_dictionary.sql", **_STARTED),
    statement("registry/publishing/complete_judged.sql"),
)
"""Publish all events and the dictionary, and that nothing is left to judge."""

DETECTED_CHANGES = statement("registry/publishing/detected_changes.sql", run_id="STRING", **_STARTED)
TOTALS = statement("registry/publishing/totals.sql")
