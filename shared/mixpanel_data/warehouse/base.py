"""The contract that both engines fulfil; tests/warehouse/test_contract.py runs on both."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.streams import ByteStream
from mixpanel_data.warehouse.statements import Statement

if TYPE_CHECKING:
    from pyarrow import RecordBatchReader

Value = (
    str | int | float | bool | datetime | date | Sequence[str] | Sequence[float] | Sequence[Decimal] | Sequence[date]
)
"""The value of a parameter. Times are aware. No parameter is NULL: BigQuery does not document that it takes NULL."""

Row = Mapping[str, Any]
"""A row by column name. A TIMESTAMP is an aware datetime in UTC; JSON is decoded."""


class Warehouse(Protocol):
    """One dataset on one engine.

    A warehouse outlives a call: it keeps its connections and what it knows of the tables. `within` binds it to the
    deadline of a call; without `within` there is no deadline. Methods raise TableNotFoundError for a table that does
    not exist, QueryError (WarehouseRefusedError) for a statement that the engine refuses, AuthenticationError where
    access is missing, and UnavailableError, which includes WarehouseBusyError and DeadlineError, for what a repeat can
    fix.
    """

    def __str__(self) -> str:
        """The dataset's name for messages: `DuckDB file x.duckdb`, `BigQuery dataset project.dataset`."""
        ...

    @property
    def is_billed(self) -> bool:
        """Whether a read is billed by the bytes of its columns and days, however few rows it returns."""
        ...

    @property
    def max_bytes_per_day(self) -> int | None:
        """The ceiling on what all runs of a UTC day may be billed together; None without one, and on DuckDB."""
        ...

    @property
    def bytes_billed(self) -> int:
        """Bytes that BigQuery has billed so far for the jobs of this call, and of those that `within` made from it.

        0 on DuckDB. A job that the engine says nothing about, such as a cancelled one, counts 0.
        """
        ...

    def within(self, deadline: Deadline, job: str = "") -> "Warehouse":
        """The same dataset for one call, which has to end by the deadline; it shares everything else with this one.

        `job` names the call's job in what BigQuery's bill can be told apart by.
        """
        ...

    def snapshot(self) -> AbstractContextManager["Warehouse"]:
        """The dataset as of one moment, for several reads that have to fit together.

        The moment is that of the first read: whatever others commit after it, until the block ends, every statement
        that `rows` and `stream` run sees the tables as they were then. A snapshot within a snapshot is of the same
        moment. What the block writes goes to the tables as they are then, and the block may see it or not.

        On DuckDB other programs cannot open the file from the first read to the end of the block. On BigQuery, to take
        the moment is one more query, which bills nothing; a view is read as it is when a statement runs; and a table
        that was made or replaced after the moment raises TableNotFoundError or UnavailableError.
        """
        ...

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        """All rows of a SELECT over the declared tables."""
        ...

    def stream(self, statement: Statement, **parameters: Value) -> AbstractContextManager["RowStream"]:
        """The rows of a SELECT over any table of the dataset, declared or not, in bounded memory.

        On DuckDB also over tables of the schema `main`, where people keep their own. Until the block ends, other
        programs cannot open the file. Reading the rows raises the same errors as running the statement.
        """
        ...

    def transact(
        self, name: str, statements: Sequence[Statement], *, grace_seconds: float = 0.0, **parameters: Value
    ) -> None:
        """Run the statements in one transaction: all of its effect becomes visible, or nothing.

        `name` is new for every call that is meant to take effect (see `names`). On BigQuery a second call with the same
        name does nothing, so that a request whose answer was lost can be sent again. A transaction that conflicts with
        another one is run again until the deadline, and for at least `grace_seconds`, even past the deadline.
        """
        ...

    def tables(self) -> list[str]:
        """The tables and views that `stream` can read, sorted, by the names that statements use."""
        ...

    def columns(self, table: str) -> Mapping[str, str]:
        """The columns of one of `tables`, in lower case, with their GoogleSQL types.

        A type that GoogleSQL does not have goes by the engine's name. Raises TableNotFoundError.
        """
        ...

    def make_declared(self, tables: Collection[str]) -> None:
        """Make these declared tables where they are missing, and complete them, without asking `create_tables`."""
        ...

    def create_table(self, table: str, columns: Mapping[str, str]) -> None:
        """Make a table of the dataset that is not declared, with NULLABLE columns by name and GoogleSQL type.

        A table or view that already exists stays as it is, whatever its columns; then no right to make any is needed.
        """
        ...

    def add_columns(self, table: str, columns: Mapping[str, str]) -> None:
        """Add NULLABLE columns, by name with their GoogleSQL types; a column that already exists stays as it is."""
        ...

    def pasteable(self, statement: Statement, **parameters: Value) -> str:
        """The statement in the engine's own SQL, with names and values written out, to paste into its console.

        Raises ValueError for a statement that the console cannot run: on DuckDB one whose translation needs functions
        that only connections of ours have; on both one with text that is not valid Unicode.
        """
        ...

    def console_url(self, table: str) -> str | None:
        """The page of a table in the engine's console; None on DuckDB, which has none."""
        ...

    def lease(
        self, job: str, holder: str, seconds: float, *, looks_first: bool = True
    ) -> AbstractContextManager[str | None]:
        """Keep other runs of the job out while the block runs. Yields None if another run holds the lease.

        Otherwise yields the token that the holder's transactions have to find in `job_locks.holder` (NULL reads as '').
        A holder that was taken over no longer finds it, so that nothing it does late takes effect. The token is '' on
        DuckDB, where a lock of the operating system keeps others out and ends with its process. On BigQuery the lease
        of a run that died expires after `seconds`.

        Without `looks_first` the job's row has to be in `job_locks`: on BigQuery the lease is then tried for at once,
        which is one statement less where it is free, and disturbs its holder where it is not.
        """
        ...

    def staging(self, run_id: str, number: int) -> "Staging":
        """A place to stage the data of one part of a run, empty. Close it when the part is published."""
        ...


