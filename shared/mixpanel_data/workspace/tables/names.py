"""Names of tables as people write them, and as DuckDB takes them."""

from dataclasses import dataclass

from mixpanel_data.workspace.storage.quoting import quoted

MAIN = "main"
BOOKKEEPING = frozenset({"_metadata", "_fetches", "_fetches_portions"})
"""The tables that fetches keep their state in; nobody lists or drops them."""
UNFINISHED = "_fetch_"
"""The prefix of a table whose fetch is not complete."""


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A table or view by its schema and its own name."""

    schema: str
    name: str

    def __str__(self) -> str:
        """The name in lists and messages: with the schema, unless it is `main`."""
        return self.name if self.schema == MAIN else f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """The name in a statement."""
        return f"workspace.{quoted(self.schema)}.{quoted(self.name)}"
