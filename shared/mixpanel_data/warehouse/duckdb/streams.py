"""The rows of a query as DuckDB computes them, never all in memory."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import duckdb

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.warehouse.base import Row, Value
from mixpanel_data.warehouse.dialect import google_type
from mixpanel_data.warehouse.duckdb.errors import duckdb_errors
from mixpanel_data.warehouse.duckdb.file import plain
from mixpanel_data.warehouse.streams import ChunkedRows

# A vector of DuckDB's.
_ROWS_PER_CHUNK = 2_048
_ROWS_PER_BATCH = 65_536


class DuckDBRows(ChunkedRows):
    """Read with a cursor of their own, so that another statement of the connection does not end them."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        name: str,
        sql: str,
        parameters: Mapping[str, Value],
        deadline: Deadline,
    ) -> None:
        """`name` is what errors call the statement."""
        self._cursor = cursor
        self._name = name
        self._sql = sql
        self._parameters = parameters
        # A relation is bound and does not run: a wrong name or type shows before anything is read.
        self._relation = cursor.sql(sql, params=dict(parameters))
        self._batches: Any = None
        kinds = [google_type(str(kind)) for kind in self._relation.types]
        super().__init__(dict(zip(self._relation.columns, kinds, strict=True)), deadline)

    def close(self) -> None:
        super().close()
        # As long as a reader or a relation is alive, DuckDB holds the file, detached or not.
        if self._batches is not None:
            self._batches.close()
        del self._relation, self._batches
        self._cursor.close()

    def _rows(self) -> Iterator[Sequence[Row]]:
        # Only a connection's result is fetched in chunks; a relation would compute all of its rows first.
        result = self._cursor.execute(self._sql, dict(self._parameters))
        described = [(column[0], column[1] == "JSON") for column in result.description or []]
        while cells := result.fetchmany(_ROWS_PER_CHUNK):
            yield [
                {name: plain(cell, is_json) for (name, is_json), cell in zip(described, row, strict=True)}
                for row in cells
            ]

    def _arrow(self) -> tuple[Any, Iterator[Any]]:
        self._batches = self._relation.to_arrow_reader(_ROWS_PER_BATCH)
        return self._batches.schema, self._next_batches()

    def _next_batches(self) -> Iterator[Any]:
        while True:
            try:
                yield self._batches.read_next_batch()
            except StopIteration:
                return

    def _errors(self) -> AbstractContextManager[None]:
        return duckdb_errors(self._name)
