"""The sync with what it writes to besides: a real PostgreSQL, and profiles at the stand-in Mixpanel."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.clients.mixpanel.cancellation import Cancellation
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.users import Result
from mixpanel_data.users.targets import Target
from mixpanel_data.wiring.files import user_metrics_config
from mixpanel_data.wiring.session import Call, Session
from mixpanel_data.wiring.users import targets
from mixpanel_data_standins.mixpanel import StandInMixpanel, faults
from support.engines import Engine
from support.postgresql_server import PostgresServer
from support.published_events import purchase, visit
from support.user_sync_world import METRICS, UserSyncWorld

TABLE = "subscribers_insights_v2"


class Outside:
    """A world, and the places where its totals are written besides."""

    def __init__(
        self, world: UserSyncWorld, admin: psycopg.Connection[dict[str, Any]], mixpanel: StandInMixpanel, url: str
    ) -> None:
        self.world, self.admin, self.mixpanel, self.url = world, admin, mixpanel, url
        self.schema = f"t_{uuid.uuid4().hex}"
        world.metrics = {
            **METRICS,
            "sync": {
                "postgres": {"table": f"{self.schema}.{TABLE}"},
                "mixpanel": {"properties": {"visits": "Visits", "spent": "Spent", "plan": "Plan"}},
            },
        }

    def execute(self, statement: str) -> list[dict[str, Any]]:
        cursor = self.admin.execute(statement.replace("{t}", f"{self.schema}.{TABLE}").encode())
        return cursor.fetchall() if cursor.description else []

    def sync(self) -> Result:
        with self.targets() as configured:
            return self.world.sync(targets=configured)

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


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the attempts at a place that is away."""
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr(Cancellation, "wait", lambda *_: None)


@pytest.fixture
def outside(engine: Engine, postgres: PostgresServer) -> Iterator[Outside]:
    world = UserSyncWorld(
        engine, METRICS, visit("ann", plan="gold"), purchase("ann", amount=2.5), visit("bob"), visit("cid")
    )
    with (
        StandInMixpanel() as mixpanel,
        psycopg.connect(postgres.url, autocommit=True, row_factory=dict_row) as admin,
    ):
        outside = Outside(world, admin, mixpanel, postgres.url)
        outside.execute(f"CREATE SCHEMA {outside.schema}")
        outside.execute(
            "CREATE TABLE {t} (distinct_id text PRIMARY KEY, visits bigint, spent numeric, gold bigint, plan text,"
            " level bigint, balance numeric, events_processed bigint, first_event_time timestamptz,"
            " last_event_time timestamptz, updated_at timestamptz)"
        )
        yield outside
        outside.execute(f"DROP SCHEMA {outside.schema} CASCADE")


def test_the_totals_arrive_and_a_second_run_changes_nothing(outside: Outside) -> None:
    result = outside.sync()
    assert (dict(result.sent), dict(result.problems)) == ({"postgres": 3, "mixpanel": 3}, {})
    insights = outside.world.insights()
    for name, row in outside.rows().items():
        assert row == {column: insights[name][column] for column in row}
    assert outside.mixpanel.profiles["ann"] == {"Visits": 1, "Spent": 2.5, "Plan": "gold"}
    before, calls = outside.versions(), len(outside.mixpanel.calls)
    again = outside.sync()
    assert sum(again.sent.values()) == 0
    assert (outside.versions(), len(outside.mixpanel.calls)) == (before, calls)


def test_only_changed_users_are_sent(outside: Outside) -> None:
    outside.sync()
    outside.world.bring(purchase("bob", amount=7))
    assert dict(outside.sync().sent) == {"postgres": 1, "mixpanel": 1}
    assert outside.rows()["bob"]["spent"] == Decimal(7)
    assert outside.mixpanel.profiles.writes == {"ann": 1, "bob": 2, "cid": 1}


def test_a_user_who_became_another_leaves_nothing_but_zeros(outside: Outside) -> None:
    outside.sync()
    outside.world.move("bob", "ann")
    outside.sync()
    assert (outside.rows()["bob"]["visits"], outside.rows()["bob"]["events_processed"]) == (0, 0)
    assert outside.rows()["ann"]["visits"] == 2
    assert outside.mixpanel.profiles["ann"]["Visits"] == 2


def test_what_is_refused_is_told_and_sent_again_by_the_next_run(outside: Outside) -> None:
    outside.execute("ALTER TABLE {t} ADD CONSTRAINT no_bob CHECK (distinct_id <> 'bob')")
    outside.mixpanel.profile_faults.append(faults.Partial(frozenset({"cid"})))
    result = outside.sync()
    assert (dict(result.sent), dict(result.unsent)) == ({"postgres": 2, "mixpanel": 2}, {"postgres": 1, "mixpanel": 1})
    assert "no_bob" in result.problems["postgres"]
    assert "'cid'" in result.problems["mixpanel"]
    outside.execute("ALTER TABLE {t} DROP CONSTRAINT no_bob")
    result = outside.sync()
    assert (dict(result.sent), dict(result.problems)) == ({"postgres": 1, "mixpanel": 1}, {})
    assert outside.rows().keys() == {"ann", "bob", "cid"}
    assert outside.mixpanel.profiles.writes == {"ann": 1, "bob": 1, "cid": 1}


def test_a_place_that_is_away_keeps_neither_the_totals_nor_the_other_place(outside: Outside) -> None:
    url, outside.url = outside.url, "postgresql://u:p@127.0.0.1:1/d"
    result = outside.sync()
    assert result.problems["postgres"].startswith("UnavailableError: ")
    assert dict(result.sent) == {"postgres": 0, "mixpanel": 3}
    assert len(outside.world.insights()) == 3
    outside.url = url
    outside.mixpanel.profile_faults.permanent = faults.Status(429, retry_after="3600")
    outside.world.bring(visit("dan"))
    result = outside.sync()
    assert result.problems["mixpanel"].startswith("RateLimitError: ")
    assert dict(result.sent) == {"postgres": 4, "mixpanel": 0}
    outside.mixpanel.profile_faults.clear()
    assert dict(outside.sync().sent) == {"postgres": 0, "mixpanel": 1}
    assert "dan" in outside.mixpanel.profiles
