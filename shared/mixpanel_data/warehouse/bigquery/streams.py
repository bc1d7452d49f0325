"""The rows of a query page by page, as BigQuery answers them."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from google.cloud import bigquery

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.warehouse.base import Row
from mixpanel_data.warehouse.bigquery.errors import google_errors
from mixpanel_data.warehouse.bigquery.jobs import google_type
from mixpanel_data.warehouse.streams import ChunkedRows


class BigQueryRows(ChunkedRows):
    """A page has 10 MB at most; the next one is asked for when this one was read."""

    def __init__(self, found: bigquery.table.RowIterator, name: str, deadline: Deadline) -> None:
        """`name` is what errors call the statement."""
        self._found = found
        self._name = name
        super().__init__({column.name: google_type(column) for column in found.schema}, deadline)

    def _rows(self) -> Iterator[Sequence[Row]]:
        # A generator: the client raises an error of its own as soon as pages are asked for a second time.
        for page in self._found.pages:
            yield [dict(row.items()) for row in page]

    def _arrow(self) -> tuple[Any, Iterator[Any]]:
        batches = self._found.to_arrow_iterable()
        # There is one even of no rows: of the empty page that answers the query.
        first = next(batches)
        return first.schema, itertools.chain([first], batches)

    def _errors(self) -> AbstractContextManager[None]:
        return google_errors(self._name)
