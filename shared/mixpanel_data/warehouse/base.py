"""What every engine does for the jobs; what holds for one holds for the other (tests/warehouse/test_contract.py)."""

from collections.abc import Iterator, Mapping, Sequence
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
"""What a parameter may be. Times are aware; no parameter is NULL, because BigQuery does not promise to take it."""

Row = Mapping[str, Any]
"""A row by column name; a TIMESTAMP is an aware datetime in UTC, JSON is what `json.loads` makes of it."""


class Warehouse(Protocol):
    """One dataset on one engine. It outlives a call: connections and what is known of the tables are kept.

    Without `within` there is no deadline.
    """

    def __str__(self) -> str:
        """What a message calls it: `DuckDB file x.duckdb`, `BigQuery dataset project.dataset`."""
        ...

    def within(self, deadline: Deadline) -> "Warehouse":
        """The same dataset for one call, which has to end by the deadline. It shares everything with this one."""
        ...

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        """The rows of a SELECT over the declared tables.

        Raises TableNotFoundError, QueryError, UnavailableError.
        """
        ...

    def stream(self, statement: Statement, **parameters: Value) -> AbstractContextManager["RowStream"]:
        """The rows of a SELECT over any table of the dataset, declared or not, in bounded memory.

        On DuckDB also over tables of the schema `main`, where people keep their own. While the block runs, other
        programs cannot have the file. Raises what `rows` raises, also while the rows are read.
        """
        ...

    def transact(
        self, name: str, statements: Sequence[Statement], *, grace_seconds: float = 0.0, **parameters: Value
    ) -> None:
        """Run the statements in one transaction: all of it becomes visible, or nothing.

        `name` is new for every attempt that is meant to have an effect of its own; a second call with the name of
        one that took effect does nothing on an engine that could otherwise lose an answer. A transaction that loses
        against another is run again, until the deadline; `grace_seconds` is the least that it may take, however
        near or past the deadline is.
        """
        ...

    def tables(self) -> list[str]:
        """The tables and views that `stream` can read, as statements name them, in the order of the alphabet."""
        ...

    def columns(self, table: str) -> Mapping[str, str]:
        """The columns that one of `tables` has now, in lower case, with their GoogleSQL types; others as the engine
        names them.

        Raises TableNotFoundError.
        """
        ...

    def add_columns(self, table: str, columns: Mapping[str, str]) -> None:
        """Add columns that may be NULL, by name with their GoogleSQL types; what is there already stays as it is."""
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

    def lease(self, job: str, holder: str, seconds: float) -> AbstractContextManager[str | None]:
        """Keep other runs of the job out while the block runs. Yields None if another run holds the lease.

        Otherwise yields the token that the holder's transactions have to find in `job_locks.holder` (NULL reads as '').
        A holder that was taken over no longer finds it, so that nothing it does late takes effect. The token is '' on
        DuckDB, where a lock of the operating system keeps others out and ends with its process. On BigQuery the lease
        of a run that died expires after `seconds`.
        """
        ...

    def staging(self, run_id: str, number: int) -> "Staging":
        """Room to stage the data of one part of a run, empty. Close it when the part is published."""
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


class Staging(Protocol):
    """One part of a run: what is staged for it, seen by nobody else, and what publishes it.

    `close` drops what was staged.
    """

    def load(self, stream: ByteStream) -> None:
        """Stage the lines as `staged_lines`; may be called from another thread than the rest.

        Raises what the stream raises, and then nothing is staged. Whether every line became a row is for the caller to
        check: no engine promises it.
        """
        ...

    def materialise(self, statement: Statement, **parameters: Value) -> None:
        """Keep the rows of a SELECT under the name that the statement `creates`, for the statements that follow."""
        ...

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        """The rows of a SELECT over the dataset's tables and what is staged."""
        ...

    def publish(self, statements: Sequence[Statement], **parameters: Value) -> None:
        """Run the statements in one transaction, as `Warehouse.transact` does, over what is staged too.

        A statement that `creates` a relation makes it for the statements behind it, inside the transaction.
        """
        ...

    def close(self) -> None:
        """Drop what was staged."""
        ...
