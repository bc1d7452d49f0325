"""Breaking changes are told once, one message a run, which the detector brings to Slack."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.hostile import TEXTS
from detect.messages.wording.test_hostile_text import broken_code, problems
from mixpanel_data.base.choices import ChangeKind
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.outbox.blocks import Body, texts
from mixpanel_data.outbox.message import Message
from mixpanel_data.registry import notices
from mixpanel_data.registry.notices.change import UntoldChange
from mixpanel_data.registry.notices.planning import Reader
from mixpanel_data.registry.notices.wording import MOST_SHOWN, NoticeWriter
from mixpanel_data.registry.publishing.statements import BATCH_NAMES, CHANGE_EFFECTS, GIVEN_CHANGES, PUBLISH_CHANGES
from support.detector_world import START, DetectorWorld, DetectorWorlds, with_options
from support.registry_rows import add
from support.stored_rows import all_rows_of

TODAY = START.date()
PLAN = {
    "events": {
        "Purchase": {"owner": "U024BE7LH"},
        "Signup": {"owner": "growth"},
        "Refund": {"owner": "ann@example.com"},
    }
}
EVIDENCE = {
    "before": {"events": 9000, "number": 9000},
    "after": {"events": 900, "number": 500, "string": 400},
    "event_ids": ["e1"],
    "versions": {"$app_version_string": {"2.0.0": {"bad": 0, "good": 500}, "2.1.0": {"bad": 400, "good": 0}}},
    "first_bad": "2.1.0",
    "version_property": "$app_version_string",
}


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> DetectorWorlds:
    folder = tmp_path_factory.mktemp("worlds")
    return DetectorWorlds(folder, folder / "history.duckdb")


@pytest.fixture
def world(worlds: DetectorWorlds) -> Iterator[DetectorWorld]:
    with ExitStack() as stack:
        yield stack.enter_context(worlds())


def change(number: int = 1, **columns: Any) -> dict[str, Any]:
    """A row of schema_changes of three days ago; two of different numbers differ in nothing else."""
    ordinary = {
        "change_id": f"{number:064x}",
        "day": (TODAY - timedelta(days=3)).isoformat(),
        "event_name": "Purchase",
        "property": "amount",
        "before": "number",
        "after": "number|string",
        "evidence": EVIDENCE,
    }
    return {**ordinary, **columns}


def tell(
    world: DetectorWorld,
    *follow: Mapping[str, Any],
    at: date = TODAY,
    channel: str = "alerts",
    plan: Mapping[str, Any] | None = PLAN,
) -> Message | None:
    """The last part of a run of the registry, in which these changes of events follow; returns the notice."""
    read = None if plan is None else parsed(TrackingPlan, json.dumps(plan), "TRACKING_PLAN")
    run_id = uuid.uuid4().hex
    with closing(world.engine.open()) as warehouse, closing(warehouse.staging(run_id, 1)) as staging:
        staging.materialise(BATCH_NAMES, names=[])
        staging.materialise(GIVEN_CHANGES, changes=[_given(one) for one in follow])
        staging.materialise(CHANGE_EFFECTS, is_of_events=True)
        notice = notices.planned(staging, Reader(channel, read, Redactor()), at=at, newest_day=TODAY, now=world.clock())
        staging.transact(
            f"registry-{run_id}",
            [*PUBLISH_CHANGES.values(), *notices.statements(notice)],
            run_id=run_id,
            started_at=world.clock(),
            **notices.parameters(notice),
        )
    return notice


def of_event(number: int, name: str, **columns: Any) -> dict[str, Any]:
    """A change of an event as a whole."""
    dormant = {"kind": "became_dormant", "before": "active", "after": "dormant", "evidence": {}, "is_breaking": True}
    return change(number, event_name=name, property=None, path="", **{**dormant, **columns})


def _given(row: Mapping[str, Any]) -> str:
    texts_of = {name: value for name, value in row.items() if isinstance(value, str)}
    is_breaking = "true" if row["is_breaking"] else "false"
    return json.dumps({**texts_of, "is_breaking": is_breaking, "evidence": json.dumps(row["evidence"])})


def shown(world: DetectorWorld) -> str:
    """The text of all blocks of the one message in Slack."""
    (post,) = world.posts
    return "\n".join(texts(post.blocks))


# Once, by the detector


def test_a_breaking_change_is_told_once_by_the_next_run_of_the_detector(world: DetectorWorld) -> None:
    add(world.engine, "schema_changes", change())
    assert tell(world) is not None
    assert world.posts == []
    world.step("12:05")
    (post,) = world.posts
    assert post.channel.name == "alerts"
    assert tell(world) is None
    world.step("12:10")
    assert len(world.posts) == 1


def test_judging_as_of_a_day_long_ago_announces_nothing(world: DetectorWorld) -> None:
    long_ago = TODAY - timedelta(days=60)
    add(world.engine, "schema_changes", change(day=(long_ago - timedelta(days=1)).isoformat()))
    assert tell(world, at=long_ago) is None


def test_all_changes_of_a_run_are_one_message(world: DetectorWorld) -> None:
    add(world.engine, "schema_changes", *(change(number, property=f"p{number}") for number in range(5)))
    notice = tell(world, of_event(9, "Signup"))
    assert notice is not None
    assert len(notice.about) == 6
    world.step("12:05")
    assert len(world.posts) == 1


def test_a_change_that_is_found_later_is_told_alone(world: DetectorWorld) -> None:
    add(world.engine, "schema_changes", change(1))
    tell(world)
    add(world.engine, "schema_changes", change(2))
    notice = tell(world)
    assert notice is not None
    assert notice.about == (change(2)["change_id"],)


def test_a_run_that_fails_before_it_publishes_has_told_nothing(world: DetectorWorld) -> None:
    add(world.engine, "schema_changes", change())
    with closing(world.engine.open()) as warehouse, closing(warehouse.staging("dead", 1)) as staging:
        staging.materialise(BATCH_NAMES, names=[])
        staging.materialise(GIVEN_CHANGES, changes=[])
        staging.materialise(CHANGE_EFFECTS, is_of_events=True)
        first = notices.planned(
            staging, Reader("alerts", None, Redactor()), at=TODAY, newest_day=TODAY, now=world.clock()
        )
    second = tell(world, plan=None)
    assert first is not None
    assert second is not None
    assert (first.message_key, first.about) == (second.message_key, second.about)


@pytest.mark.parametrize(
    "columns",
    [
        {"is_breaking": False},
        {"retracted_at": "2040-03-14 10:00:00+00"},
        {"day": (TODAY - timedelta(days=14)).isoformat()},
        {"day": (TODAY + timedelta(days=1)).isoformat()},
    ],
    ids=["not breaking", "retracted", "two weeks old", "in the future"],
)
def test_other_changes_are_not_told(world: DetectorWorld, columns: Mapping[str, Any]) -> None:
    add(world.engine, "schema_changes", change(**columns))
    assert tell(world) is None


def test_the_first_of_fourteen_days_is_told(world: DetectorWorld) -> None:
    add(world.engine, "schema_changes", change(day=(TODAY - timedelta(days=13)).isoformat()))
    assert tell(world) is not None


def test_a_change_of_the_same_part_is_told_with_those_of_earlier_parts(world: DetectorWorld) -> None:
    add(world.engine, "schema_changes", change(1))
    notice = tell(world, of_event(2, "Signup"), of_event(3, "Visit", is_breaking=False))
    assert notice is not None
    assert set(notice.about) == {change(1)["change_id"], of_event(2, "")["change_id"]}


def test_a_change_that_the_same_part_retracts_is_not_told(world: DetectorWorld) -> None:
    add(world.engine, "schema_changes", of_event(1, "Signup"))
    assert tell(world) is None


def test_a_change_that_is_retracted_and_follows_again_stays_told(world: DetectorWorld) -> None:
    dormant = of_event(1, "Signup")
    assert tell(world, dormant) is not None
    assert tell(world) is None
    with closing(world.engine.open()) as warehouse:
        (row,) = warehouse.rows(all_rows_of("schema_changes"))
        assert row["retracted_at"] is not None
    assert tell(world, dormant) is None


def test_a_change_that_follows_again_before_it_was_told_is_told(world: DetectorWorld) -> None:
    dormant = of_event(1, "Signup")
    add(world.engine, "schema_changes", {**dormant, "retracted_at": "2040-03-14 10:00:00+00"})
    assert tell(world) is None
    assert tell(world, dormant) is not None


# Where to


def test_without_slack_a_notice_waits_and_is_delivered_once_there_is_one(world: DetectorWorld) -> None:
    add(world.engine, "schema_changes", change())
    tell(world, channel="")
    world.step("12:05", has_slack=False)
    assert [row["state"] for row in world.table("alert_messages")] == ["pending"]
    world.step("12:10")
    assert [post.channel.name for post in world.posts] == ["alerts"]


def test_a_webhook_delivers_a_notice_to_its_own_channel(world: DetectorWorld) -> None:
    add(world.engine, "schema_changes", change())
    tell(world, channel="")
    world.step("12:05", slack=world.webhook("visits"))
    assert [post.channel.name for post in world.posts] == ["visits"]


def test_a_bot_without_a_channel_keeps_a_notice_until_one_is_set(worlds: DetectorWorlds) -> None:
    with worlds({"name": "*", "alert_channel": "#purchases"}) as world:
        world.options = with_options(default_channel="")
        add(world.engine, "schema_changes", change())
        tell(world, channel="")
        assert world.step("12:05").undelivered == 1
        assert world.posts == []
        world.options = with_options(default_channel="visits")
        world.step("12:10")
        assert [post.channel.name for post in world.posts] == ["visits"]


# What it says


def test_a_notice_says_what_changed_where_since_when_in_which_versions_and_whose_it_is(world: DetectorWorld) -> None:
    add(world.engine, "schema_changes", change())
    tell(world)
    world.step("12:05")
    title, *description, _ = shown(world).split("\n")
    assert title == "💥 Purchase, amount: type changed from number to number|string"
    assert description == [
        "*`Purchase` · `amount`*: type changed from `number` to `number|string`",
        "since 12 Mar 2040 · since version `2.1.0` of `$app_version_string` · "
        "400 of 900 values in the first days · owner: <@U024BE7LH>",
        "Details: `mp registry event Purchase`",
    ]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (
            {"kind": "became_sparse", "before": "always", "after": "sometimes"},
            "all events had it, and now some lack it",
        ),
        ({"kind": "became_sparse", "before": "sometimes", "after": "never"}, "some events had it, and now none has it"),
        ({"kind": "became_dormant", "before": "active", "after": "dormant"}, "it is no longer sent"),
        ({"path": "[*].sku", "before": "string", "after": "integer"}, "`amount[*].sku`*: type changed from `string`"),
        ({"event_name": "Signup"}, "owner: `growth`"),
        ({"event_name": "Card Opened"}, "`mp registry event 'Card Opened'`"),
        ({"event_name": "-x"}, "`mp registry event -- -x`"),
    ],
)
def test_a_notice_says_it_of_every_kind_of_change(world: DetectorWorld, columns: dict[str, Any], says: str) -> None:
    add(world.engine, "schema_changes", change(**columns))
    tell(world)
    world.step("12:05")
    assert says in shown(world)


def test_changes_in_all_versions_name_the_most_frequent(world: DetectorWorld) -> None:
    versions = {"mp_lib": {f"v{number}": {"bad": number, "good": 0} for number in range(6)}}
    evidence = {**EVIDENCE, "versions": versions, "first_bad": None, "version_property": None}
    add(world.engine, "schema_changes", change(evidence=evidence))
    tell(world)
    world.step("12:05")
    assert "in versions `v5`, `v4`, `v3` +2 more of `mp_lib`" in shown(world)


def test_a_notice_of_many_changes_describes_some_and_counts_the_others_with_their_owners(world: DetectorWorld) -> None:
    rows = [change(number, event_name=f"E{number:02}", property=f"p{number}") for number in range(40)]
    add(world.engine, "schema_changes", *rows, change(90, event_name="Signup"))
    notice = tell(world)
    assert notice is not None
    assert len(notice.about) == 41
    world.step("12:05")
    assert shown(world).count("Details:") == MOST_SHOWN
    assert "💥 41 breaking changes in 41 events: E00, E01, E02, E03, E04 +36 more" in shown(world)
    assert "+31 more: `mp registry changes` lists all.\nOwners: `growth`" in shown(world)


def test_nothing_personal_is_in_a_notice(world: DetectorWorld) -> None:
    name = "Mail to ann@example.com"
    version = {"ann@example.com": {"bad": 4, "good": 0}}
    evidence = {**EVIDENCE, "versions": {"user_email": version}, "first_bad": None}
    add(
        world.engine,
        "schema_changes",
        change(1, event_name=name, property="ann@example.com"),
        change(2, event_name="Refund", evidence=evidence),
        change(3, evidence={**evidence, "first_bad": "bob@example.com", "version_property": "user_email"}),
        change(4, evidence={**evidence, "first_bad": "4.1.0.2", "version_property": "mp_lib"}),
    )
    tell(world)
    world.step("12:05")
    (row,) = world.table("alert_messages")
    assert "@example.com" not in json.dumps(row["body"])
    assert "[redacted]" in shown(world)
    assert "`4.1.0.2`" in shown(world)
    assert "`mp registry changes`" in shown(world)


_VERSIONS = st.dictionaries(
    TEXTS, st.dictionaries(TEXTS, st.fixed_dictionaries({"bad": st.integers(0, 9), "good": st.just(1)})), max_size=3
)
_EVIDENCE = st.fixed_dictionaries(
    {
        "after": st.just({"events": 900, "string": 400}),
        "versions": _VERSIONS,
        "first_bad": st.none() | TEXTS,
        "version_property": st.none() | TEXTS,
    }
)
_ANY_CHANGE = partial(
    st.builds,
    UntoldChange,
    change_id=st.just("c"),
    day=st.just(TODAY),
    event_name=TEXTS,
    property=st.none() | TEXTS,
    path=st.just("") | TEXTS,
    evidence=_EVIDENCE,
)
_CHANGES = st.one_of(
    _ANY_CHANGE(kind=st.just(ChangeKind.TYPE_CHANGED), before=TEXTS, after=TEXTS),
    _ANY_CHANGE(kind=st.just(ChangeKind.BECAME_SPARSE), before=st.just("always"), after=st.just("never")),
    _ANY_CHANGE(kind=st.just(ChangeKind.BECAME_DORMANT), before=st.just("active"), after=st.just("dormant")),
)


@settings(max_examples=60)
@given(st.lists(_CHANGES, min_size=1, max_size=15), st.none() | st.just("U024BE7LH") | TEXTS)
def test_no_event_breaks_a_limit_of_slack_or_speaks_for_itself(changes: list[UntoldChange], owner: str | None) -> None:
    _assert_harmless(NoticeWriter(Redactor(), lambda _: owner).breaking_changes(changes, START))


@pytest.mark.parametrize("text", ["&" * 300, "<!channel>`\n", "😀" * 300])
def test_a_notice_of_the_longest_texts_is_still_accepted(text: str) -> None:
    one = UntoldChange("c", TODAY, ChangeKind.TYPE_CHANGED, text, text, text, text, text, EVIDENCE)
    evidence = {**EVIDENCE, "first_bad": text, "version_property": text}
    writer = NoticeWriter(Redactor(), lambda _: text)
    bodies = [writer.breaking_changes(changes, START) for changes in ([one], [replace(one, evidence=evidence)] * 200)]
    for body in bodies:
        _assert_harmless(body)
        assert "Details:" in "\n".join(_texts_of(body))


def _texts_of(body: Body) -> Sequence[str]:
    return [text for block in body.blocks for text in texts(block)]


def _assert_harmless(body: Body) -> None:
    assert problems(body) == []
    assert broken_code(body) == []
