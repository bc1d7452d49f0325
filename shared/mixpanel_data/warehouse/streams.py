"""A stream of rows on either engine: chunks that are read once, while the stream is open and the call lasts."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.warehouse import arrow
from mixpanel_data.warehouse.base import Row

if TYPE_CHECKING:
    from pyarrow import RecordBatchReader

Chunk = TypeVar("Chunk")


class ChunkedRows(ABC):
    """Implements the contract `RowStream` over what an engine gives chunk by chunk."""

    def __init__(self, columns: Mapping[str, str], deadline: Deadline) -> None:
        self.columns = columns
        self._deadline = deadline
        self._is_read = False
        self._is_closed = False

    def __iter__(self) -> Iterator[Row]:
        for chunk in self._each(self._rows()):
            yield from chunk

    def arrow(self) -> "RecordBatchReader":
        # Before the query runs: where pyarrow is missing, it would run in vain.
        arrow.pyarrow()
        with self._errors():
            schema, batches = self._arrow()
        return arrow.reader(self.columns, schema, self._each(batches))

    def close(self) -> None:
        """End the stream."""
        self._is_closed = True

    @abstractmethod
    def _rows(self) -> Iterator[Sequence[Row]]:
        """The rows, chunk by chunk."""

    @abstractmethod
    def _arrow(self) -> tuple[Any, Iterator[Any]]:
        """The Arrow schema of the engine, and the batches."""

    @abstractmethod
    def _errors(self) -> AbstractContextManager[None]:
        """Raises the errors of the engine as ours."""

    def _each(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        if self._is_read:
            raise ValueError("A stream of rows can be read once.")
        self._is_read = True
        while True:
            # What is left of a closed query looks like its end on DuckDB, and rows would be missing silently.
            if self._is_closed:
                raise ValueError("The stream of rows is closed. Read it within its `with` block.")
            self._deadline.check("all rows were read")
            with self._errors():
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk
