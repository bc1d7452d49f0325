"""A table in PostgreSQL that gets users' totals: absolute values, and only rows that differ are written.

One plain statement a batch does what the product would otherwise keep a function for, such as
`upsert_subscribers_incremental`: there is nothing to install, and the role needs SELECT, INSERT and UPDATE on the one
table. Because the values are absolute, what is sent twice, or by a run that died before it could tell, is right all
the same.
"""

import contextlib
import os
import re
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    ConfigError,
    MixpanelDataError,
    QueryError,
    UnavailableError,
    listed,
)
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.user_totals import Refusal, User, UserValue
from mixpanel_data.clients.retries import Sleep, pause, retrying

if TYPE_CHECKING:
    from psycopg import Connection, Error
    from psycopg.sql import Composed

KEY, WRITTEN_AT = "distinct_id", "updated_at"

_CONNECT_SECONDS = 10.0
_STATEMENT_SECONDS = 60.0
# psycopg takes less for as much.
_LEAST_CONNECT_SECONDS = 2
_REASON_CHARACTERS = 300
_USUAL = {"application_name": "mixpanel-data", "keepalives_idle": "30"}
_TYPES = {"STRING": "text", "INT64": "bigint", "NUMERIC": "numeric", "BOOL": "boolean", "TIMESTAMP": "timestamptz"}
# What a connection string has that was split at a character of its password.
_HOST = re.compile(r"[\w.:,@/\\-]*")
_PORTS = re.compile(r"[0-9,]*")

# SQLSTATEs by their classes (PostgreSQL's manual, appendix A). What is in none of these is about a row.
_PASSING = re.compile(r"08|40|53|57|58|55P03|55006|25006")
_UNAUTHENTICATED = re.compile(r"28|42501")
_MISCONFIGURED = re.compile(r"0A|3D|3F|42|55000")
_OTHER = re.compile(r"0B|24|25|26|2B|2D|34|3B|55|72|F0|HV|XX")
# A refusal to connect has no SQLSTATE, only words.
_REFUSED_CREDENTIAL = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|role .+ does not exist|user not found"
    r"|not permitted to log in|permission denied for database"
)
_NO_DATABASE = re.compile(r"database .+ does not exist|database .+ is not currently accepting")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table, what of a user it gets, and that value's GoogleSQL type."""

    name: str
    source: str
    type: str


