"""A world whose history is done: the work is done once, and each test takes a copy of the file."""

import shutil
from collections.abc import Iterator
from types import SimpleNamespace

import psycopg
import pytest
from psycopg.rows import dict_row

from mixpanel_data.clients.mixpanel.cancellation import Cancellation
from mixpanel_data_standins.mixpanel import StandInMixpanel
from support.engines import DuckDB, Engine
from support.postgresql_server import PostgresServer
from support.published_events import PublishedEvent, purchase, visit
from support.user_sync_world import METRICS, UserSyncWorld
from users.outside import Outside

HISTORY = (
    visit("ann", "2040-03-10 10:00:00", level=1, plan="free", balance=10.5),
    visit("ann", "2040-03-11 10:00:00", level=2, balance=20),
    purchase("ann", "2040-03-11 11:00:00", amount=9.99, plan="gold"),
    purchase("ann", "2040-03-12 11:00:00", amount=0.01, plan=1),
    visit("bob", "2040-03-12 12:00:00", plan="free"),
    purchase("eve", "2040-03-13 12:00:00", amount=100),
)


@pytest.fixture(scope="session")
def history() -> tuple[PublishedEvent, ...]:
    """The events that a world begins with."""
    return HISTORY


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> UserSyncWorld:
    """The world that is copied."""
    world = UserSyncWorld(DuckDB(tmp_path_factory.mktemp("users")), METRICS, *HISTORY)
    world.sync()
    return world


@pytest.fixture
def world(engine: Engine, request: pytest.FixtureRequest) -> UserSyncWorld:
    """With some days of history, which are done."""
    if not isinstance(engine, DuckDB):
        made = UserSyncWorld(engine, METRICS, *HISTORY)
        made.sync()
        return made
    template: UserSyncWorld = request.getfixturevalue("template")
    assert isinstance(template.engine, DuckDB)
    shutil.copy(template.engine.path, engine.path)
    copied = UserSyncWorld(engine)
    copied.brought = dict(template.brought)
    return copied


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the attempts at a place that is away."""
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr(Cancellation, "wait", lambda *_: None)


@pytest.fixture
def outside(engine: Engine, postgres: PostgresServer, no_waiting: None) -> Iterator[Outside]:
    world = UserSyncWorld(
        engine, METRICS, visit("ann", plan="gold"), purchase("ann", amount=2.5), visit("bob"), visit("cid")
    )
    with (
        StandInMixpanel() as mixpanel,
        psycopg.connect(postgres.url, autocommit=True, row_factory=dict_row) as admin,
    ):
        outside = Outside(world, admin, mixpanel, postgres.url)
        outside.create()
        yield outside
        outside.execute(f"DROP SCHEMA {outside.schema} CASCADE")
