"""The client of one table."""

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.user_totals import Holding, Refusal, User
from mixpanel_data.clients.idle import IdleConnections
from mixpanel_data.clients.postgres.connection import begin, connect, interrupted_connection, is_healthy, parameters_of
from mixpanel_data.clients.postgres.errors import error_of, is_about_a_row, text_of
from mixpanel_data.clients.postgres.holding import holding_of, missing_of
from mixpanel_data.clients.postgres.table import KEY, Column, casts_of
from mixpanel_data.clients.postgres.upsert import unstorable, upsert, values_of
from mixpanel_data.clients.retries import Sleep, pause, retrying

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composed

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Postgres:
    """A table of a PostgreSQL database; a target of the user sync. Threads can share it.

    `url` is a connection string of libpq (`postgresql://user:password@host:5432/database`), `table` a name with or
    without its schema. `columns` are the columns to write, among them one with the source `distinct_id`, on which the
    table must have a unique key. Other columns of the table are left alone. Raises ConfigError if `url` cannot be a
    connection string.

    A connection is kept for the next batch and the next call while it is healthy. Only the client that
    `within` returns has a deadline: it is this one, bound to a call.
    """

    url: Secret
    table: str
    columns: Sequence[Column]
    sleep: Sleep = pause
    name: str = field(default="postgres", init=False)
    most_users: int = field(default=500, init=False)
    _parameters: Mapping[str, Any] = field(init=False, repr=False)
    _connections: "IdleConnections[Connection]" = field(default_factory=IdleConnections, init=False, repr=False)
    _deadline: Deadline = field(default=Deadline(), init=False, repr=False)
    _known_casts: Mapping[str, str] | None = field(default=None, init=False, repr=False)
    _statement: "Composed | None" = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._parameters = parameters_of(self.url)

    def within(self, deadline: Deadline) -> "Postgres":
        """Return this client for one call, which ends by the deadline; it shares the connections.

        Each call checks the table once, because somebody may have changed it since the last.
        """
        bound = copy.copy(self)
        bound._deadline = deadline
        bound._known_casts = bound._statement = None
        return bound

    def send(self, users: Sequence[User]) -> list[Refusal]:
        """Write these users in one transaction, and return the users whom the table refuses.

        A row that already has these values is not written, even if `updated_at` differs. Raises ConfigError with the
        DDL that helps where the table, a column or the key is missing, AuthenticationError, QueryError, and
        UnavailableError after five attempts.
        """
        refusals = [
            Refusal(str(user[KEY]), reason) for user in users if (reason := unstorable(user, self.columns)) is not None
        ]
        refused = {refusal.distinct_id for refusal in refusals}
        # Calls that lock the same rows in the same order cannot deadlock.
        storable = sorted((user for user in users if user[KEY] not in refused), key=lambda user: str(user[KEY]))
        if not storable:
            return refusals
        return refusals + self._transaction(
            "the users were written to PostgreSQL",
            lambda connection: self._write(connection, self._upsert(connection), storable),
        )

    def holding(self) -> Holding:
        """Count the table's rows, and say which table it is. Raises as `send` does."""
        return self._transaction("the rows of PostgreSQL's table were counted", self._holding)

    def missing(self, ids: Sequence[str]) -> list[str]:
        """Return those of these users whom the table lacks. Raises as `send` does."""
        return self._transaction(
            "PostgreSQL's table was compared",
            lambda connection: missing_of(connection, self.table, self.columns, self._casts(connection), ids),
        )

    def close(self) -> None:
        """Close the idle connections."""
        self._connections.close()

    def _transaction(self, before: str, work: "Callable[[Connection], Answer]") -> "Answer":
        """Do the work in one transaction, again where the fault may pass; a passed deadline came `before` it."""
        return retrying(lambda: self._attempt(before, work), deadline=self._deadline, sleep=self.sleep)

    def _attempt(self, before: str, work: "Callable[[Connection], Answer]") -> "Answer":
        import psycopg

        self._deadline.check(before)
        try:
            with self._connection() as connection, connection.transaction():
                begin(connection, self._deadline)
                return work(connection)
        except psycopg.Error as error:
            # Not chained: the message of psycopg's error may show the password.
            raise error_of(error, self.table, self._secrets()) from None

    def _casts(self, connection: "Connection") -> Mapping[str, str]:
        """The types of the columns; the first question of a call checks the table."""
        if self._known_casts is None:
            self._known_casts = casts_of(connection, self.table, self.columns)
        return self._known_casts

    def _upsert(self, connection: "Connection") -> "Composed":
        if self._statement is None:
            self._statement = upsert(self.table, self.columns, self._casts(connection))
        return self._statement

    def _holding(self, connection: "Connection") -> Holding:
        self._casts(connection)
        return holding_of(connection, self.table)

    @contextlib.contextmanager
    def _connection(self) -> "Iterator[Connection]":
        """Lend a connection that no other thread uses. It is kept if the block succeeds, and closed if it fails."""
        idle = self._connections.take()
        connection = idle if idle is not None and is_healthy(idle) else connect(self._parameters, self._deadline)
        try:
            with interrupted_connection(connection, self._deadline) as interruption:
                yield connection
        except BaseException:
            connection.close()
            raise
        if interruption.has_fired:
            connection.close()
        else:
            self._connections.put(connection)

    def _write(self, connection: "Connection", statement: "Composed", users: Sequence[User]) -> list[Refusal]:
        """Write users; where one of them is refused, write either half by itself."""
        import psycopg

        try:
            # A savepoint of the batch's transaction: a refusal undoes these rows and no others.
            with connection.transaction():
                connection.execute(statement, values_of(users, self.columns))
        except psycopg.Error as error:
            if not is_about_a_row(error):
                raise
            reason = text_of(error, self._secrets())
        else:
            return []
        if len(users) == 1:
            return [Refusal(str(users[0][KEY]), reason)]
        middle = len(users) // 2
        return self._write(connection, statement, users[:middle]) + self._write(connection, statement, users[middle:])

    def _secrets(self) -> list[str]:
        password = self._parameters.get("password")
        return [self.url.reveal(), *([password] if password else [])]
