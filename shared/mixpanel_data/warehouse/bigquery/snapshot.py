"""One moment of a dataset, as of which several statements read."""

from collections.abc import Mapping

from mixpanel_data.warehouse.bigquery.jobs import Jobs
from mixpanel_data.warehouse.statements import Statement, statement
from mixpanel_data.warehouse.tables import TABLES

_MOMENT = statement("warehouse/bigquery/moment.sql")


class Snapshot:
    """The moment is that of the first statement that reads a table, by BigQuery's clock.

    It is part of each table's name in FROM (`FOR SYSTEM_TIME AS OF`, page docs/access-historical-data). BigQuery
    refuses it for views and external tables: a statement reads these as they are when it runs.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._clause: str | None = None
        self._has_versions: dict[str, bool] = {}

    def behind(self, statement: Statement) -> Mapping[str, str]:
        """What makes a statement read as of the moment, for `Statement.on`."""
        self._jobs.prepare()
        declared = {name: name for name in statement.tables() & TABLES.keys()}
        named = {**declared, **statement.undeclared}
        return {name: self._as_of() for name, table in sorted(named.items()) if self._is_versioned(table)}

    def _as_of(self) -> str:
        if self._clause is None:
            (row,) = self._jobs.rows(_MOMENT, {}, {})
            self._clause = f" FOR SYSTEM_TIME AS OF TIMESTAMP '{row['moment'].isoformat()}'"
        return self._clause

    def _is_versioned(self, table: str) -> bool:
        if table not in self._has_versions:
            found = self._jobs.described(table, f"Looking at {table}")
            self._has_versions[table] = found.table_type == "TABLE"
        return self._has_versions[table]
