"""A metric that is added or changed is computed over all that is there; one that is removed takes nothing with it."""

import json
from datetime import date
from typing import Any

import pytest

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.user_metrics import UserMetrics
from support.engines import Engine
from support.published_events import purchase, visit
from support.user_sync_world import METRICS, UserSyncWorld

pytestmark = pytest.mark.sequences

PLAN = {"property": "plan", "type": "STRING"}
CONFIG = "config/user_metrics.json"


def with_metrics(kind: str, **more: Any) -> dict[str, Any]:
    """The usual metrics, and these."""
    return {**METRICS, kind: {**METRICS[kind], **more}}


def without(kind: str, name: str) -> dict[str, Any]:
    """The usual metrics but one."""
    return {**METRICS, kind: {key: rule for key, rule in METRICS[kind].items() if key != name}}


# What a change makes a run do


def test_metrics_that_are_added_are_computed_over_all_that_is_there(world: UserSyncWorld) -> None:
    world.metrics = {
        "counters": {**METRICS["counters"], "big": {"event": "Purchase", "sum": "amount", "where": {"amount": 100}}},
        "latest": {**METRICS["latest"], "bought": {**PLAN, "events": ["Purchase"]}},
        "current": {**METRICS["current"], "level_now": {"property": "level", "type": "NUMERIC"}},
    }
    result = world.sync()
    assert (sorted(result.added), [*result.redefined, *result.removed]) == (["big", "bought", "level_now"], [])
    assert world.insights()["eve"]["big"] == 100
    assert list(world.sync().added) == []
    world.assert_settled()


def test_a_metric_that_is_added_recomputes_the_days_of_its_event_alone(world: UserSyncWorld) -> None:
    world.metrics = with_metrics("counters", buys={"event": "Purchase"})
    assert world.sync().days == 3
    world.assert_true()


def test_metrics_that_are_changed_are_computed_anew(world: UserSyncWorld) -> None:
    before = world.insights()
    changed: dict[str, dict[str, Any]] = {
        "counters": {"visits": {"event": "Purchase"}, "gold": {"event": "Purchase", "where": {"plan": "gold"}}},
        "latest": {"plan": {**PLAN, "events": ["Purchase"]}, "level": {"property": "balance", "type": "INT64"}},
        "current": {"balance": {"property": "amount", "type": "NUMERIC"}},
    }
    world.metrics = {kind: {**METRICS[kind], **rules} for kind, rules in changed.items()}
    result = world.sync()
    names = sorted(name for rules in changed.values() for name in rules)
    assert (list(result.added), sorted(result.redefined)) == ([], names)
    after = world.insights()
    for name in names:
        assert {person: row[name] for person, row in after.items()} != {
            person: row[name] for person, row in before.items()
        }
    world.assert_settled()


def test_a_name_may_go_from_one_kind_to_another_of_the_same_type(world: UserSyncWorld) -> None:
    """Nobody of those who have nothing to show keeps the other kind's nothing."""
    for kind, rule in (
        ("latest", {"property": "level", "type": "INT64"}),
        ("counters", {"event": "Purchase", "where": {"plan": "gold"}}),
    ):
        world.metrics = (
            with_metrics(kind, visits=rule)
            if kind == "counters"
            else {
                **without("counters", "visits"),
                kind: {**METRICS[kind], "visits": rule},
            }
        )
        world.sync()
        world.assert_true()
    world.assert_settled()


def test_a_metric_that_is_removed_takes_nothing_with_it_and_comes_back_whole(world: UserSyncWorld) -> None:
    before = {person: (row["gold"], row["plan"]) for person, row in world.insights().items()}
    world.metrics = {**without("counters", "gold"), "latest": {}}
    result = world.sync()
    assert (list(result.added), sorted(result.removed)) == ([], ["gold", "level", "plan"])
    assert {person: (row["gold"], row["plan"]) for person, row in world.insights().items()} == before
    more = (purchase("ann", "2040-03-13 11:00:00", amount=1, plan="gold"), visit("zoe"))
    world.bring(*more, gone=["Visit of bob at 2040-03-12 12:00:00"])
    assert list(world.sync().removed) == []
    world.assert_true()
    world.metrics = METRICS
    assert sorted(world.sync().added) == ["gold", "level", "plan"]
    assert world.insights()["ann"]["gold"] == 3
    world.assert_settled()


