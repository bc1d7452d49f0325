"""The SQL of observing, with the types of its parameters."""

from mixpanel_data.warehouse.statements import rendered, statement

_TIMES = {"from_time": "TIMESTAMP", "to_time": "TIMESTAMP"}
_DAYS = {"first_day": "DATE", "last_day": "DATE"}
_UNITS = {**_TIMES, **_DAYS, "first_name": "STRING", "last_name": "STRING"}
_STEPS = 3

PENDING_UNITS = statement(
    "registry/observing/pending_units.sql", job="STRING", yesterday="DATE", midnight="TIMESTAMP", most="INT64"
)
COUNT_PENDING = statement("registry/observing/count_pending.sql")
SIZES = statement("registry/observing/sizes.sql", **_TIMES)

PART_UNITS = statement("registry/observing/part_units.sql", creates="part_units", sample="INT64", **_UNITS)
UNIT_COUNTS = statement("registry/observing/unit_counts.sql", creates="unit_counts", **_TIMES)
TYPE_COUNTS = statement("registry/observing/type_counts.sql", creates="type_counts", **_TIMES)
VALUE_COUNTS = statement("registry/observing/value_counts.sql", creates="value_counts", **_TIMES)
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
