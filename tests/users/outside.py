"""A world, and the places that its totals are written to besides: a real PostgreSQL, and the stand-in Mixpanel."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.users import Result
from mixpanel_data.users.targets import Target
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.wiring.files import user_metrics_config
from mixpanel_data.wiring.session import Call, Session
from mixpanel_data.wiring.users import targets
from mixpanel_data_standins.mixpanel import StandInMixpanel
from support.user_sync_world import METRICS, UserSyncWorld

TABLE = "subscribers_insights_v2"
DDL = (
    "CREATE TABLE {t} (distinct_id text PRIMARY KEY, visits bigint, spent numeric, gold bigint, plan text,"
    " level bigint, balance numeric, events_processed bigint, first_event_time timestamptz,"
    " last_event_time timestamptz, updated_at timestamptz)"
)


class Outside:
    """A world, and the places where its totals are written besides."""

    def __init__(
        self, world: UserSyncWorld, admin: psycopg.Connection[dict[str, Any]], mixpanel: StandInMixpanel, url: str
    ) -> None:
        self.world, self.admin, self.mixpanel, self.url = world, admin, mixpanel, url
        self.schema = f"t_{uuid.uuid4().hex}"
        self.most_users = 0
        world.metrics = {
            **METRICS,
            "sync": {
                "postgres": {"table": f"{self.schema}.{TABLE}"},
                "mixpanel": {"properties": {"visits": "Visits", "spent": "Spent", "plan": "Plan"}},
            },
        }

    def create(self) -> None:
        """The table, empty, in a schema of its own."""
        self.execute(f"CREATE SCHEMA IF NOT EXISTS {self.schema}")
        self.execute(DDL)

    def execute(self, statement: str) -> list[dict[str, Any]]:
        cursor = self.admin.execute(statement.replace("{t}", f"{self.schema}.{TABLE}").encode())
        return cursor.fetchall() if cursor.description else []

    def sync(self, *, resend: Sequence[str] = (), warehouse: Warehouse | None = None) -> Result:
        with self.targets() as configured:
            for target in configured:
                target.most_users = self.most_users or target.most_users
            return self.world.sync(targets=configured, resend=resend, warehouse=warehouse)

    @contextmanager
    def targets(self) -> Iterator[list[Target]]:
        env = {
            "USER_METRICS_CONFIG": json.dumps(self.world.metrics),
            "POSTGRES_URL": self.url,
            "MIXPANEL_PROJECT_TOKEN": self.mixpanel.access.token,
            "MIXPANEL_BASE_URL": self.mixpanel.url,
        }
        settings = Settings.from_env(env)
        with Session(settings) as session:
            yield list(targets(user_metrics_config(settings), session, Call("run-1", Deadline.after(60.0))))

    def rows(self) -> dict[str, dict[str, Any]]:
        return {row["distinct_id"]: row for row in self.execute("SELECT * FROM {t}")}

    def versions(self) -> list[dict[str, Any]]:
        return self.execute("SELECT distinct_id, xmin::text, ctid::text FROM {t} ORDER BY 1")
