"""Rows that the table refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from clients.postgres.database import TABLE, World, user
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.user_totals import Refusal


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
def test_a_row_that_is_refused_does_not_keep_the_others_from_arriving(
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


def test_a_refused_row_keeps_its_earlier_values(world: World) -> None:
    target = world.target()
    target.send([user("u1")])
    world.execute(f"ALTER TABLE {TABLE} ADD CHECK (commits < 100)")
    assert len(target.send([user("u1", commits=100), user("u2")])) == 1
    assert world.rows()["u1"] == user("u1")
    assert target.send([user("u1", commits=99)]) == []


def test_a_table_that_takes_no_new_rows_is_kept_up_to_date(world: World) -> None:
    """A user who is not registered in the product is refused; one who is gets the totals."""
    world.execute(f"ALTER TABLE {TABLE} ADD COLUMN email text NOT NULL DEFAULT 'a@b.c'")
    world.execute(f"INSERT INTO {TABLE} (distinct_id) VALUES ('u1')")
    world.execute(f"ALTER TABLE {TABLE} ALTER email DROP DEFAULT")
    (refusal,) = world.target().send([user("u1"), user("u2")])
    assert refusal.distinct_id == "u2"
    assert "email" in refusal.reason
    assert world.rows()["u1"]["commits"] == 3


def test_a_refusal_shows_nothing_of_other_columns(world: World) -> None:
    world.execute(f"ALTER TABLE {TABLE} ADD COLUMN email text DEFAULT 'secret@b.c', ADD CHECK (commits < 0)")
    (refusal,) = world.target().send([user("u1")])
    assert "secret@b.c" not in refusal.reason


def test_without_users_to_send_no_connection_is_made(bare: World) -> None:
    nowhere = bare.target(url=Secret("postgresql://u:p@127.0.0.1:1/d"))
    assert nowhere.send([]) == []
    assert nowhere.send([user("\0")]) == [
        Refusal("\0", "distinct_id holds the character U+0000, which PostgreSQL does not store")
    ]
