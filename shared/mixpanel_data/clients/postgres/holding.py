"""What a table holds: its rows, its place, and which users it lacks."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mixpanel_data.base.user_totals import Holding
from mixpanel_data.clients.postgres.table import KEY, Column, identifier

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import SQL, Composed

# The table's own number: TRUNCATE keeps it, and a table that was dropped and created again has another.
_PLACE = "SELECT current_database(), (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()), {}"
# Servers that one script set up number their tables alike: the server's identifier tells them apart. A provider may
# withhold the function, and what only speaks PostgreSQL's protocol may lack it.
_MAY_ASK_SERVER = """
SELECT COALESCE(has_function_privilege(to_regprocedure('pg_catalog.pg_control_system()'), 'EXECUTE'), false)
"""
_SERVER = "SELECT system_identifier FROM pg_catalog.pg_control_system()"
_COUNT = "SELECT count(*) FROM {}"
_MISSING = """
SELECT given.id FROM unnest(%s::text[]) AS given (id)
WHERE NOT EXISTS (SELECT FROM {table} AS kept WHERE kept.{key} = given.id::{cast})
"""


def holding_of(connection: "Connection", table: str) -> Holding:
    """The rows and the place of a table that exists. Raises psycopg.Error."""
    from psycopg import sql

    name = identifier(table)
    oid = sql.SQL("{}::regclass::oid").format(sql.Literal(name.as_string(connection)))
    place = [*_one(connection, sql.SQL(_PLACE).format(oid))]
    if _one(connection, sql.SQL(_MAY_ASK_SERVER)) == (True,):
        place += _one(connection, sql.SQL(_SERVER))
    (rows,) = _one(connection, sql.SQL(_COUNT).format(name))
    return Holding("/".join(map(str, place)), int(str(rows)))


def missing_of(
    connection: "Connection", table: str, columns: Sequence[Column], casts: Mapping[str, str], ids: Sequence[str]
) -> list[str]:
    """Those of these ids that no row of the table has. Raises psycopg.Error, also for an id that the key cannot be."""
    from psycopg import sql

    key = next(column.name for column in columns if column.source == KEY)
    statement = sql.SQL(_MISSING).format(table=identifier(table), key=sql.Identifier(key), cast=sql.SQL(casts[key]))
    return [str(row[0]) for row in connection.execute(statement, [list(ids)])]


def _one(connection: "Connection", query: "Composed | SQL") -> tuple[object, ...]:
    (row,) = connection.execute(query).fetchall()
    return tuple(row)
