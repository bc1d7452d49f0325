"""A table in PostgreSQL as a target: what is written, what is not, and what becomes of refusals and outages."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.rows import dict_row

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import AuthenticationError, ConfigError, DeadlineError, QueryError, UnavailableError
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.user_totals import Refusal, User
from mixpanel_data.clients.postgres import Column, Postgres
from support.postgresql import PASSWORD, Server

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
    """A schema of the test's own, and who looks at it."""

    server: Server
    schema: str
    waits: list[float] = field(default_factory=list)
    targets: list[Postgres] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.admin = self.connect()

    def connect(self) -> psycopg.Connection[dict[str, Any]]:
        """A session of the administrator's, in this schema."""
        admin = psycopg.connect(self.server.url, autocommit=True, row_factory=dict_row)
        admin.execute(sql.SQL("SET search_path = {}; SET timezone = 'UTC'").format(sql.Identifier(self.schema)))
        return admin

    def execute(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        cursor = self.admin.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    @contextmanager
    def holding(self, distinct_id: str) -> Iterator[None]:
        """Keep a user's row locked."""
        with self.connect() as other, suppress(psycopg.OperationalError), other.transaction():
            other.execute(f"SELECT FROM {TABLE} WHERE distinct_id = %s FOR UPDATE", [distinct_id])
            yield

    def wait_until_somebody_waits(self) -> None:
        while not self.execute(f"SELECT pid FROM pg_stat_activity WHERE {OURS} AND wait_event_type = 'Lock'"):
            pass

    def target(self, **options: Any) -> Postgres:
        given = {
            "url": Secret(self.server.url),
            "table": f"{self.schema}.{TABLE}",
            "columns": COLUMNS,
            "deadline": Deadline.after(60.0),
            "sleep": self.waits.append,
            **options,
        }
        self.targets.append(Postgres(**given))
        return self.targets[-1]

    def rows(self) -> dict[str, dict[str, Any]]:
        return {row["distinct_id"]: row for row in self.execute(f"SELECT * FROM {TABLE}")}

    def versions(self) -> dict[str, tuple[str, str]]:
        """Which transaction wrote each row last, and where it lies: another after every write."""
        found = self.execute(f"SELECT distinct_id, xmin::text, ctid::text FROM {TABLE}")
        return {row["distinct_id"]: (row["xmin"], row["ctid"]) for row in found}


@pytest.fixture
def bare(postgres: Server) -> Iterator[World]:
    """A schema without tables."""
    world = World(postgres, f"t_{uuid.uuid4().hex}")
    world.execute(f"CREATE SCHEMA {world.schema}")
    yield world
    for target in world.targets:
        target.close()
    world.execute(f"DROP SCHEMA {world.schema} CASCADE")
    world.admin.close()


@pytest.fixture
def world(bare: World) -> World:
    """The same with the table as it should be."""
    bare.execute(DDL)
    return bare


# What is written


def test_values_arrive_in_their_types(world: World) -> None:
    assert world.target().send([user("u1")]) == []
    assert list(world.rows().values()) == [user("u1")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("commits", 2**63 - 1),
        ("commits", -(2**63)),
        ("lines", Decimal("99999999999999999999999999999.999999999")),
        ("lines", Decimal("-99999999999999999999999999999.999999999")),
        ("lines", Decimal("1E+20")),
        ("lines", Decimal("0.000000001")),
        ("lines", Decimal("-0")),
        ("area", ""),
        ("area", "NULL"),
        ("area", '{"a", \\b, $1, %s}'),
        ("area", "größe \u2028 \U0001f984 \u0301"),
        ("is_active", False),
        ("first_event_time", datetime(1, 1, 1, tzinfo=UTC)),
        ("first_event_time", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("first_event_time", datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=5, minutes=30)))),
        ("commits", None),
        ("lines", None),
        ("area", None),
        ("is_active", None),
        ("first_event_time", None),
    ],
)
def test_a_value_arrives_as_it_is(world: World, column: str, value: Any) -> None:
    sent = user("u1", **{column: value})
    target = world.target()
    assert target.send([sent]) == []
    assert world.rows()["u1"] == sent
    before = world.versions()
    target.send([sent])
    assert world.versions() == before


