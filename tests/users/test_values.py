"""What a metric takes from an event: values that fit their type, conditions, and properties of any name."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from support import user_oracle
from support.engines import Engine
from support.published_events import PublishedEvent, purchase, visit
from support.user_sync_world import UserSyncWorld

pytestmark = pytest.mark.sequences

# Values of every kind, each of which fits some types and not others.
VALUES: list[object] = [
    *("text", "", " ", "1", "1.0", "true", "null", "größe ☃ 𝄞", "a\nb\t\"c\" 'd' \\e", "x" * 3000),
    *(True, False, 0, 1, -1, 1.0, 3.0, -0.0, 1.5, 0.1, 1e3, 1e-7, 100.25),
    *(2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, -(2**63) - 1, 10**18, 10**19, 10**20, 1e18, 1e19),
    *(99999999999999999999, 1e20, -1e20, 1e21, 1e300, -1e300, 9.9e19),
    *(0.0000000015, 0.0000000025, -0.0000000015, 1.0000000005, 123456789.123456789),
    *([], [1], ["text"], {}, {"a": 1}),
    *("2040-03-10", "2040-03-10T10:11:12", "2040-03-10 10:11:12", "2040-03-10T10:11:12Z", "2040-03-10T10:11:12.5Z"),
    *("2040-03-10T10:11:12.123456+05:30", "2040-03-10 23:59:59-08:00", "1969-12-31T23:59:59.999999Z", "0001-01-02"),
    *(
        "9999-12-31T23:59:59.999999Z",
        "2040-02-29",
        "2039-02-29",
        "2040-02-30",
        "2040-13-01",
        "2040-3-1",
        "2040-03-10T10",
    ),
    *("2040-03-10T24:00:00", "2040-03-10T10:60:00", "2040-03-10T10:11:60", "2040-03-10T10:11:12.1234567Z", "20400310"),
    *("2040-03-10T10:11:12+0530", "2040-03-10T10:11:12 UTC", "2040-03-10T", " 2040-03-10", "2040-03-10\n", "now"),
]
TYPES = ("STRING", "INT64", "NUMERIC", "BOOL", "TIMESTAMP")
EACH: dict[str, Any] = {
    kind: {f"{kind}_as_{type_.lower()}": {"property": "value", "type": type_} for type_ in TYPES}
    for kind in ("latest", "current")
}


def _is_wide(value: object) -> bool:
    return isinstance(value, int) and not -(2**63) <= value < 2**64


@pytest.mark.both_engines
def test_a_value_that_fits_is_taken_and_another_is_skipped_and_counted(engine: Engine) -> None:
    """Each value is somebody's: every type takes it or leaves it."""
    # BigQuery holds an integer beyond 64 bits as a double; the emulator keeps its digits.
    values = VALUES if engine.name == "duckdb" else [one for one in VALUES if not _is_wide(one)]
    given = [visit(f"p{place:03d}", value=value) for place, value in enumerate(values)]
    world = UserSyncWorld(engine, {**EACH, "counters": {"total": {"event": "Visit", "sum": "value"}}}, *given)
    skipped = world.sync().skipped_values
    assert skipped == user_oracle.skipped(world.table("mixpanel_events"), world.metrics)
    assert skipped > 500
    world.assert_true()


def test_a_number_that_is_nearly_whole_is_not_whole(engine: Engine) -> None:
    values = (4e-10, 1.0000000001, 0.9999999999, 1.0)
    world = UserSyncWorld(engine, {"latest": {"n": {"property": "value", "type": "INT64"}}})
    world.bring(*(visit(f"p{n}", value=value) for n, value in enumerate(values)))
    assert world.sync().skipped_values == 3
    world.assert_true()


@pytest.mark.parametrize(
    ("type_", "value", "taken"),
    [
        ("STRING", "1", "1"),
        ("STRING", 1, None),
        ("STRING", True, None),
        ("INT64", 3.0, 3),
        ("INT64", 2**63 - 1, 2**63 - 1),
        ("INT64", -(2**63), -(2**63)),
        ("INT64", 2**63, None),
        ("INT64", 3.5, None),
        ("INT64", 3.0000000001, None),
        ("INT64", "3", None),
        ("INT64", True, None),
        ("NUMERIC", 0.1, Decimal("0.1")),
        ("NUMERIC", 0.0000000015, Decimal("0.000000002")),
        ("NUMERIC", -0.0000000025, Decimal("-0.000000003")),
        ("NUMERIC", 1e20, None),
        ("NUMERIC", -1e20, None),
        ("NUMERIC", 9.9e19, Decimal("9.9e19")),
        ("NUMERIC", "1", None),
        ("BOOL", False, False),
        ("BOOL", "true", None),
        ("BOOL", 1, None),
        ("TIMESTAMP", "2040-03-10", datetime(2040, 3, 10, tzinfo=UTC)),
        ("TIMESTAMP", "2040-03-10T10:00:00+02:00", datetime(2040, 3, 10, 8, tzinfo=UTC)),
        ("TIMESTAMP", "2040-02-30", None),
        ("TIMESTAMP", 2210000000, None),
    ],
)
def test_the_truth_knows_what_fits(type_: str, value: object, taken: object) -> None:
    """So that what the tables are held to is held to something itself."""
    try:
        found = user_oracle.fitting(value, type_)
    except user_oracle.MisfitError:
        found = None
    assert (found, type(found)) == (taken, type(taken))


