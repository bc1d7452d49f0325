"""What runs publish: events, properties and the dictionary as the observations and the plan have them, in any order."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from mixpanel_data.base.errors import DeadlineError
from support.engines import Engine
from support.fatal_steps import Steps
from support.given_days import days_before, each_day
from support.mortal_warehouse import MortalWarehouse
from support.registry_world import TODAY, RegistryWorld
from support.triggered_deadline import TriggeredDeadline

pytestmark = pytest.mark.sequences

RECENT = days_before(TODAY, 10)


def of(row: Any, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def test_without_events_a_run_publishes_nothing(world: RegistryWorld) -> None:
    before = world.contents()
    result = world.update()
    assert (result.events, result.properties, result.pending, result.read_until) == (0, 0, 0, None)
    assert world.contents() == before


def test_an_event_has_its_days_its_times_and_its_properties(world: RegistryWorld) -> None:
    world.bring(*each_day(RECENT, "signup.v2", a_day=3, properties={"plan": "free", "city": {"name": "Rome"}}))
    result = world.update()
    row = world.events()["signup.v2"]
    assert of(row, "status", "base_name", "version", "events", "days", "properties") == (
        *("active", "signup", "v2"),
        *(30, 10, 2),
    )
    assert of(row, "first_seen", "last_seen") == (
        datetime(2040, 3, 5, 1, tzinfo=UTC),
        datetime(2040, 3, 14, 1, 10, tzinfo=UTC),
    )
    assert (result.events, result.properties, result.read_until) == (1, 2, world.clock())


def test_a_property_has_the_types_of_the_last_30_days_without_strays(world: RegistryWorld) -> None:
    world.bring(
        *each_day(days_before(TODAY, 60, 31), a_day=2, properties={"a": True}),
        *each_day(RECENT, a_day=20, properties=lambda number: {"a": 5 if number else None, "b": 5 if number else 0.5}),
        *each_day(RECENT[:1], "Visit", a_day=22, properties={"a": "stray", "b": 1}),
    )
    world.update()
    found = world.properties("Visit")
    assert found["a"]["types"] == {"integer": 171, "null": 9, "string": 22}
    assert found["a"]["type"] == "string|integer|null"
    assert found["a"]["events"] == 262
    assert of(found["b"], "type", "types") == ("number", {"integer": 193, "number": 9})
    assert found["a"]["null_share"] == 9 / 202


def test_a_type_of_one_value_in_a_hundred_is_a_stray(world: RegistryWorld) -> None:
    world.bring(*each_day(RECENT, properties={"a": 1, "b": 1}))
    world.bring(*each_day(RECENT[:1], a_day=2, properties={"a": "x", "b": "x"}))
    world.bring(*each_day(RECENT[1:2], a_day=1, properties={"a": 1, "b": "x"}))
    world.update()
    found = world.properties("Visit")
    assert of(found["a"], "type", "types") == ("integer", {"integer": 198, "string": 2})
    assert of(found["b"], "type", "types") == ("string|integer", {"integer": 197, "string": 3})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["2040-03-01T10:00:00Z", "2040-03-01 10:00"], "date-time"),
        (["2040-03-01", "2040-12-31"], "date"),
        (["123e4567-e89b-12d3-a456-426614174000"], "uuid"),
        (["ann@example.com", "bob@example.org"], "email"),
        (["https://example.com/a", "app://open"], "uri"),
        (["10.0.0.1", "255.255.255.255"], "ipv4"),
        (["1", "-2.5", "1e6"], "numeric"),
        (["1", "two"], None),
        ([1, 2], None),
        ([1, "2"], "numeric"),
    ],
)
def test_strings_have_a_format_if_all_of_them_do(world: RegistryWorld, values: list[Any], expected: str | None) -> None:
    world.bring(*each_day(RECENT[:1], properties=lambda number: {"a": values[number % len(values)]}))
    world.update()
    assert world.properties("Visit")["a"]["format"] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (lambda _: "x", "constant"),
        (lambda number: number % 5, "few"),
        (lambda number: number % 30, "many"),
        (lambda number: f"id {number}", "unique"),
        (lambda number: [number], None),
    ],
)
def test_cardinality_is_that_of_the_sample(world: RegistryWorld, value: Any, expected: str | None) -> None:
    world.bring(*each_day(RECENT[:1], a_day=60, properties=lambda number: {"a": value(number)}))
    world.update()
    assert world.properties("Visit")["a"]["cardinality"] == expected


def test_values_of_several_days_are_merged_the_most_frequent_first(world: RegistryWorld) -> None:
    world.bring(
        *each_day(RECENT[:1], a_day=30, properties=lambda number: {"a": number // 2}),
        *each_day(RECENT[1:2], a_day=4, properties={"a": 14}),
        *each_day(RECENT[2:3], a_day=30, properties=lambda number: {"a": 30 + number}),
    )
    world.update()
    row = world.properties("Visit")["a"]
    top = [{"value": "14", "events": 6}, *({"value": value, "events": 2} for value in sorted(map(str, range(14))))]
    rest = [{"value": str(value), "events": 1} for value in range(30, 35)]
    assert row["top_values"] == [*top, *rest]
    assert of(row, "cardinality", "least", "greatest") == ("many", 0.0, 59.0)


def test_the_plan_describes_and_its_status_wins(world: RegistryWorld) -> None:
    world.plan = {
        "context": {"required": ["app"]},
        "events": {
            "Visit": {
                "description": "Somebody came.",
                "owner": "web",
                "status": "deprecated",
                "schema": {"properties": {"plan": {"description": "What they pay for.", "deprecated": True}}},
            }
        },
    }
    own = {"plan": "free", "app": "x", "ip_of": "y"}
    mixpanels = {"$os": "Linux", "$user_id": "u", "mp_lib": "web", "utm_id": "z", "ip": 1, "distinct_id": "u"}
    world.bring(*each_day(RECENT, properties={**own, **mixpanels}))
    world.bring(*each_day(RECENT, "Signup"))
    world.update()
    events = world.events()
    assert of(events["Visit"], "status", "description", "owner") == ("deprecated", "Somebody came.", "web")
    assert of(events["Signup"], "status", "description", "owner") == ("unexpected", None, None)
    properties = world.properties("Visit")
    assert of(properties["plan"], "status", "description") == ("deprecated", "What they pay for.")
    assert of(properties["app"], "status", "description") == ("active", None)
    roles = {name: row["role"] for name, row in world.dictionary().items()}
    assert roles == {
        **dict.fromkeys(["plan", "ip_of"], "property"),
        **dict.fromkeys(["app", "$os", "mp_lib", "utm_id", "ip"], "context"),
        **dict.fromkeys(["$user_id", "distinct_id"], "identifier"),
    }


def test_a_plan_that_comes_later_is_as_if_it_had_always_been_there(world: RegistryWorld) -> None:
    world.bring(*each_day(RECENT, properties={"plan": "free"}), *each_day(RECENT, "Signup"))
    world.update()
    world.plan = {"events": {"Visit": {"description": "Somebody came.", "owner": "web"}}}
    world.update()
    assert world.events()["Signup"]["status"] == "unexpected"
    world.assert_settled()
    world.plan = None
    world.update()
    assert world.events()["Signup"]["status"] == "active"
    world.assert_settled()


def test_a_rare_name_that_is_spelled_like_a_frequent_one_is_a_likely_typo(world: RegistryWorld) -> None:
    world.bring(
        *each_day(RECENT, "Checkout Started", a_day=30, properties={"cart": 1}),
        *each_day(RECENT[4:5], "checkout_started", a_day=3, properties={"cart": 1}),
    )
    world.update()
    row = world.events()["checkout_started"]
    assert of(row, "status", "similar_to") == ("likely_typo", "Checkout Started")


def test_the_dictionary_gathers_a_property_of_all_events(world: RegistryWorld) -> None:
    world.bring(
        *each_day(RECENT, properties={"price": 5, "userId": "u"}),
        *each_day(RECENT, "Buy", a_day=10, properties={"price": 5.5, "user_id": "u"}),
        *each_day(RECENT, "Refund", a_day=5, properties={"price": "5"}),
    )
    world.update()
    found = world.dictionary()
    assert of(found["price"], "type", "types", "events", "event_names", "conflicts") == (
        "string|number",
        {"integer": 200, "number": 100, "string": 50},
        350,
        ["Buy", "Refund", "Visit"],
        ["Refund"],
    )
    assert of(found["user_id"], "similar_to", "conflicts") == ("userId", [])
    assert found["userId"]["similar_to"] == "user_id"


# Any order of runs


def test_late_and_deleted_events_lead_to_the_tables_of_one_run(world: RegistryWorld) -> None:
    days = days_before(TODAY, 40)
    events = list(each_day(days, properties=lambda number: {"a": number, "b": "x" if number % 3 else None}))
    world.bring(*events[::2])
    world.update()
    world.bring(*events[1::4], *each_day(days[5:9], "Signup", properties={"c": 1}))
    world.update()
    world.pass_time(days=1)
    world.update()
    world.bring(*events, gone=[event.event_id for event in events[::5]])
    world.update_all()
    world.assert_settled()


def test_everything_at_once_and_again_in_full_gives_the_same_tables(world: RegistryWorld) -> None:
    world.bring(*each_day(days_before(TODAY, 40), properties={"a": 1}), *each_day(RECENT, "Signup"))
    world.update()
    before = world.contents()
    world.pass_time(hours=1)
    result = world.update(full=True)
    assert (list(result.changes), result.retracted) == ([], 0)
    assert world.contents() == before
    world.assert_settled()


def test_a_run_with_nothing_new_changes_no_row(world: RegistryWorld) -> None:
    world.bring(*each_day(RECENT, properties={"a": 1}))
    world.update()
    before = world.contents()
    world.pass_time(hours=5)
    world.update()
    assert world.contents() == before


def test_rows_that_stay_the_same_keep_the_time_of_their_last_change(world: RegistryWorld) -> None:
    world.bring(*each_day(RECENT, properties={"a": 1}), *each_day(RECENT[-1:], "Signup", properties={"b": 1}))
    world.update()
    world.pass_time(hours=1)
    world.bring(*each_day(RECENT[-1:], "Buy", properties={"c": 1}))
    world.update()
    changed_at = {name: row["updated_at"] for name, row in world.events().items()}
    assert changed_at == {"Visit": TODAY, "Signup": TODAY, "Buy": world.clock()}
    assert world.properties("Visit")["a"]["updated_at"] == TODAY
    assert {name: row["updated_at"] for name, row in world.dictionary().items()} == {
        "a": TODAY,
        "b": TODAY,
        "c": world.clock(),
    }


def test_days_before_yesterday_wait_for_the_first_run_after_midnight(world: RegistryWorld) -> None:
    world.bring(*each_day(RECENT))
    world.update()
    world.bring(*each_day(RECENT[:1], "Signup"))
    assert (world.update().pending, list(world.events())) == (1, ["Visit"])
    world.pass_time(hours=12)
    assert world.update().pending == 0
    assert world.events().keys() == {"Visit", "Signup"}


def test_judgements_are_as_of_the_newest_day_that_is_not_in_the_future(world: RegistryWorld) -> None:
    world.bring(*each_day(RECENT), *each_day([date(2040, 4, 20)]))
    world.update(full=True)
    (judged,) = world.table("registry_judged")
    assert judged["as_of"] == RECENT[-1]
    assert world.events()["Visit"]["days"] == 10


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part for each event name."""
    monkeypatch.setattr("mixpanel_data.registry.publishing.batches.OBSERVATIONS_PER_PART", 1)


