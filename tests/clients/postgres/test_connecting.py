"""Connection strings, roles, and the settings of databases."""

from __future__ import annotations

import logging
import socket
import traceback
import uuid
from typing import Any

import pytest

from clients.postgres.database import COLUMNS, NOON, TABLE, World, user
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import AuthenticationError, ConfigError, QueryError, UnavailableError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.postgres import Postgres
from support.postgresql_server import PASSWORD


@pytest.mark.parametrize(
    ("parts", "error", "says"),
    [
        ({"password": "wr0ng-one"}, AuthenticationError, "POSTGRES_URL"),
        ({"user": "no_such_role"}, AuthenticationError, "POSTGRES_URL"),
        ({"database": "no_such_database"}, ConfigError, "no_such_database"),
        ({"port": 1}, UnavailableError, "refused"),
    ],
)
def test_the_error_of_a_refused_connection_shows_no_password(
    world: World, caplog: pytest.LogCaptureFixture, parts: dict[str, Any], error: type[Exception], says: str
) -> None:
    caplog.set_level(logging.DEBUG)
    url = world.server.url_with(**parts)
    target = world.target(url=Secret(url))
    with pytest.raises(error, match=says) as caught:
        target.send([user("u1")])
    shown = f"{''.join(traceback.format_exception(caught.value))}{caplog.text}{target!r}"
    for secret in (url, PASSWORD, "wr0ng-one"):
        assert secret not in shown
    assert len(world.waits) == (4 if error is UnavailableError else 0)


def test_a_role_without_the_right_to_write_is_an_error(world: World) -> None:
    role = f"r_{uuid.uuid4().hex}"
    world.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
    try:
        world.execute(f"GRANT USAGE ON SCHEMA {world.schema} TO {role}")
        world.execute(f"GRANT SELECT ON {TABLE} TO {role}")
        target = world.target(url=Secret(world.server.url_with(user=role)))
        with pytest.raises(AuthenticationError, match=r"permission denied.*SELECT, INSERT and UPDATE"):
            target.send([user("u1")])
        world.execute(f"GRANT INSERT, UPDATE ON {TABLE} TO {role}")
        assert target.send([user("u1")]) == []
    finally:
        world.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "postgresql://someone:hunt@er2@db.example/app",
        "postgresql://someone:hunt/er2@db.example/app",
        "postgresql://someone:1/hunter2@db.example/app",
        "postgresql://someone:hunt%er2@db.example/app",
        "postgresql://someone:hunter2@db.example:no-port/app",
        "mysql://someone:hunter2@db.example/app",
        "host=db.example password='hunter2",
    ],
)
def test_a_text_that_is_not_a_connection_string_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^POSTGRES_URL is not .* connection string\. Write postgresql:") as caught:
        Postgres(Secret(url), TABLE, COLUMNS)
    shown = "".join(traceback.format_exception(caught.value))
    assert not any(part in shown for part in ("hunt", "er2"))


def test_a_server_that_says_nothing_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/d"
        target = Postgres(Secret(url), TABLE, COLUMNS).within(Deadline.after(2.5))
        with pytest.raises(UnavailableError, match="timeout"):
            target.send([user("u1")])


@pytest.mark.parametrize(
    "setting",
    [
        "default_transaction_isolation = 'serializable'",
        "default_transaction_read_only = on",
        "timezone = 'Asia/Kolkata'",
        "datestyle = 'German, DMY'",
        "bytea_output = 'escape'",
        "lc_messages = 'C'",
    ],
)
def test_the_defaults_of_a_role_do_not_change_what_is_written(world: World, setting: str) -> None:
    role = f"r_{uuid.uuid4().hex}"
    world.execute(f"CREATE ROLE {role} LOGIN SUPERUSER PASSWORD '{PASSWORD}'; ALTER ROLE {role} SET {setting}")
    try:
        world.execute(f"ALTER TABLE {TABLE} ALTER first_event_time TYPE timestamp")
        target = world.target(url=Secret(world.server.url_with(user=role)))
        assert target.send([user("u1")]) == []
        assert world.rows()["u1"] == user("u1", first_event_time=NOON.replace(tzinfo=None))
        target.close()
    finally:
        world.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_any_other_error_of_postgresql_is_raised_with_its_text(world: World) -> None:
    world.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE 'not today' USING ERRCODE = 'XX001'; END$$;"
        f"CREATE TRIGGER fail BEFORE INSERT ON {TABLE} FOR EACH ROW EXECUTE FUNCTION fail()"
    )
    with pytest.raises(QueryError, match="not today"):
        world.target().send([user("u1")])
