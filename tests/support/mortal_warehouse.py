"""A warehouse whose process dies at a step: before or after a call, before a statement, or after a commit."""

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import listed
from mixpanel_data.base.streams import ByteStream
from mixpanel_data.warehouse.base import Row, RowStream, Staging, Value, Warehouse
from mixpanel_data.warehouse.statements import Statement
from support.fatal_steps import Steps


class MortalWarehouse:
    """A warehouse as a process uses it until it dies."""

    def __init__(self, warehouse: Warehouse, steps: Steps) -> None:
        self._warehouse = warehouse
        self._steps = steps

    def __str__(self) -> str:
        return str(self._warehouse)

    @property
    def is_billed(self) -> bool:
        return self._warehouse.is_billed

    @property
    def max_bytes_per_day(self) -> int | None:
        return self._warehouse.max_bytes_per_day

    @property
    def bytes_billed(self) -> int:
        return self._warehouse.bytes_billed

    def within(self, deadline: Deadline, job: str = "") -> "MortalWarehouse":
        return MortalWarehouse(self._warehouse.within(deadline, job), self._steps)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator["MortalWarehouse"]:
        with self._warehouse.snapshot() as fixed:
            yield MortalWarehouse(fixed, self._steps)

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

    def make_declared(self, tables: Collection[str]) -> None:
        self._steps.around(f"make {listed(tuple(tables))}", lambda: self._warehouse.make_declared(tables))

    def create_table(self, table: str, columns: Mapping[str, str]) -> None:
        self._steps.around(f"create {table}", lambda: self._warehouse.create_table(table, columns))

    def add_columns(self, table: str, columns: Mapping[str, str]) -> None:
        self._steps.around(f"add columns to {table}", lambda: self._warehouse.add_columns(table, columns))

    def pasteable(self, statement: Statement, **parameters: Value) -> str:
        return self._warehouse.pasteable(statement, **parameters)

    def console_url(self, table: str) -> str | None:
        return self._warehouse.console_url(table)

    @contextlib.contextmanager
    def lease(self, job: str, holder: str, seconds: float, *, looks_first: bool = True) -> Iterator[str | None]:
        with self._warehouse.lease(job, holder, seconds, looks_first=looks_first) as token:
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
        def run(given: Sequence[Statement]) -> None:
            self._staging.transact(name, given, **parameters)

        self._steps.transaction("publish", statements, run)

    def close(self) -> None:
        self._staging.close()
