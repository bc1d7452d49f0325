"""The SQL of a push, with the types of its parameters."""

from mixpanel_data.warehouse.statements import statement

UNPUSHED_PAIRS = statement("identity/pushing/unpushed_pairs.sql", after_link="INT64", most="INT64")
INSERT_PUSHES = statement(
    "identity/pushing/insert_pushes.sql", outcomes="ARRAY<STRING>", pushed_at="TIMESTAMP", run_id="STRING"
)