def test_the_latest_value_is_not_null_and_the_current_one_may_be(engine: Engine) -> None:
    days: list[dict[str, Any]] = [{"value": "a"}, {"value": "b"}, {"value": None}, {}, {"value": 7}]
    events = [visit("ann", f"2040-03-1{place} 10:00:00", **properties) for place, properties in enumerate(days)]
    kinds: dict[str, Any] = {
        "latest": {"latest": {"property": "value", "type": "STRING"}},
        "current": {"now": {"property": "value", "type": "STRING"}},
    }
    world = UserSyncWorld(engine, kinds, *events)
    result = world.sync()
    ann = world.insights()["ann"]
    assert (ann["latest"], ann["now"], result.skipped_values) == ("b", None, 2)
    assert ann["latest_place"] == user_oracle.place(_row(events[1]))
    assert ann["now_place"] == user_oracle.place(_row(events[2]))
    world.assert_settled()
    world.bring(gone=[events[2].event_id])
    world.sync()
    assert world.insights()["ann"]["now"] == "b"
    world.assert_settled()


@pytest.mark.both_engines
def test_of_events_at_one_time_the_greater_id_tells(engine: Engine) -> None:
    ids = ("0a", "9", "A", "Z", "a", "b", "zz", "é", "ﬀ", "𝄞")
    rule = {"property": "plan", "type": "STRING"}
    world = UserSyncWorld(engine, {"latest": {"plan": rule}, "current": {"now": rule}})
    known = range(1, len(ids) + 1)
    world.bring(*(visit(f"p{n}", mark=f"{mark} of {n}", plan=mark) for n in known for mark in ids[:n]))
    world.sync()
    insights = world.insights()
    assert [(insights[f"p{n}"]["plan"], insights[f"p{n}"]["now"]) for n in known] == [(mark, mark) for mark in ids]
    world.assert_true()


# Sums


def test_sums_are_exact_and_do_not_drift(engine: Engine) -> None:
    world = UserSyncWorld(engine, {"counters": {"total": {"event": "Purchase", "sum": "amount"}}})
    far = [9.9e19, 9.9e19, -9.9e19, 1e-9, -9.9e19, -1e-9, 1e-9]
    small = [purchase("ann", f"2040-03-{1 + n % 3:02d} 10:00:00", f"m{n}", amount=0.1) for n in range(100)]
    large = [purchase("bob", f"2040-03-0{1 + n % 3} 10:00:00", f"f{n}", amount=x) for n, x in enumerate(far)]
    world.bring(*small, *large)
    world.sync()
    assert {name: row["total"] for name, row in world.insights().items()} == {"ann": 10, "bob": Decimal("1e-9")}
    world.bring(gone=[*(f"m{n}" for n in range(99)), *("f0", "f2", "f3")])
    world.sync()
    assert {name: row["total"] for name, row in world.insights().items()} == {"ann": Decimal("0.1"), "bob": 0}
    world.assert_settled()


# Conditions

WHERE: list[object] = [
    *(
        1,
        1.0,
        1.5,
        0,
        0.1,
        -3,
        1e3,
        True,
        False,
        "1",
        "1.0",
        "true",
        "false",
        "",
        "gold",
        "Gold",
        "größe ☃ 𝄞",
        'it\'s "so"\\',
    ),
    *(["gold", 1], [1.5, "1.5"], [True, "true", 1], ["a", "b", "gold"], [False, 0, ""]),
]
OFFERED: list[object] = [
    *(
        1,
        1.0,
        1.5,
        "1.5",
        0,
        0.0,
        -0.0,
        0.1,
        -3,
        1000,
        1e3,
        True,
        False,
        "1",
        "1.0",
        "true",
        "false",
        "",
        "gold",
        "Gold",
    ),
    *("größe ☃ 𝄞", 'it\'s "so"\\', "GOLD", " gold", None, [1], ["gold"], {"gold": 1}, 2, "b"),
]