class RowStream(Protocol):
    """The rows of a query, to be read once, by either method."""

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns of the rows, in their order, with their GoogleSQL types."""
        ...

    def __iter__(self) -> Iterator[Row]: ...

    def arrow(self) -> "RecordBatchReader":
        """The rows as Arrow batches, with the same types from both engines; `read_pandas` of it makes a DataFrame.

        INT64 is int64, TIMESTAMP timestamp[us, UTC], NUMERIC decimal128(38, 9), JSON a string. Needs pyarrow; raises
        ConfigError without it.
        """
        ...


class OpenWarehouse(Warehouse, Protocol):
    """A warehouse that holds connections until its owner closes it."""

    def close(self) -> None:
        """Let go of the connections; the warehouse cannot be used afterwards."""
        ...


class Staging(Protocol):
    """The staged data of one part of a run, which nobody else sees."""

    def load(self, stream: ByteStream) -> None:
        """Stage the lines as the relation `staged_lines`. Can be called from another thread than the other methods.

        Errors of the stream are raised as they are, and then nothing is staged. The caller has to check that every line
        became a row: neither engine promises it.
        """
        ...

    def materialise(self, statement: Statement, **parameters: Value) -> None:
        """Store the rows of a SELECT under the name that the statement `creates`, for the statements that follow."""
        ...

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        """All rows of a SELECT over the declared tables and the staged relations."""
        ...

    def transact(self, name: str, statements: Sequence[Statement], **parameters: Value) -> None:
        """Run the statements in one transaction, as `Warehouse.transact` does, over the staged relations too.

        A relation that a statement `creates` exists for the statements after it, within the transaction.
        """
        ...

    def close(self) -> None:
        """Drop the staged data."""
        ...
