"""The SQL of the demonstration, with the types of its parameters."""

from collections.abc import Sequence

from mixpanel_data.warehouse.statements import Statement, rendered, statement

_ROOM = "identity/demonstration"

OWN_LINKS = statement(f"{_ROOM}/own_links.sql")


def insert_into(table: str, columns: Sequence[str]) -> Statement:
    """Adds the events in the parameter of the table's name that the table does not have."""
    return rendered(
        f"{_ROOM}/insert_samples.sql.jinja",
        {table: "ARRAY<STRING>"},
        undeclared={"sample_events": table},
        parameter=table,
        columns=columns,
    )


def delete_from(table: str) -> Statement:
    """Deletes the events of a table whose ids begin with @prefix."""
    return rendered(f"{_ROOM}/delete_samples.sql", {"prefix": "STRING"}, undeclared={"sample_events": table})
