"""The SQL that stores decisions, with the types of its parameters."""

from mixpanel_data.warehouse.statements import Statement, statement

LINKS_BETWEEN = statement("identity/deciding/links_between.sql", a="STRING", b="STRING")
GIVEN_LINKS = statement(
    "identity/deciding/given_links.sql", creates="new_links", newest_link="INT64", given="ARRAY<STRING>"
)
STORE: tuple[Statement, ...] = (
    statement("identity/deciding/delete_decisions.sql", decided="ARRAY<STRING>"),
    statement(
        "identity/deciding/insert_decisions.sql", decided="ARRAY<STRING>", finished_at="TIMESTAMP", run_id="STRING"
    ),
)
"""Store decisions, one for each pair of ids."""