@hypothesis_settings(max_examples=25)
@given(
    st.lists(
        st.builds(
            user,
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
            commits=st.integers(-(2**63), 2**63 - 1),
            lines=st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**29), max_value=10**29),
            area=st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
            first_event_time=st.none() | st.datetimes(timezones=st.just(UTC)),
        ),
        max_size=6,
        unique_by=lambda one: one["distinct_id"],
    )
)
def test_the_table_holds_what_was_sent_last(world: World, users: list[User]) -> None:
    world.execute(f"TRUNCATE {TABLE}")
    target = world.target()
    target.send([{**one, "commits": 1, "area": "old"} for one in users])
    assert target.send(users) == []
    assert world.rows() == {str(one["distinct_id"]): one for one in users}
    target.close()


def test_a_second_time_changes_no_row(world: World) -> None:
    users = [user(f"u{number}", lines=Decimal(number) / 8) for number in range(100)]
    world.target().send(users)
    before = world.versions()
    assert world.target().send(users) == []
    assert world.versions() == before


def test_only_rows_that_differ_are_written(world: World) -> None:
    target = world.target()
    target.send([user("u1"), user("u2"), user("u3", area=None)])
    before = world.versions()
    target.send([user("u1"), user("u2", commits=4), user("u3")])
    after = world.versions()
    assert {name for name in after if after[name] != before[name]} == {"u2", "u3"}
    assert world.rows()["u2"]["commits"] == 4


def test_the_time_of_writing_alone_is_no_reason_to_write(world: World) -> None:
    target = world.target()
    target.send([user("u1")])
    target.send([user("u1", updated_at=NOON + timedelta(days=1))])
    assert world.rows()["u1"]["updated_at"] == NOON
    target.send([user("u1", commits=4, updated_at=NOON + timedelta(days=1))])
    assert world.rows()["u1"]["updated_at"] == NOON + timedelta(days=1)


def test_other_columns_and_rows_are_left_alone(world: World) -> None:
    world.execute(f"ALTER TABLE {TABLE} ADD COLUMN email text, ADD COLUMN plan text DEFAULT 'free'")
    world.execute(
        f"INSERT INTO {TABLE} (distinct_id, email, plan, commits)"
        " VALUES ('u1', 'a@b.c', 'pro', 1), ('x', 'x@y.z', 'pro', 9)"
    )
    world.target().send([user("u1"), user("u2")])
    rows = world.rows()
    assert (rows["u1"]["email"], rows["u1"]["plan"], rows["u1"]["commits"]) == ("a@b.c", "pro", 3)
    assert (rows["u2"]["email"], rows["u2"]["plan"]) == (None, "free")
    assert rows["x"]["commits"] == 9


def test_columns_may_be_called_otherwise(world: World) -> None:
    world.execute('CREATE TABLE people (id varchar(20) UNIQUE, "Commits Total" integer, "%s{}" text)')
    columns = [
        Column("id", "distinct_id", "STRING"),
        Column("Commits Total", "commits", "INT64"),
        Column("%s{}", "area", "STRING"),
    ]
    target = world.target(table=f"{world.schema}.people", columns=columns[:2])
    assert target.send([user("u1")]) == []
    assert world.execute('SELECT id, "Commits Total" FROM people') == [{"id": "u1", "Commits Total": 3}]


def test_a_table_without_a_schema_is_looked_for_where_the_role_looks(world: World) -> None:
    url = f"{world.server.url}?options=-csearch_path%3D{world.schema}"
    assert world.target(url=Secret(url), table=TABLE).send([user("u1")]) == []
    assert world.rows().keys() == {"u1"}


def test_every_batch_is_one_transaction(world: World) -> None:
    target = world.target()
    target.send([user(f"u{number}") for number in range(3)])
    target.send([user(f"v{number}") for number in range(3)])
    written_by = world.versions()
    assert len({written_by[name][0] for name in ("u0", "u1", "u2")}) == 1
    assert len({transaction for transaction, _ in written_by.values()}) == 2


