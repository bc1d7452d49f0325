"""The statement that writes users, and the values that it takes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from mixpanel_data.base.user_totals import User, UserValue
from mixpanel_data.clients.postgres.table import KEY, WRITTEN_AT, Column, identifier

if TYPE_CHECKING:
    from psycopg.sql import Composed

# Brings the rows of a batch up to date, and adds the users that are missing. A repeat changes no row. The existing
# rows are updated first, by a sub-query of their own: a table that refuses new rows (because another of its columns
# must have a value, say) is still kept up to date for the users that it has.
_UPSERT = """
WITH
  -- One row per user of the batch, its texts cast to the types of the table.
  given AS (SELECT {typed} FROM unnest({arrays}) AS text_of({names})),
  -- One row per user whose row existed and differed.
  updated AS (
    UPDATE {table} AS kept SET {from_given} FROM given
    WHERE kept.{key} = given.{key} AND ROW({kept_values}) IS DISTINCT FROM ROW({given_values})
  )
INSERT INTO {table} AS kept ({names})
SELECT {given} FROM given
WHERE NOT EXISTS (SELECT FROM {table} AS existing WHERE existing.{key} = given.{key})
ON CONFLICT ({key}) DO UPDATE SET {from_excluded}
WHERE ROW({kept_values}) IS DISTINCT FROM ROW({excluded_values})
"""


# Arrays of texts, because then one statement serves batches of any size, and PostgreSQL itself reads each value in the
# type of its column.
def upsert(table: str, columns: Sequence[Column], casts: Mapping[str, str]) -> "Composed":
    """Return the statement that writes users, with one parameter per column: an array of texts (see `values_of`)."""
    from psycopg import sql

    key = next(column.name for column in columns if column.source == KEY)
    names = [column.name for column in columns]
    others = [name for name in names if name != key]
    # A difference in the time of writing alone is no reason to write.
    compared = [column.name for column in columns if column.source not in (KEY, WRITTEN_AT)]

    def of(relation: str, columns: Sequence[str]) -> sql.Composed:
        return sql.SQL(", ").join(sql.Identifier(relation, name) for name in columns)

    def assigned(relation: str) -> sql.Composed:
        return sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier(relation, name)) for name in others
        )

    return sql.SQL(_UPSERT).format(
        table=identifier(table),
        key=sql.Identifier(key),
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
        arrays=sql.SQL(", ").join([sql.SQL("%s::text[]")] * len(names)),
        typed=sql.SQL(", ").join(
            sql.SQL("{0}::{1} AS {0}").format(sql.Identifier(name), sql.SQL(casts[name])) for name in names
        ),
        given=of("given", names),
        from_given=assigned("given"),
        from_excluded=assigned("excluded"),
        kept_values=of("kept", compared),
        given_values=of("given", compared),
        excluded_values=of("excluded", compared),
    )


def values_of(users: Sequence[User], columns: Sequence[Column]) -> list[list[str | None]]:
    """Return the parameters of the statement: for each column the users' values as texts."""
    return [[_text(user[column.source]) for user in users] for column in columns]


def unstorable(user: User, columns: Sequence[Column]) -> str | None:
    """Return why PostgreSQL cannot store a text of this user; None if it can store all."""
    for column in columns:
        value = user[column.source]
        if not isinstance(value, str):
            continue
        if "\0" in value:
            return f"{column.source} holds the character U+0000, which PostgreSQL does not store"
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            return f"{column.source} holds a lone surrogate, which UTF-8 cannot encode"
    return None


def _text(value: UserValue) -> str | None:
    """Return a value as a text that its type reads.

    Whole numbers have no decimal point, so that a column of integers takes them and refuses all others.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
