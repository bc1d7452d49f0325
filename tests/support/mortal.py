"""A warehouse whose caller dies at a step: before or after a call, before a statement, or once it is committed."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import QueryError
from mixpanel_data.base.streams import ByteStream
from mixpanel_data.warehouse.base import Row, RowStream, Staging, Value, Warehouse
from mixpanel_data.warehouse.statements import Statement

Result = TypeVar("Result")
# Fails in the engine, so that the engine has to undo what the transaction did before.
_FATAL = Statement("a fatal statement", "INSERT INTO job_locks (job, n) SELECT 'dead', CAST(ERROR('dead') AS INT64)")


class Killed(BaseException):
    """The process ends here. Not an Exception, so that nothing handles it."""


class Steps:
    """Counts the points at which a process may die, and dies at one of them; at none if `fatal` is 0."""

    def __init__(self, fatal: int = 0) -> None:
        self.fatal = fatal
        self.passed: list[str] = []
        self._counting = threading.Lock()

    def step(self, name: str) -> None:
        """A point at which the process may die."""
        if self.is_next_fatal(name):
            raise Killed(name)

    def is_next_fatal(self, name: str) -> bool:
        """Count the next point, and say whether the process dies at it."""
        with self._counting:
            self.passed.append(name)
            return len(self.passed) == self.fatal

    def around(self, name: str, call: Callable[[], Result]) -> Result:
        """A call, with a point before it and one after it."""
        self.step(f"before {name}")
        result = call()
        self.step(f"after {name}")
        return result

    def transaction(
        self, name: str, statements: Sequence[Statement], run: Callable[[Sequence[Statement]], None]
    ) -> None:
        """A transaction, with a point before each statement, one before the commit and one after it."""
        for position in range(len(statements) + 1):
            upcoming = statements[position].name if position < len(statements) else "the commit"
            if self.is_next_fatal(f"{name}, before {upcoming}"):
                self._die_within(name, [*statements[:position], _FATAL], run)
        run(statements)
        self.step(f"{name}, after the commit")

    def _die_within(
        self, name: str, statements: Sequence[Statement], run: Callable[[Sequence[Statement]], None]
    ) -> None:
        try:
            run(statements)
        except QueryError as error:
            raise Killed(name) from error
        raise AssertionError("the fatal statement did not fail")


class MortalWarehouse:
    """A warehouse whose user dies at a step."""

    def __init__(self, warehouse: Warehouse, steps: Steps) -> None:
        self._warehouse = warehouse
        self._steps = steps

    def __str__(self) -> str:
        return str(self._warehouse)

    def within(self, deadline: Deadline) -> "MortalWarehouse":
        return MortalWarehouse(self._warehouse.within(deadline), self._steps)

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        return self._steps.around(statement.name, lambda: self._warehouse.rows(statement, **parameters))

    def stream(self, statement: Statement, **parameters: Value) -> contextlib.AbstractContextManager[RowStream]:
        return self._warehouse.stream(statement, **parameters)

    def transact(
        self, name: str, statements: Sequence[Statement], *, grace_seconds: float = 0.0, **parameters: Value
    ) -> None:
        def run(given: Sequence[Statement]) -> None:
            self._warehouse.transact(name, given, grace_seconds=grace_seconds, **parameters)

        self._steps.transaction(name, statements, run)

    def tables(self) -> list[str]:
        return self._warehouse.tables()

    def columns(self, table: str) -> Mapping[str, str]:
        return self._warehouse.columns(table)

    def add_columns(self, table: str, columns: Mapping[str, str]) -> None:
        self._steps.around(f"add columns to {table}", lambda: self._warehouse.add_columns(table, columns))

    def pasteable(self, statement: Statement, **parameters: Value) -> str:
        return self._warehouse.pasteable(statement, **parameters)

    def console_url(self, table: str) -> str | None:
        return self._warehouse.console_url(table)

    @contextlib.contextmanager
    def lease(self, job: str, holder: str, seconds: float) -> Iterator[str | None]:
        with self._warehouse.lease(job, holder, seconds) as token:
            yield token

    def staging(self, run_id: str, number: int) -> Staging:
        return MortalStaging(
            self._steps.around("staging", lambda: self._warehouse.staging(run_id, number)), self._steps
        )


class MortalStaging:
    """The staging of such a warehouse."""

    def __init__(self, staging: Staging, steps: Steps) -> None:
        self._staging = staging
        self._steps = steps

    def load(self, stream: ByteStream) -> None:
        self._steps.around("load", lambda: self._staging.load(stream))

    def materialise(self, statement: Statement, **parameters: Value) -> None:
        self._steps.around(statement.name, lambda: self._staging.materialise(statement, **parameters))

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        return self._steps.around(statement.name, lambda: self._staging.rows(statement, **parameters))

    def transact(self, name: str, statements: Sequence[Statement], **parameters: Value) -> None:
        self._steps.transaction("publish", statements, lambda given: self._staging.transact(name, given, **parameters))

    def close(self) -> None:
        self._staging.close()
