"""What the tests of the PostgreSQL client share: a schema of the test's own, without a table or with one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from clients.postgres.database import DDL, World
from support.postgresql_server import PostgresServer


@pytest.fixture
def bare(postgres: PostgresServer) -> Iterator[World]:
    """A schema without tables."""
    world = World(postgres, f"t_{uuid.uuid4().hex}")
    world.execute(f"CREATE SCHEMA {world.schema}")
    yield world
    for client in world.clients:
        client.close()
    world.execute(f"DROP SCHEMA {world.schema} CASCADE")
    world.admin.close()


@pytest.fixture
def world(bare: World) -> World:
    """A schema with the table as it should be."""
    bare.execute(DDL)
    return bare