def test_a_change_is_whole_though_the_run_was_of_a_window(world: UserSyncWorld) -> None:
    world.metrics = with_metrics("counters", buys={"event": "Purchase"})
    result = world.sync("2040-03-12", "2040-03-13")
    assert (result.days, result.pending) == (1, 2)
    assert world.insights()["ann"]["buys"] == 1
    assert world.sync().days == 2
    world.assert_settled()


def test_a_change_with_late_events_and_today_is_whole(world: UserSyncWorld) -> None:
    world.bring(visit("ann", "2040-03-15 01:00:00", area="today"), visit("ann", "2040-03-01 01:00:00", area="old"))
    world.metrics = with_metrics("latest", area={"property": "area", "type": "STRING"})
    world.sync()
    world.assert_true()
    world.sync("2040-03-15", "2040-03-16")
    assert world.insights()["ann"]["area"] == "today"
    world.assert_true(lambda day: day <= date(2040, 3, 15))


# What is refused


REFUSED = [
    (with_metrics("counters", visits={"event": "Visit", "sum": "level"}), r"counters\.visits .*NUMERIC.*INT64"),
    (with_metrics("latest", plan={"property": "plan", "type": "BOOL"}), r"latest\.plan .*BOOL.*STRING"),
    (with_metrics("latest", level={"property": "level", "type": "NUMERIC"}), r"latest\.level .*NUMERIC.*INT64"),
    (with_metrics("counters", far={"event": "Nowhere"}), r"counters\.far\.event.*'Nowhere'"),
    (with_metrics("latest", far={**PLAN, "events": ["Visit", "Nowhere"]}), r"latest\.far\.events.*'Nowhere'"),
    (with_metrics("current", far={**PLAN, "events": ["Nowhere"]}), r"current\.far\.events.*'Nowhere'"),
    (with_metrics("counters", far={"event": "Visit", "sum": "plan"}), r"counters\.far\.sum.*'plan'.*'Visit'"),
]


def test_metrics_that_cannot_be_are_refused_and_nothing_is_changed(world: UserSyncWorld) -> None:
    """Events are waiting at that moment; the run after the correction counts them."""

    def found() -> tuple[object, ...]:
        with world.opened() as warehouse:
            columns = [warehouse.columns(table) for table in ("user_insights", "user_daily_metrics")]
        return world.contents(), columns

    world.events = EventsConfig.model_validate({"events": [{"name": "*"}, {"name": "Nowhere", "enabled": False}]})
    world.bring(visit("zoe", plan="x"))
    before = found()
    for metrics, told in REFUSED:
        world.metrics = metrics
        with pytest.raises(ConfigError, match=told):
            world.sync()
        assert found() == before, told
    world.metrics = METRICS
    assert world.sync().days == 1
    world.assert_settled()