@pytest.mark.parametrize(
    ("declared", "column", "value", "kept"),
    [
        ("lines numeric(10, 2)", "lines", Decimal("1.005"), Decimal("1.01")),
        ("lines double precision", "lines", Decimal("0.1"), 0.1),
        ("lines real", "lines", Decimal("0.1"), pytest.approx(0.1)),
        ("lines integer", "lines", Decimal("7.000000000"), 7),
        ("area varchar(6)", "area", "kernel", "kernel"),
        ("area char(8)", "area", "kernel", "kernel  "),
        ("first_event_time timestamp", "first_event_time", NOON, NOON.replace(tzinfo=None)),
        (
            "first_event_time timestamptz(0)",
            "first_event_time",
            NOON.replace(microsecond=600_000),
            NOON.replace(second=1),
        ),
    ],
)
def test_a_column_may_have_a_type_of_its_own(world: World, declared: str, column: str, value: Any, kept: Any) -> None:
    """What the type rounds is compared as it was rounded: a second time changes no row."""
    world.execute(f"ALTER TABLE {TABLE} DROP COLUMN {declared.split()[0]}")
    world.execute(f"ALTER TABLE {TABLE} ADD COLUMN {declared}")
    target = world.target()
    assert target.send([user("u1", **{column: value})]) == []
    assert world.rows()["u1"][column] == kept
    before = world.versions()
    target.send([user("u1", **{column: value})])
    assert world.versions() == before


def test_a_key_may_be_a_uuid_and_a_text_one_of_few(world: World) -> None:
    world.execute("CREATE TYPE area AS ENUM ('kernel', 'docs')")
    world.execute("CREATE TABLE people (distinct_id uuid PRIMARY KEY, area area)")
    columns = [Column("distinct_id", "distinct_id", "STRING"), Column("area", "area", "STRING")]
    known = str(uuid.UUID(int=7))
    target = world.target(table=f"{world.schema}.people", columns=columns)
    (no_uuid, no_area) = target.send([user(known), user("u1"), user(str(uuid.UUID(int=8)), area="net")])
    assert {no_uuid.distinct_id, no_area.distinct_id} == {"u1", str(uuid.UUID(int=8))}
    assert [str(row["distinct_id"]) for row in world.execute("SELECT * FROM people")] == [known]


# What is refused


@pytest.mark.parametrize(
    ("ddl", "wrong", "says"),
    [
        ("ALTER TABLE {t} ADD CHECK (commits < 100)", {"commits": 100}, "check constraint"),
        ("ALTER TABLE {t} ALTER area TYPE varchar(8)", {"area": "x" * 9}, "too long"),
        ("ALTER TABLE {t} ALTER commits TYPE smallint", {"commits": 40_000}, "out of range"),
        ("ALTER TABLE {t} ALTER lines TYPE integer", {"lines": Decimal("0.5")}, "invalid input syntax"),
        ("ALTER TABLE {t} ALTER lines TYPE numeric(5, 2)", {"lines": Decimal(1000)}, "overflow"),
        ("ALTER TABLE {t} ALTER area SET NOT NULL", {"area": None}, "not-null"),
        ("CREATE UNIQUE INDEX ON {t} (area) WHERE area <> 'kernel'", {"area": "taken"}, "unique"),
        (
            "CREATE TABLE areas (area text PRIMARY KEY); INSERT INTO areas VALUES ('kernel'), ('taken');"
            "ALTER TABLE {t} ADD FOREIGN KEY (area) REFERENCES areas DEFERRABLE INITIALLY DEFERRED",
            {"area": "net"},
            "foreign key",
        ),
        (
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN IF NEW.commits = 13 THEN RAISE 'no luck with %', NEW.commits; END IF; RETURN NEW; END$$;"
            "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {t} FOR EACH ROW EXECUTE FUNCTION refuse()",
            {"commits": 13},
            "no luck with 13",
        ),
        ("SELECT", {"area": "x\0y"}, "U+0000"),
        ("SELECT", {"area": "\ud800"}, "surrogate"),
        ("CREATE INDEX ON {t} (area)", {"area": "".join(map(chr, range(32, 32 + 20_000)))}, "index row"),
    ],
)
def test_a_row_that_is_refused_keeps_no_other_from_arriving(
    world: World, ddl: str, wrong: dict[str, Any], says: str
) -> None:
    world.execute(f"INSERT INTO {TABLE} (distinct_id, area) VALUES ('first', 'taken')")
    world.execute(ddl.replace("{t}", TABLE))
    users = [user(f"u{number:02}", **{"lines": Decimal(12), **(wrong if number == 37 else {})}) for number in range(60)]
    target = world.target()
    (refusal,) = target.send(users)
    assert refusal.distinct_id == "u37"
    assert says in refusal.reason
    assert len(world.rows()) == 60
    before = world.versions()
    assert target.send(users) == [refusal]
    assert world.versions() == before
    assert world.waits == []


