"""Values and the types of their columns."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from clients.postgres.database import NOON, TABLE, World, user
from mixpanel_data.clients.postgres import Column


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
def test_a_value_arrives_unchanged(world: World, column: str, value: Any) -> None:
    sent = user("u1", **{column: value})
    target = world.target()
    assert target.send([sent]) == []
    assert world.rows()["u1"] == sent
    before = world.versions()
    target.send([sent])
    assert world.versions() == before


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
def test_a_column_can_have_another_type_that_holds_the_values(
    world: World, declared: str, column: str, value: Any, kept: Any
) -> None:
    """A value that the type rounds is compared rounded, so sending it again changes no row."""
    world.execute(f"ALTER TABLE {TABLE} DROP COLUMN {declared.split()[0]}")
    world.execute(f"ALTER TABLE {TABLE} ADD COLUMN {declared}")
    target = world.target()
    assert target.send([user("u1", **{column: value})]) == []
    assert world.rows()["u1"][column] == kept
    before = world.versions()
    target.send([user("u1", **{column: value})])
    assert world.versions() == before


def test_a_key_can_be_a_uuid_and_a_text_an_enum(world: World) -> None:
    world.execute("CREATE TYPE area AS ENUM ('kernel', 'docs')")
    world.execute("CREATE TABLE people (distinct_id uuid PRIMARY KEY, area area)")
    columns = [Column("distinct_id", "distinct_id", "STRING"), Column("area", "area", "STRING")]
    known = str(uuid.UUID(int=7))
    target = world.target(table=f"{world.schema}.people", columns=columns)
    (no_uuid, no_area) = target.send([user(known), user("u1"), user(str(uuid.UUID(int=8)), area="net")])
    assert {no_uuid.distinct_id, no_area.distinct_id} == {"u1", str(uuid.UUID(int=8))}
    assert [str(row["distinct_id"]) for row in world.execute("SELECT * FROM people")] == [known]