VISITS = {"event": "Visit"}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"counter": {}}, ["counter is not known here"]),
        ({"counters": {"a": {}}}, ["counters.a.event is missing"]),
        ({"counters": {"a": {"event": ""}}}, ["counters.a.event"]),
        ({"counters": {"a": {"event": "Visit", "add": "x"}}}, ["counters.a.add is not known here"]),
        ({"counters": {"a b": VISITS}}, ["counters.a b", "letters, digits and _"]),
        ({"counters": {"1a": VISITS}}, ["counters.1a", "starting with a letter"]),
        ({"counters": {"_a": VISITS}}, ["counters._a", "starting with a letter"]),
        ({"counters": {"a" * 201: VISITS}}, ["counters.aaa", "at most 200"]),
        ({"counters": {"größe": VISITS}}, ["counters.größe"]),
        ({"counters": {"a;--": VISITS}}, ["counters.a;--"]),
        ({"counters": {"select": VISITS}}, ["counters.select", "reserved word in SQL"]),
        ({"latest": {"Group": PLAN}}, ["latest.Group", "reserved word in SQL"]),
        ({"counters": {"distinct_id": VISITS}}, ["counters.distinct_id", "always exists"]),
        ({"counters": {"Updated_At": VISITS}}, ["counters.Updated_At", "always exists"]),
        ({"current": {"day": PLAN}}, ["current.day", "always exists"]),
        ({"counters": {"a": VISITS}, "latest": {"a": PLAN}}, ["latest.a", "counters.a"]),
        ({"latest": {"a": PLAN}, "current": {"A": PLAN}}, ["current.A", "latest.a"]),
        ({"counters": {"a_place": VISITS}, "latest": {"a": PLAN}}, ["latest.a", "counters.a_place"]),
        ({"counters": {"a": {**VISITS, "where": {"x": []}}}}, ["counters.a.where.x", "at least one"]),
        ({"counters": {"a": {**VISITS, "where": {"x": None}}}}, ["counters.a.where.x", "give text"]),
        ({"counters": {"a": {**VISITS, "where": {"x": {"gt": 3}}}}}, ["counters.a.where.x", "give text"]),
        ({"counters": {"a": {**VISITS, "where": {"x": ["a", None]}}}}, ["counters.a.where.x", "give text"]),
        ({"counters": {"a": {**VISITS, "where": {"x": [["a"]]}}}}, ["counters.a.where.x", "give text"]),
        ({"counters": {"a": {**VISITS, "where": "x = 1"}}}, ["counters.a.where"]),
        ({"counters": {"a": {**VISITS, "where": {"": 1}}}}, ["counters.a.where"]),
        ({"counters": {"a": {**VISITS, "where": {"x" * 256: 1}}}}, ["counters.a.where"]),
        ({"counters": {"a": {**VISITS, "where": {"x": 10**400}}}}, ["counters.a.where.x"]),
        ({"counters": {"a": {"event": "Visit", "sum": ""}}}, ["counters.a.sum"]),
        ({"counters": {"a": {"event": ["Visit"]}}}, ["counters.a.event"]),
        ({"latest": {"a": {"property": "plan"}}}, ["latest.a.type is missing"]),
        ({"latest": {"a": {"type": "STRING"}}}, ["latest.a.property is missing"]),
        ({"latest": {"a": {**PLAN, "type": "FLOAT64"}}}, ["latest.a.type", "STRING", "TIMESTAMP"]),
        ({"latest": {"a": {**PLAN, "events": []}}}, ["latest.a.events", "at least 1"]),
        ({"latest": {"a": {**PLAN, "events": "Visit"}}}, ["latest.a.events", "list"]),
        ({"by": "clusters"}, ["by", "user", "cluster"]),
        ({"counters": []}, ["counters"]),
        ([], ["JSON object"]),
    ],
    ids=lambda given: json.dumps(given, ensure_ascii=False)[:60] if isinstance(given, dict) else "",
)
def test_what_is_wrong_with_the_file_is_named(written: object, told: list[str]) -> None:
    with pytest.raises(ConfigError) as refused:
        parsed(UserMetrics, json.dumps(written), CONFIG)
    assert str(refused.value).startswith(f"{CONFIG}: ")
    for words in told:
        assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"counters": {"a": {"event": "A"}, "a": {"event": "B"}}}', "'a' occurs twice"),
        ('{"counters": {"a": {"event": "A", "where": {"x": NaN}}}}', r"counters\.a\.where\.x|not valid JSON"),
        ('{"counters": ', "not valid JSON"),
        ("", "not valid JSON"),
    ],
)
def test_what_is_no_proper_json_is_named(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parsed(UserMetrics, text, CONFIG)


def test_an_empty_file_keeps_what_comes_for_free(engine: Engine) -> None:
    assert parsed(UserMetrics, "{}", CONFIG).by == "user"