def test_one_row_of_a_thousand_is_refused(world: World) -> None:
    world.execute(f"ALTER TABLE {TABLE} ADD CHECK (commits < 100)")
    users = [user(f"u{number:03}", commits=100 if number == 713 else 1) for number in range(1000)]
    target = world.target()
    most = target.most_users
    refused = [each for start in range(0, 1000, most) for each in target.send(users[start : start + most])]
    assert [refusal.distinct_id for refusal in refused] == ["u713"]
    assert len(world.rows()) == 999


def test_each_of_several_rows_is_refused_by_itself(world: World) -> None:
    world.execute(f"ALTER TABLE {TABLE} ADD CHECK (commits % 7 <> 0)")
    users = [user(f"u{number:03}", commits=number, area="\0" if number == 5 else "kernel") for number in range(60)]
    refused = world.target().send(users)
    assert {refusal.distinct_id for refusal in refused} == {f"u{number:03}" for number in (5, *range(0, 60, 7))}
    assert len(world.rows()) == 60 - len(refused)


def test_a_refused_row_keeps_what_it_had(world: World) -> None:
    target = world.target()
    target.send([user("u1")])
    world.execute(f"ALTER TABLE {TABLE} ADD CHECK (commits < 100)")
    assert len(target.send([user("u1", commits=100), user("u2")])) == 1
    assert world.rows()["u1"] == user("u1")
    assert target.send([user("u1", commits=99)]) == []


def test_a_table_that_takes_no_new_rows_is_kept_up_to_date(world: World) -> None:
    """Who is not registered in the product is refused; who is gets the totals."""
    world.execute(f"ALTER TABLE {TABLE} ADD COLUMN email text NOT NULL DEFAULT 'a@b.c'")
    world.execute(f"INSERT INTO {TABLE} (distinct_id) VALUES ('u1')")
    world.execute(f"ALTER TABLE {TABLE} ALTER email DROP DEFAULT")
    (refusal,) = world.target().send([user("u1"), user("u2")])
    assert refusal.distinct_id == "u2"
    assert "email" in refusal.reason
    assert world.rows()["u1"]["commits"] == 3


def test_a_refusal_tells_nothing_of_other_columns(world: World) -> None:
    world.execute(f"ALTER TABLE {TABLE} ADD COLUMN email text DEFAULT 'secret@b.c', ADD CHECK (commits < 0)")
    (refusal,) = world.target().send([user("u1")])
    assert "secret@b.c" not in refusal.reason


def test_nobody_to_send_is_no_reason_to_connect(bare: World) -> None:
    nowhere = bare.target(url=Secret("postgresql://u:p@127.0.0.1:1/d"))
    assert nowhere.send([]) == []
    assert nowhere.send([user("\0")]) == [
        Refusal("\0", "distinct_id holds the character U+0000, which PostgreSQL does not store")
    ]


# What is not set up


def test_a_missing_table_is_told_with_the_statement_that_makes_it(bare: World) -> None:
    target = bare.target()
    with pytest.raises(ConfigError, match="CREATE TABLE") as caught:
        target.send([user("u1")])
    bare.execute(str(caught.value).partition("Create it: ")[2])
    assert target.send([user("u1")]) == []
    assert list(bare.rows().values()) == [user("u1")]