def test_a_condition_is_met_by_an_equal_value_of_the_same_type(engine: Engine) -> None:
    counters: dict[str, Any] = {
        f"met_{n}": {"event": "Visit", "where": {"value": wanted}} for n, wanted in enumerate(WHERE)
    }
    counters["met_all"] = {"event": "Visit", "where": {"value": "gold", "paid": True, "seats": [1, 2]}}
    counters["seats"] = {**counters["met_all"], "sum": "seats"}
    offers = [(value, paid, seats) for value in ("gold", "free") for paid in (True, "true") for seats in (1, 2, 3)]
    groups = [
        visit("ann", mark=f"g{n}", value=value, paid=paid, seats=seats) for n, (value, paid, seats) in enumerate(offers)
    ]
    events = [visit(f"p{n}", value=value) for n, value in enumerate(OFFERED)]
    world = UserSyncWorld(engine, {"counters": counters}, *events, *groups, visit("none"), purchase("other", value=1))
    world.sync()
    insights = world.insights()
    assert insights["p0"]["met_0"] == insights["p1"]["met_0"] == insights["p0"]["met_1"] == 1
    assert insights["p0"][f"met_{WHERE.index('1')}"] == 0
    assert (insights["ann"]["met_all"], insights["ann"]["seats"]) == (2, Decimal(3))
    world.assert_true()


def test_numbers_that_a_double_cannot_tell_apart_are_told_apart(engine: Engine) -> None:
    wanted = [2**53, 2**53 + 1, 2**63 - 1]
    counters = {f"met_{n}": {"event": "Visit", "where": {"value": value}} for n, value in enumerate(wanted)}
    world = UserSyncWorld(
        engine, {"counters": counters}, *(visit(f"p{n}", value=value) for n, value in enumerate(wanted))
    )
    world.sync()
    world.assert_settled()


# Names

NAMES = [
    *(
        "plain",
        "$insert_id",
        "$",
        "$.",
        "$.a",
        "a.b",
        "a['b']",
        'a"b',
        "a'b",
        "a b",
        " a ",
        "a/b",
        "/",
        "/a",
        "~0",
        "a~1b",
    ),
    *(
        "a\\b",
        "a\\",
        "*",
        "[0]",
        "0",
        "#-1",
        "größe ☃ 𝄞",
        "a\tb",
        "a\nb",
        "@at",
        "%s",
        "{{ a }}",
        "{% raw %}",
        "--",
        "/* */",
    ),
    *("time", "distinct_id", "SELECT", "x" * 255, "ü" * 255),
]


@pytest.mark.both_engines
def test_properties_events_and_people_may_have_any_name(engine: Engine) -> None:
    """Each event has all properties, so that one that is taken for another is seen."""
    metrics: dict[str, dict[str, Any]] = {"counters": {}, "latest": {}}
    for n, name in enumerate(NAMES):
        if n % 3 == 0:
            metrics["counters"][f"column_{n}"] = {"event": name, "sum": name}
        elif n % 3 == 1:
            metrics["counters"][f"column_{n}"] = {"event": name, "where": {name: n}}
        else:
            metrics["latest"][f"column_{n}"] = {"property": name, "type": "INT64", "events": [name]}
    properties = {name: n for n, name in enumerate(NAMES)} | {"about": {"nested": 1}, "nested.too": 1}
    metrics["latest"] |= {name: {"property": name, "type": "INT64"} for name in ("nested", "too")}
    world = UserSyncWorld(
        engine, metrics, *(PublishedEvent(name, person=name, properties=properties) for name in NAMES)
    )
    world.sync()
    insights = world.insights()
    for n, name in enumerate(NAMES):
        assert insights[name][f"column_{n}"] == (1 if n % 3 == 1 else n), name
    assert {(row["nested"], row["too"]) for row in insights.values()} == {(None, None)}
    world.assert_true()


def _row(event: PublishedEvent) -> dict[str, Any]:
    return {"event_timestamp": event.happened_at, "event_id": event.event_id}


def test_the_metrics_of_the_example_are_computed(engine: Engine) -> None:
    example = Path(__file__).parents[2] / "config" / "examples" / "user_metrics.json"
    about = {"income": "$50k", "buyingPower": 12.5}
    events = [PublishedEvent("Portfolio Copied", mark=mark, properties=about) for mark in ("a", "b")]
    world = UserSyncWorld(engine, json.loads(example.read_text(encoding="utf-8")), *events)
    world.sync()
    ann = world.insights()["ann"]
    assert (ann["total_copies"], ann["income"], ann["buying_power"]) == (2, "$50k", Decimal("12.5"))
    assert (ann["paywall_views"], ann["linked_bank_account"]) == (0, None)
    world.assert_true()


def test_without_metrics_a_user_has_the_columns_that_always_exist(engine: Engine) -> None:
    world = UserSyncWorld(engine, {}, visit("ann", mark="a"), visit("ann", "2040-03-11 10:00:00", mark="b"))
    world.sync()
    ann = world.insights()["ann"]
    assert {**ann, "updated_at": None} == {
        "distinct_id": "ann",
        "events_processed": 2,
        "first_event_time": datetime(2040, 3, 10, 10, tzinfo=UTC),
        "last_event_time": datetime(2040, 3, 11, 10, tzinfo=UTC),
        "updated_at": None,
    }
