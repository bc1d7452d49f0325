"""A database with a table of users' totals, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.user_totals import User
from mixpanel_data.clients.postgres import Column, Postgres
from support.postgresql_server import PostgresServer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLE = "subscribers_insights_v2"
COLUMNS = (
    Column("distinct_id", "distinct_id", "STRING"),
    Column("commits", "commits", "INT64"),
    Column("lines", "lines", "NUMERIC"),
    Column("area", "area", "STRING"),
    Column("is_active", "is_active", "BOOL"),
    Column("events_processed", "events_processed", "INT64"),
    Column("first_event_time", "first_event_time", "TIMESTAMP"),
    Column("updated_at", "updated_at", "TIMESTAMP"),
)
DDL = f"""CREATE TABLE {TABLE} (
    distinct_id text PRIMARY KEY, commits bigint, lines numeric, area text, is_active boolean,
    events_processed bigint, first_event_time timestamptz, updated_at timestamptz
)"""
OURS = "application_name = 'mixpanel-data'"


def user(distinct_id: str, **values: Any) -> User:
    """A user's totals, these values among them."""
    usual: dict[str, Any] = {
        "distinct_id": distinct_id,
        "commits": 3,
        "lines": Decimal("12.5"),
        "area": "kernel",
        "is_active": True,
        "events_processed": 5,
        "first_event_time": NOON,
        "updated_at": NOON,
    }
    return {**usual, **values}


@dataclass
class World:
    """A schema of the test's own, and an administrator's session."""

    server: PostgresServer
    schema: str
    waits: list[float] = field(default_factory=list)
    clients: list[Postgres] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.admin = self.connect()

    def connect(self) -> psycopg.Connection[dict[str, Any]]:
        """A session of the administrator's, in this schema."""
        admin = psycopg.connect(self.server.url, autocommit=True, row_factory=dict_row)
        admin.execute(sql.SQL("SET search_path = {}; SET timezone = 'UTC'").format(sql.Identifier(self.schema)))
        return admin

    def execute(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Run a statement as the administrator."""
        cursor = self.admin.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    @contextmanager
    def holding(self, distinct_id: str) -> Iterator[None]:
        """Keep a user's row locked."""
        with self.connect() as other, suppress(psycopg.OperationalError), other.transaction():
            other.execute(f"SELECT FROM {TABLE} WHERE distinct_id = %s FOR UPDATE", [distinct_id])
            yield

    def wait_until_a_session_waits(self) -> None:
        """Wait until a session of a client waits for a lock."""
        while not self.execute(f"SELECT pid FROM pg_stat_activity WHERE {OURS} AND wait_event_type = 'Lock'"):
            pass

    def client(self, **options: Any) -> Postgres:
        """A client of the table; closed at the end of the test."""
        given = {
            "url": Secret(self.server.url),
            "table": f"{self.schema}.{TABLE}",
            "columns": COLUMNS,
            "sleep": self.waits.append,
            **options,
        }
        self.clients.append(Postgres(**given))
        return self.clients[-1]

    def target(self, deadline: Deadline | None = None, **options: Any) -> Postgres:
        """A client of the table, for one call."""
        return self.client(**options).within(deadline or Deadline.after(60.0))

    def rows(self) -> dict[str, dict[str, Any]]:
        """The rows of the table by `distinct_id`."""
        return {row["distinct_id"]: row for row in self.execute(f"SELECT * FROM {TABLE}")}

    def versions(self) -> dict[str, tuple[str, str]]:
        """The transaction that wrote each row last, and the row's place: both differ after every write."""
        found = self.execute(f"SELECT distinct_id, xmin::text, ctid::text FROM {TABLE}")
        return {row["distinct_id"]: (row["xmin"], row["ctid"]) for row in found}
