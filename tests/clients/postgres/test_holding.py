"""What the table holds: how many rows, in which place, and whom it lacks."""

from __future__ import annotations

import pytest

from clients.postgres.database import DDL, TABLE, World, user
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.secret import Secret


def test_rows_are_counted_whoever_wrote_them(world: World) -> None:
    world.target().send([user("ann"), user("bob")])
    world.execute(f"INSERT INTO {TABLE} (distinct_id) VALUES ('theirs')")
    assert world.target().holding().rows == 3


def test_a_table_stays_the_same_until_it_is_dropped(world: World) -> None:
    before = world.target().holding().place
    world.execute(f"TRUNCATE {TABLE}")
    world.execute(f"ALTER TABLE {TABLE} ADD COLUMN more text")
    assert world.target().holding().place == before
    world.execute(f"DROP TABLE {TABLE}")
    world.execute(DDL)
    assert world.target().holding().place != before


def test_those_who_are_missing_are_named(world: World) -> None:
    world.target().send([user("ann"), user("Zoë 'x'")])
    assert world.target().missing(["ann", "bob", "Zoë 'x'", 'a,b"{}']) == ["bob", 'a,b"{}']
    assert world.target().missing([]) == []


@pytest.mark.parametrize("key", ["uuid", "character varying(40)", "char(40)"])
def test_keys_of_other_types_are_compared_as_they_are(world: World, key: str) -> None:
    known, other = "0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    world.execute(f"ALTER TABLE {TABLE} ALTER distinct_id TYPE {key} USING distinct_id::{key}")
    world.target().send([user(known)])
    assert world.target().missing([known, other]) == [other]


def test_without_a_table_the_ddl_is_told(bare: World) -> None:
    for ask in (lambda: bare.target().holding(), lambda: bare.target().missing(["ann"])):
        with pytest.raises(ConfigError, match="CREATE TABLE"):
            ask()


def test_a_role_that_may_not_ask_for_the_server_counts_all_the_same(world: World) -> None:
    world.execute("CREATE ROLE narrow LOGIN PASSWORD 'n'")
    world.execute(f"GRANT USAGE ON SCHEMA {world.schema} TO narrow")
    world.execute(f"GRANT SELECT, INSERT, UPDATE ON {TABLE} TO narrow")
    world.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.pg_control_system() FROM PUBLIC")
    try:
        target = world.target(url=Secret(world.server.url_with(user="narrow", password="n")))
        target.send([user("ann")])
        holding = target.holding()
        assert holding.rows == 1
        assert world.target().holding().place.startswith(f"{holding.place}/")
    finally:
        world.execute("GRANT EXECUTE ON FUNCTION pg_catalog.pg_control_system() TO PUBLIC")
        for client in world.clients:
            client.close()
        world.execute("DROP OWNED BY narrow")
        world.execute("DROP ROLE narrow")
