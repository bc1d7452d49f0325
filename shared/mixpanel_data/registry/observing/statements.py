"""The SQL of observing, with the types of its parameters."""

from mixpanel_data.warehouse.statements import rendered, statement

_TIMES = {"from_time": "TIMESTAMP", "to_time": "TIMESTAMP"}
_DAYS = {"first_day": "DATE", "last_day": "DATE"}
_UNITS = {**_TIMES, **_DAYS, "first_name": "STRING", "last_name": "STRING", "days": "ARRAY<DATE>"}
_STEPS = 3

MARKED_DAYS = statement("registry/observing/marked_days.sql")
PENDING_UNITS = statement(
    "registry/observing/pending_units.sql",
    job="STRING",
    since="TIMESTAMP",
    yesterday="DATE",
    midnight="TIMESTAMP",
    small_day="INT64",
    marked_days="ARRAY<DATE>",
    most="INT64",
    **_DAYS,
)
COUNT_PENDING = statement("registry/observing/count_pending.sql")
SIZES = statement("registry/observing/sizes.sql", **_TIMES)

PART_UNITS = statement("registry/observing/part_units.sql", creates="part_units", sample="INT64", **_UNITS)
MEMBER_COUNTS = statement(
    "registry/observing/member_counts.sql", creates="member_counts", most_values="INT64", **_TIMES
)
NESTED_COUNTS = rendered("registry/observing/nested_counts.sql.jinja", {}, creates="nested_counts", depth=_STEPS)
FRESH_OBSERVATIONS = statement(
    "registry/observing/fresh_observations.sql",
    creates="fresh_observations",
    most_properties="INT64",
    most_paths="INT64",
    most_values="INT64",
)
OBSERVATION_CHANGES = statement("registry/observing/observation_changes.sql", creates="observation_changes", **_DAYS)
COUNT_CHANGES = statement("registry/observing/count_changes.sql")

DELETE_OBSERVATIONS = statement("registry/observing/delete_observations.sql", **_DAYS)
INSERT_OBSERVATIONS = statement("registry/observing/insert_observations.sql")
INSERT_UNJUDGED = statement("registry/observing/insert_unjudged.sql", started_at="TIMESTAMP")
REOPEN_JUDGEMENT = statement("registry/observing/reopen_judgement.sql")
DELETE_PENDING = statement("registry/observing/delete_pending.sql")