@dataclass(slots=True)
class Postgres:
    """A table of a PostgreSQL database; a target of the user sync.

    `url` is a connection string of libpq (`postgresql://user:password@host:5432/database`), `table` a name with or
    without its schema, `columns` what is written, the one with the source `distinct_id` among them: the table must have
    a unique key on it. Columns of the table that are not named here are left alone. Raises ConfigError for what cannot
    be a connection string.
    """

    url: Secret
    table: str
    columns: Sequence[Column]
    deadline: Deadline
    sleep: Sleep = pause
    name: str = field(default="postgres", init=False)
    most_users: int = field(default=500, init=False)
    _parameters: Mapping[str, Any] = field(init=False, repr=False)
    _connection: "Connection | None" = field(default=None, init=False, repr=False)
    _statement: "Composed | None" = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._parameters = {**_USUAL, **_parameters(self.url)}

    def send(self, users: Sequence[User]) -> list[Refusal]:
        """Write these users in one transaction, all that the table takes; returns those whom it refuses.

        A row that has these values already is not written; `updated_at` alone is no reason to. Raises ConfigError with
        the DDL that helps where table, column or key is missing, AuthenticationError, QueryError, and UnavailableError
        after five attempts within the deadline.
        """
        refusals = [Refusal(str(user[KEY]), reason) for user in users if (reason := self._unsayable(user))]
        refused = {refusal.distinct_id for refusal in refusals}
        # In one order, so that two who write the same users do not wait for each other in a circle.
        fit = sorted((user for user in users if user[KEY] not in refused), key=lambda user: str(user[KEY]))
        if not fit:
            return refusals
        return refusals + retrying(
            lambda: self._attempt(fit), deadline=self.deadline, sleep=self.sleep, before_waiting=str
        )

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _unsayable(self, user: User) -> str | None:
        """Why no text of PostgreSQL can say a value of this user."""
        for column in self.columns:
            value = user[column.source]
            if isinstance(value, str):
                if "\0" in value:
                    return f"{column.source} holds the character U+0000, which PostgreSQL does not store"
                if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
                    return f"{column.source} holds half a character (a lone surrogate), which no UTF-8 can say"
        return None

    def _attempt(self, users: Sequence[User]) -> list[Refusal]:
        import psycopg

        self.deadline.check("PostgreSQL was written to")
        try:
            connection = self._connected()
            with self._bounded(connection), connection.transaction():
                self._begin(connection)
                if self._statement is None:
                    self._statement = self._upsert(connection)
                return self._write(connection, self._statement, users)
        except psycopg.Error as error:
            self.close()
            raise self._meaning(error) from None
        except MixpanelDataError:
            self.close()
            raise

    def _connected(self) -> "Connection":
        import psycopg

        if self._connection is None or self._connection.closed:
            seconds = max(_LEAST_CONNECT_SECONDS, int(self.deadline.left(_CONNECT_SECONDS)))
            self._connection = psycopg.connect(
                **{**self._parameters, "connect_timeout": seconds},
                # A pool in front of the server may hand each transaction another session.
                prepare_threshold=None,
            )
            self._connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            self._connection.read_only = False
        return self._connection

    @contextlib.contextmanager
    def _bounded(self, connection: "Connection") -> Iterator[None]:
        """Cut the connection with the deadline: a server that stands still keeps no timeout of its own."""
        with socket.socket(fileno=os.dup(connection.fileno())) as end:
            timer = threading.Timer(self.deadline.left(threading.TIMEOUT_MAX), _cut, [end])
            timer.daemon = True
            timer.start()
            try:
                yield
            finally:
                timer.cancel()

    def _begin(self, connection: "Connection") -> None:
        """What holds for this transaction, and no longer: the session may be another's afterwards."""
        milliseconds = max(1, int(self.deadline.left(_STATEMENT_SECONDS) * 1000))
        connection.execute(
            "SELECT set_config('statement_timeout', %s, true), set_config('timezone', 'UTC', true),"
            # A batch is a few rows of many: they are looked up by their key, whatever statistics the table has.
            " set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)",
            [str(milliseconds)],
        )
        # A deferred one would speak at the end, of no row in particular.
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def _write(self, connection: "Connection", statement: "Composed", users: Sequence[User]) -> list[Refusal]:
        """Write users, in ever smaller parts where one of them is refused."""
        import psycopg

        values = [[_text(user[column.source]) for user in users] for column in self.columns]
        try:
            with connection.transaction():
                connection.execute(statement, values)
        except psycopg.Error as error:
            if not _is_of_a_row(error):
                raise
            reason = self._told(error)
        else:
            return []
        if len(users) == 1:
            return [Refusal(str(users[0][KEY]), reason)]
        middle = len(users) // 2
        return self._write(connection, statement, users[:middle]) + self._write(connection, statement, users[middle:])

    def _upsert(self, connection: "Connection") -> "Composed":
        """The statement that writes users, given as an array of texts for each column. Raises ConfigError."""
        from psycopg import sql

        casts = self._casts(connection)
        key = next(column.name for column in self.columns if column.source == KEY)
        names = [column.name for column in self.columns]
        others = [name for name in names if name != key]
        compared = [column.name for column in self.columns if column.source not in (KEY, WRITTEN_AT)]

        def of(relation: str, columns: Sequence[str]) -> sql.Composed:
            return sql.SQL(", ").join(sql.Identifier(relation, name) for name in columns)

        def assigned(relation: str) -> sql.Composed:
            return sql.SQL(", ").join(
                sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier(relation, name)) for name in others
            )

        return sql.SQL(_UPSERT).format(
            table=self._table(),
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

    def _casts(self, connection: "Connection") -> dict[str, str]:
        """What the texts are cast to, by column. Raises ConfigError with what is missing and the DDL that helps."""
        table = self._table().as_string(connection)
        found = {row[0]: _Found(*row[1:]) for row in connection.execute(_COLUMNS, [table]).fetchall()}
        if not found:
            columns = ", ".join(f"{self._declared(column)}{_primary(column)}" for column in self.columns)
            raise ConfigError(
                f"PostgreSQL has no table {table} that this role sees. Create it: CREATE TABLE {table} ({columns});"
            )
        if missing := [column for column in self.columns if column.name not in found]:
            added = ", ".join(f"ADD COLUMN {self._declared(column)}" for column in missing)
            raise ConfigError(
                f"PostgreSQL's table {table} has no {listed([column.name for column in missing])}. "
                f"Add what is missing: ALTER TABLE {table} {added}; "
                "or say under sync.postgres.columns what it is called there, null to leave it out."
            )
        for column in self.columns:
            if not found[column.name].takes(column.type):
                raise ConfigError(
                    f"{column.name} of PostgreSQL's table {table} is {found[column.name].type}, and {column.source} is "
                    f"{column.type}: make it {_TYPES[column.type]}, or name another column under sync.postgres.columns."
                )
            if column.source == KEY and not found[column.name].is_unique:
                raise ConfigError(
                    f"PostgreSQL's table {table} has no unique key on {column.name} alone. "
                    f'Add one: ALTER TABLE {table} ADD UNIQUE ("{column.name}");'
                )
        return {name: one.cast for name, one in found.items()}

    def _table(self) -> "Composed":
        from psycopg import sql

        return sql.Composed([sql.Identifier(*self.table.split("."))])

    def _declared(self, column: Column) -> str:
        return f'"{column.name}" {_TYPES[column.type]}'

    def _meaning(self, error: "Error") -> MixpanelDataError:
        """What an error means for the caller."""
        state, told = error.sqlstate, self._told(error)
        said = f"PostgreSQL: {told}"
        if state is None and _NO_DATABASE.search(told):
            return ConfigError(f"{said}. Check the database in POSTGRES_URL.")
        if state is None and _REFUSED_CREDENTIAL.search(told):
            return AuthenticationError(f"{said}. Check user, password and database in POSTGRES_URL.")
        if state is None or _PASSING.match(state):
            return UnavailableError(said)
        if _UNAUTHENTICATED.match(state):
            return AuthenticationError(
                f"{said}. The role of POSTGRES_URL needs SELECT, INSERT and UPDATE on {self.table}."
            )
        if _MISCONFIGURED.match(state):
            return ConfigError(f"{said} ({state}). Check the table {self.table}, its triggers, and sync.postgres.")
        return QueryError(f"{said} ({state}), writing to {self.table}.")

    def _told(self, error: "Error") -> str:
        """PostgreSQL's own words, without what it adds of the row, and without the password."""
        words = error.diag.message_primary or str(error)
        for secret in (self.url.reveal(), self._parameters.get("password")):
            words = words.replace(secret, "***") if secret else words
        return " ".join(words.split())[:_REASON_CHARACTERS]


@dataclass(frozen=True, slots=True)
class _Found:
    """A column as the table has it: its type in words, and the category that PostgreSQL counts it to."""

    type: str
    category: str
    is_written: bool
    is_unique: bool

    @property
    def cast(self) -> str:
        # A text that is too long is refused where it is assigned; a cast would cut it off.
        return "text" if self.category == "S" else self.type.replace("%", "%%")

    def takes(self, type_: str) -> bool:
        """Whether a column of this type can hold such values as they are."""
        if not self.is_written:
            return False
        if type_ == "STRING":
            return self.category in ("S", "E") or self.type == "uuid"
        if type_ == "TIMESTAMP":
            return self.type.startswith("timestamp")
        return self.category == ("B" if type_ == "BOOL" else "N")


def _parameters(url: Secret) -> dict[str, Any]:
    """The connection string in its parts. Raises ConfigError, which quotes nothing: it holds a password."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts: dict[str, Any] = dict(conninfo_to_dict(url.reveal()))
    except ProgrammingError:
        parts = {"host": " "}
    host, port, database = (str(parts.get(name) or "") for name in ("host", "port", "dbname"))
    is_whole = _HOST.fullmatch(host) and _PORTS.fullmatch(port) and "@" not in host[1:] + database
    if not is_whole:
        raise ConfigError(
            "POSTGRES_URL is no connection string of PostgreSQL. Give postgresql://user:password@host:5432/database, "
            "in the password each of : / ? # [ ] @ % as % and its two hexadecimal digits."
        )
    return parts


def _text(value: UserValue) -> str | None:
    """A value as the text that its type reads: whole numbers without a point, so that a column of integers takes them
    and refuses all others."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _primary(column: Column) -> str:
    return " PRIMARY KEY" if column.source == KEY else ""


def _is_of_a_row(error: "Error") -> bool:
    state = error.sqlstate
    rest = (_PASSING, _UNAUTHENTICATED, _MISCONFIGURED, _OTHER)
    return state is not None and not any(kind.match(state) for kind in rest)


def _cut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


_COLUMNS = """
SELECT
  a.attname,
  format_type(a.atttypid, a.atttypmod),
  t.typcategory::text,
  a.attgenerated = '' AND a.attidentity <> 'a',
  EXISTS (
    SELECT FROM pg_catalog.pg_index AS i
    WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indnkeyatts = 1
      AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
  )
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
"""
# Rows that are there are updated first: one of a table that takes no new rows by itself (a column that must be given,
# say) is still brought up to date.
_UPSERT = """
WITH
  given AS (SELECT {typed} FROM unnest({arrays}) AS text_of({names})),
  updated AS (
    UPDATE {table} AS kept SET {from_given} FROM given
    WHERE kept.{key} = given.{key} AND ROW({kept_values}) IS DISTINCT FROM ROW({given_values})
  )
INSERT INTO {table} AS kept ({names})
SELECT {given} FROM given
WHERE NOT EXISTS (SELECT FROM {table} AS there WHERE there.{key} = given.{key})
ON CONFLICT ({key}) DO UPDATE SET {from_excluded}
WHERE ROW({kept_values}) IS DISTINCT FROM ROW({excluded_values})
"""