def test_missing_columns_are_told_with_the_statement_that_adds_them(world: World) -> None:
    world.execute(f"ALTER TABLE {TABLE} DROP COLUMN lines, DROP COLUMN area")
    target = world.target()
    with pytest.raises(ConfigError, match="has no 'lines', 'area'") as caught:
        target.send([user("u1")])
    world.execute(str(caught.value).partition("missing: ")[2].partition(";")[0])
    assert target.send([user("u1")]) == []
    assert world.rows()["u1"] == user("u1")


@pytest.mark.parametrize(
    "ddl",
    [
        "SELECT",
        "CREATE INDEX ON {t} (distinct_id)",
        "CREATE UNIQUE INDEX ON {t} (distinct_id) WHERE commits > 0",
        "CREATE UNIQUE INDEX ON {t} (lower(distinct_id))",
        "ALTER TABLE {t} ADD UNIQUE (distinct_id, area)",
    ],
)
def test_a_missing_key_is_told_with_the_statement_that_adds_it(world: World, ddl: str) -> None:
    world.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT {TABLE}_pkey")
    world.execute(ddl.replace("{t}", TABLE))
    target = world.target()
    with pytest.raises(ConfigError, match="no unique key on distinct_id") as caught:
        target.send([user("u1")])
    world.execute(str(caught.value).partition("Add one: ")[2])
    assert target.send([user("u1")]) == []


@pytest.mark.parametrize(
    "declared",
    [
        "commits boolean",
        "commits text",
        "lines boolean",
        "area integer",
        "area jsonb",
        "is_active integer",
        "first_event_time date",
        "commits bigint GENERATED ALWAYS AS (1) STORED",
    ],
)
def test_a_column_of_another_kind_is_told(world: World, declared: str) -> None:
    name = declared.split()[0]
    world.execute(f"ALTER TABLE {TABLE} DROP COLUMN {name}")
    world.execute(f"ALTER TABLE {TABLE} ADD COLUMN {declared}")
    with pytest.raises(ConfigError, match=f"^{name} of PostgreSQL's table .* is .*, and {name} is "):
        world.target().send([user("u1")])


def test_a_column_that_vanished_meanwhile_is_told(world: World) -> None:
    target = world.target()
    target.send([user("u1")])
    world.execute(f"ALTER TABLE {TABLE} DROP COLUMN area")
    with pytest.raises(ConfigError, match="area"):
        target.send([user("u2")])


@pytest.mark.parametrize(
    ("parts", "error", "says"),
    [
        ({"password": "wr0ng-one"}, AuthenticationError, "POSTGRES_URL"),
        ({"user": "no_such_role"}, AuthenticationError, "POSTGRES_URL"),
        ({"database": "no_such_database"}, ConfigError, "no_such_database"),
        ({"port": 1}, UnavailableError, "refused"),
    ],
)
def test_a_refused_connection_is_told_without_the_password(
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


def test_a_role_that_may_not_write_is_told(world: World) -> None:
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
def test_what_is_no_connection_string_is_told_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigError, match="POSTGRES_URL") as caught:
        Postgres(Secret(url), TABLE, COLUMNS, Deadline())
    shown = "".join(traceback.format_exception(caught.value))
    assert not any(part in shown for part in ("hunt", "er2"))


# What passes


def cut_by(world: World, how_often: int) -> None:
    """Have the server end the session that writes u2, so many times."""
    world.execute("CREATE SEQUENCE cuts")
    world.execute(
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
        f" IF NEW.distinct_id = 'u2' AND nextval('{world.schema}.cuts') <= {how_often} THEN"
        " PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END$$"
    )
    world.execute(f"CREATE TRIGGER cut BEFORE INSERT ON {TABLE} FOR EACH ROW EXECUTE FUNCTION cut()")


def test_a_session_that_is_ended_in_the_middle_of_a_batch_is_made_again(world: World) -> None:
    cut_by(world, 1)
    users = [user(f"u{number}") for number in range(5)]
    assert world.target().send(users) == []
    assert len(world.rows()) == 5
    assert len(world.waits) == 1


