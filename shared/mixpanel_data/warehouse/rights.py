"""What an account may do in a dataset to which it needs rights, found out without doing it."""

from collections.abc import Sequence
from typing import Protocol

READING = ("bigquery.tables.getData",)
WRITING = (*READING, "bigquery.tables.updateData")


class Rights(Protocol):
    """The rights of the account that asks; nothing here bills or changes anything.

    Each method raises TableNotFoundError, AuthenticationError, WarehouseUnavailableError and WarehouseRefusedError.
    """

    def location(self) -> str:
        """Where the dataset is."""
        ...

    def run_queries(self) -> None:
        """Raise AuthenticationError if the account may not run queries in the project."""
        ...

    def lacking(self, table: str, permissions: Sequence[str]) -> list[str]:
        """Those of the permissions on a table that the account does not have."""
        ...
