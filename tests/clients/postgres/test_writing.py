"""The rows that are written, and those that are left alone."""

from __future__ import annotations

from datetime import UTC, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from clients.postgres.database import NOON, TABLE, World, user
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.user_totals import User
from mixpanel_data.clients.postgres import Column


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


def test_sending_again_changes_no_row(world: World) -> None:
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


def test_columns_can_have_other_names(world: World) -> None:
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