def test_a_batch_that_is_cut_off_leaves_nothing(world: World) -> None:
    cut_by(world, 99)
    target = world.target()
    assert target.send([user("u9")]) == []
    with pytest.raises(UnavailableError, match="terminating connection"):
        target.send([user(f"u{number}") for number in range(5)])
    assert world.rows().keys() == {"u9"}
    assert len(world.waits) == 4


def test_a_connection_that_broke_between_two_batches_is_made_again(world: World) -> None:
    target = world.target()
    target.send([user("u1")])
    world.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {OURS}")
    assert target.send([user("u2")]) == []
    assert world.rows().keys() == {"u1", "u2"}


def test_a_server_that_stops_in_the_middle_of_a_batch_gets_it_when_it_is_back(world: World) -> None:
    if world.server.folder is None:
        pytest.skip("the server that TEST_POSTGRES_URL names is not ours to stop")
    is_back: list[float] = []

    def wait(seconds: float) -> None:
        if not is_back:
            world.server.start()
        is_back.append(seconds)

    users = [user(f"u{number}") for number in range(500)]
    target = world.target(sleep=wait)
    target.send(users[:250])
    with world.holding("u7"):
        sending = threading.Thread(target=target.send, args=[[{**one, "commits": 4} for one in users]])
        sending.start()
        world.wait_until_somebody_waits()
        world.server.stop()
    sending.join(60.0)
    assert is_back
    world.admin.close()
    world.admin = world.connect()
    assert {row["commits"] for row in world.rows().values()} == {4}
    assert len(world.rows()) == 500


def test_two_who_write_the_same_users_in_other_orders_do_not_stop_each_other(world: World) -> None:
    users = [user(f"u{number:03}") for number in range(100)]
    errors: list[BaseException] = []

    def send(order: int, commits: int) -> None:
        target = world.target()
        try:
            target.send([{**one, "commits": commits} for one in users[::order]])
        except BaseException as error:
            errors.append(error)
        target.close()

    for commits in range(5):
        threads = [threading.Thread(target=send, args=[order, commits]) for order in (1, -1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {row["commits"] for row in world.rows().values()} == {commits}
    assert (errors, world.waits) == ([], [])


def test_a_row_that_another_keeps_locked_is_not_waited_for_beyond_the_deadline(world: World) -> None:
    target = world.target()
    target.send([user("u1")])
    with world.holding("u1"):
        target.deadline = Deadline.after(0.5)
        with pytest.raises(UnavailableError, match=r"timeout|closed|lost"):
            target.send([user("u1", commits=4)])
    target.deadline = Deadline()
    assert target.send([user("u1", commits=5)]) == []
    assert world.rows()["u1"]["commits"] == 5


def test_a_server_that_stands_still_is_left_at_the_deadline(world: World) -> None:
    if world.server.folder is None:
        pytest.skip("the server that TEST_POSTGRES_URL names is not ours to stop")
    target = world.target()
    target.send([user("u1")])
    (session,) = world.execute(f"SELECT pid FROM pg_stat_activity WHERE {OURS}")
    os.kill(session["pid"], signal.SIGSTOP)
    try:
        target.deadline = Deadline.after(0.5)
        with pytest.raises(UnavailableError):
            target.send([user("u1", commits=4)])
    finally:
        os.kill(session["pid"], signal.SIGCONT)


def test_a_server_that_says_nothing_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/d"
        target = Postgres(Secret(url), TABLE, COLUMNS, Deadline.after(2.5))
        with pytest.raises(UnavailableError, match="timeout"):
            target.send([user("u1")])


def test_after_the_deadline_nothing_is_begun(world: World) -> None:
    target = world.target(deadline=Deadline.after(0.0))
    with pytest.raises(DeadlineError):
        target.send([user("u1")])
    assert world.rows() == {}


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
def test_what_the_database_has_as_its_defaults_does_not_matter(world: World, setting: str) -> None:
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


def test_an_error_that_is_none_of_these_is_told(world: World) -> None:
    world.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE 'not today' USING ERRCODE = 'XX001'; END$$;"
        f"CREATE TRIGGER fail BEFORE INSERT ON {TABLE} FOR EACH ROW EXECUTE FUNCTION fail()"
    )
    with pytest.raises(QueryError, match="not today"):
        world.target().send([user("u1")])
