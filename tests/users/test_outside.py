"""What a target is told, whatever becomes of metrics, of users and of the target meanwhile."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.user_totals import Refusal, User
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.user_metrics import UserMetrics
from mixpanel_data.users.history import history
from support.engines import Engine
from support.published_events import visit
from support.user_sync_world import UserSyncWorld

VISITS = {"counters": {"visits": {"event": "Visit"}}}
SYNC = {"sync": {"postgres": {"table": "totals"}}}


class Table:
    """A target that takes everything, two users a time."""

    name = "postgres"
    most_users = 2

    def __init__(self) -> None:
        self.users: dict[str, User] = {}

    def send(self, users: Sequence[User]) -> list[Refusal]:
        self.users |= {str(user["distinct_id"]): user for user in users}
        return []


def test_a_metric_that_is_renamed_by_case_is_sent_under_its_new_name(engine: Engine) -> None:
    world, table = UserSyncWorld(engine, {**VISITS, **SYNC}, visit("ann", "2040-03-10 10:00:00")), Table()
    world.sync(targets=[table])
    world.metrics = {"counters": {"Visits": {"event": "Visit"}}, **SYNC}
    world.bring(visit("ann", "2040-03-11 10:00:00"), visit("bob", "2040-03-11 10:00:00"))
    world.sync(targets=[table])
    assert {name: user["Visits"] for name, user in table.users.items()} == {"ann": 2, "bob": 1}


def test_who_is_gone_while_a_target_is_left_out_is_told_when_it_comes_back(engine: Engine) -> None:
    world, table = UserSyncWorld(engine, {**VISITS, **SYNC}, visit("anon", mark="m1"), visit("bob", mark="m2")), Table()
    world.sync(targets=[table])
    world.metrics = VISITS
    world.move("anon", "bob")
    world.sync()
    world.metrics = {**VISITS, **SYNC}
    world.sync(targets=[table])
    told = {name: (user["visits"], user["events_processed"]) for name, user in table.users.items()}
    assert told == {"anon": (0, 0), "bob": (2, 2)}


def test_a_metric_may_be_called_as_another_one_and_place(engine: Engine) -> None:
    names = ("market", "market_place")
    world = UserSyncWorld(engine, {"counters": {name: {"event": "Visit"} for name in names}}, visit("ann"))
    world.sync()
    with world.opened() as warehouse:
        told = history(warehouse, "ann")
    assert [told.totals[name] for name in names] == [1, 1]
    assert [told.days[0][name] for name in names] == [1, 1]


@pytest.mark.parametrize("moment", ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_before_the_year_1_or_after_9999_does_not_fit(engine: Engine, moment: str) -> None:
    metrics = {"latest": {"seen_at": {"property": "value", "type": "TIMESTAMP"}}}
    world = UserSyncWorld(engine, metrics, visit("ann", value=moment))
    assert world.sync().skipped_values == 1
    assert world.insights()["ann"]["seen_at"] is None


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"counters": {"a": {"event": "Visit", "where": {"x": ["y", "\ud800"]}}}}, "counters.a.where.x[1]"),
        ({"counters": {"a": {"event": "\udfff"}}}, "counters.a.event"),
        ({"latest": {"a": {"property": "p", "type": "STRING", "events": ["\ud800"]}}}, "latest.a.events[0]"),
    ],
)
def test_half_a_character_is_refused_where_it_stands(wrong: object, place: str) -> None:
    with pytest.raises(ConfigError, match="unpaired surrogate") as refused:
        parsed(UserMetrics, json.dumps(wrong), "USER_METRICS_CONFIG")
    assert f"USER_METRICS_CONFIG: {place} " in str(refused.value)
