"""The SQL that counts violations, with the types of its parameters."""

from mixpanel_data.registry.context.version_parameters import VERSION_TYPES
from mixpanel_data.warehouse.statements import Statement, statement

_TIMES = {"from_time": "TIMESTAMP", "to_time": "TIMESTAMP"}
_DAYS = {"first_day": "DATE", "last_day": "DATE"}

SUSPECTED_RULES = statement(
    "registry/validating/suspected_rules.sql",
    creates="suspected_rules",
    plan_rules="ARRAY<STRING>",
    lists_events="BOOL",
    planned_events="ARRAY<STRING>",
    event_naming="STRING",
    event_pattern="STRING",
    property_naming="STRING",
    property_pattern="STRING",
    mixpanels_keys="STRING",
)
COUNT_SUSPECTS = statement("registry/validating/count_suspects.sql")


def _broken_by(name: str) -> tuple[Statement, Statement]:
    """The statement that counts, and the one for no count."""
    counting = statement(f"registry/validating/{name}.sql", creates=name, **_TIMES, **VERSION_TYPES)
    return counting, statement("registry/validating/none_broken.sql", creates=name)


BROKEN_BY = {
    "of_events": _broken_by("broken_by_events"),
    "of_members": _broken_by("broken_by_members"),
    "nested": _broken_by("broken_by_nested"),
}
"""By scope, as COUNT_SUSPECTS names them."""
BROKEN_RULES = statement("registry/validating/broken_rules.sql", creates="broken_rules")
FRESH_VIOLATIONS = statement("registry/validating/fresh_violations.sql", creates="fresh_violations", **VERSION_TYPES)
NO_VIOLATIONS = statement("registry/validating/no_violations.sql", creates="fresh_violations")
VIOLATION_CHANGES = statement("registry/validating/violation_changes.sql", creates="violation_changes", **_DAYS)
COUNT_VIOLATION_CHANGES = statement("registry/validating/count_violation_changes.sql")

PUBLISH = (
    statement("registry/validating/delete_violations.sql", **_DAYS),
    statement("registry/validating/insert_violations.sql"),
)

PLAN_ENTRIES = statement("registry/validating/plan_entries.sql")
STORE_ENTRIES = (
    statement("registry/validating/delete_plan_entries.sql", plan_names="ARRAY<STRING>"),
    statement("registry/validating/insert_plan_entries.sql", plan_entries="ARRAY<STRING>", started_at="TIMESTAMP"),
)