@pytest.mark.usefixtures("small_parts")
def test_many_parts_lead_to_the_tables_of_one(world: RegistryWorld) -> None:
    names = ["Visit", "Buy", "Signup", "é", "", "a'b"]
    for number, name in enumerate(names):
        world.bring(*each_day(RECENT, name, a_day=number + 1, properties={"a": number, "b": {"c": "x"}}))
    world.update()
    assert world.events().keys() == set(names)
    parts = [row for row in world.table("job_runs") if row["job"] == "registry-updater" and row["part"] > 0]
    # Marked, observed, begun, six judged, completed.
    assert len(parts) == 10
    world.assert_settled()


@pytest.mark.usefixtures("small_parts")
def test_a_run_whose_time_is_over_is_gone_on_with(world: RegistryWorld) -> None:
    for name in ("Visit", "Buy", "Signup"):
        world.bring(*each_day(RECENT, name, properties={"a": 1}))
    steps = Steps()
    # Marked, observed, begun, and one event judged.
    over = TriggeredDeadline(begins=lambda: steps.passed.count("publish, after the commit") > 1)
    with world.opened() as warehouse, pytest.raises(DeadlineError, match="all events were judged"):
        world.update(warehouse=MortalWarehouse(warehouse, steps), deadline=over)
    assert {row["event_name"] for row in world.table("event_properties")} == {"Buy"}
    assert {row["event_name"] for row in world.table("registry_unjudged")} == {"Signup", "Visit"}
    world.update()
    world.assert_settled()


def test_the_tables_hold_what_is_there_and_forget_what_is_gone(engine: Engine) -> None:
    world = RegistryWorld(
        engine,
        *each_day(RECENT, a_day=4, properties=lambda number: {"a": number, "b": {"c": ["x", None]}, "$os": "é"}),
        *each_day(RECENT[:2], "Signup", a_day=2, properties={"a": "2040-03-01", "d": 1.5}),
    )
    world.update()
    assert of(world.dictionary()["a"], "type", "conflicts") == ("string|integer", ["Signup"])
    assert world.properties("Visit", path=None).keys() == {"a", "b", "b.c", "b.c[*]", "$os"}
    world.bring(gone=[event.event_id for event in each_day(RECENT[:2], "Signup", a_day=1)])
    world.update_all()
    world.assert_settled()
