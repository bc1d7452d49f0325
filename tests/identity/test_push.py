"""Pairs told to Mixpanel: each is merged once, whatever happens on the way."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from identity.given_graph import give
from mixpanel_data import runs
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError, DeadlineError, UnavailableError, WarehouseRefusedError
from mixpanel_data.base.merges import Merge, MergeOutcome
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.window import Window
from mixpanel_data.clients.mixpanel import Credentials, Region
from mixpanel_data.clients.mixpanel.merging import Merges as MixpanelMerges
from mixpanel_data.identity.pushing import Merges, Pushed, push
from mixpanel_data.warehouse.base import OpenWarehouse, Row, Warehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data_standins.mixpanel import Behaviour, StandInMixpanel, faults
from support.engines import Engine, opened
from support.fatal_steps import Killed, Steps
from support.mortal_warehouse import MortalWarehouse
from support.stored_rows import all_rows_of

NOW = datetime(2040, 3, 2, 12, tzinfo=UTC)
DAY = Window(NOW - timedelta(days=1), NOW)
LINKED = NOW - timedelta(days=2)


@pytest.fixture
def mixpanel() -> Iterator[StandInMixpanel]:
    with StandInMixpanel(now=lambda: NOW) as running:
        yield running


class MergesOfTwo:
    """The client of a stand-in, which sends two merges a request, in a process that may die before or after it."""

    most_merges = 2

    def __init__(self, mixpanel: StandInMixpanel, steps: Steps | None = None) -> None:
        access = mixpanel.access
        account = Credentials(Secret(access.secret), access.username, access.project_id)
        self._client = MixpanelMerges(account, Region.US, Secret(access.token), mixpanel.url, lambda _: None)
        self._steps = steps or Steps()

    def send(self, merges: Sequence[Merge]) -> list[MergeOutcome]:
        return self._steps.around("send", lambda: self._client.send(merges))


class Recorder:
    """Stores every merge, and remembers the sizes of the requests."""

    most_merges = 2000

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.sent: list[tuple[str, str]] = []

    def send(self, merges: Sequence[Merge]) -> list[MergeOutcome]:
        self.sizes.append(len(merges))
        self.sent += [merge.ids for merge in merges]
        return [MergeOutcome(merge, True) for merge in merges]


def pair(number: int, *ids: str, **changed: Any) -> dict[str, Any]:
    """A row of identity_permutations."""
    return {
        "cluster_id": ids[0],
        "ids": ids,
        "link_no": number,
        "linked_at": LINKED + timedelta(seconds=number),
        "inserted_at": NOW - timedelta(days=1),
        **changed,
    }


FIVE = [pair(number, f"a{number}", f"b{number}") for number in (5, 3, 1, 4, 2)]


@contextmanager
def running(warehouse: Warehouse) -> Iterator[runs.Run]:
    """A run of the job that is alone."""
    run = runs.Run(f"push-{uuid.uuid4().hex}", "identity-transition", NOW, DAY, warehouse, lambda: NOW)
    with runs.begin(run), runs.exclusive(run, 360.0, wait_until=Deadline()):
        yield run


def pushed_to(warehouse: Warehouse, merges: Merges, deadline: Deadline | None = None) -> Pushed:
    with running(warehouse) as run:
        return push(run, merges, deadline or Deadline())


def pushes(warehouse: Warehouse) -> list[Row]:
    return sorted(warehouse.rows(all_rows_of("identity_pushes")), key=lambda row: row["link_no"])


def merged(mixpanel: StandInMixpanel) -> list[tuple[str, ...]]:
    return mixpanel.merges.pairs


@pytest.mark.both_engines
def test_each_pair_is_merged_once_in_the_order_of_its_link(warehouse: OpenWarehouse, mixpanel: StandInMixpanel) -> None:
    give(warehouse, "identity_permutations", FIVE)
    assert pushed_to(warehouse, MergesOfTwo(mixpanel)) == Pushed(5, 0)
    assert merged(mixpanel) == [(f"a{number}", f"b{number}") for number in range(1, 6)]
    assert len(mixpanel.calls) == 3
    assert pushed_to(warehouse, MergesOfTwo(mixpanel)) == Pushed(0, 0)
    assert len(mixpanel.calls) == 3


@pytest.mark.both_engines
def test_what_was_sent_is_stored(warehouse: OpenWarehouse, mixpanel: StandInMixpanel) -> None:
    give(warehouse, "identity_permutations", [pair(7, "foo", 'bär "1" \\ 😀')])
    with running(warehouse) as run:
        push(run, MergesOfTwo(mixpanel), Deadline())
    (row,) = pushes(warehouse)
    (event,) = mixpanel.merges.events
    assert dict(row) == {
        "id_a": "foo",
        "id_b": 'bär "1" \\ 😀',
        "link_no": 7,
        "insert_id": event["$insert_id"],
        "status": "sent",
        "message": None,
        "pushed_at": NOW,
        "run_id": run.run_id,
    }


def test_only_what_is_new_is_sent(warehouse: OpenWarehouse, mixpanel: StandInMixpanel) -> None:
    give(warehouse, "identity_permutations", FIVE[:3])
    pushed_to(warehouse, MergesOfTwo(mixpanel))
    give(warehouse, "identity_permutations", FIVE[3:])
    assert pushed_to(warehouse, MergesOfTwo(mixpanel)) == Pushed(2, 0)
    assert merged(mixpanel)[3:] == [("a2", "b2"), ("a4", "b4")]
    assert set(mixpanel.merges.received.values()) == {1}


def test_a_pair_that_comes_back_under_another_link_is_not_sent_again(
    warehouse: OpenWarehouse, mixpanel: StandInMixpanel
) -> None:
    give(warehouse, "identity_permutations", [pair(1, "foo", "bar")])
    pushed_to(warehouse, MergesOfTwo(mixpanel))
    give(warehouse, "identity_permutations", [pair(2, "bar", "foo")])
    assert pushed_to(warehouse, MergesOfTwo(mixpanel)) == Pushed(0, 0)
    assert merged(mixpanel) == [("foo", "bar")]


def test_an_id_alone_is_not_sent(warehouse: OpenWarehouse, mixpanel: StandInMixpanel) -> None:
    give(warehouse, "identity_permutations", [pair(1, "foo"), pair(2, "bar", "baz")])
    assert pushed_to(warehouse, MergesOfTwo(mixpanel)) == Pushed(1, 0)
    assert merged(mixpanel) == [("bar", "baz")]


def test_a_merge_has_the_time_of_its_link_as_far_as_mixpanel_takes_it(
    warehouse: OpenWarehouse, mixpanel: StandInMixpanel
) -> None:
    early, late = datetime(1960, 1, 1, tzinfo=UTC), NOW + timedelta(days=900)
    linked = {"a": LINKED, "b": early, "c": late}
    rows = [pair(number, one, f"{one}2", linked_at=at) for number, (one, at) in enumerate(linked.items())]
    give(warehouse, "identity_permutations", rows)
    assert pushed_to(warehouse, MergesOfTwo(mixpanel)) == Pushed(3, 0)
    times = [datetime.fromtimestamp(event["time"], UTC) for event in mixpanel.merges.events]
    assert times == [LINKED, datetime(1971, 1, 1, tzinfo=UTC), NOW - timedelta(days=1)]


def test_without_pairs_nothing_is_sent(warehouse: OpenWarehouse, mixpanel: StandInMixpanel) -> None:
    assert pushed_to(warehouse, MergesOfTwo(mixpanel)) == Pushed(0, 0)
    assert mixpanel.calls == []


@pytest.mark.sequences
def test_more_pairs_than_are_read_at_a_time_are_all_sent(warehouse: OpenWarehouse) -> None:
    insert = Statement(
        "many pairs",
        "INSERT INTO identity_permutations (cluster_id, ids, link_no, linked_at, inserted_at) "
        "SELECT 'c', [CONCAT('a', CAST(n AS STRING)), CONCAT('b', CAST(n AS STRING))], n, @at, @at "
        "FROM UNNEST(GENERATE_ARRAY(1, 50001)) AS n",
        {"at": "TIMESTAMP"},
    )
    warehouse.transact("many", [insert], at=LINKED)
    merges = Recorder()
    assert pushed_to(warehouse, merges) == Pushed(50_001, 0)
    assert merges.sizes == [2000] * 25 + [1]
    assert merges.sent == [(f"a{number}", f"b{number}") for number in range(1, 50_002)]
    assert len(pushes(warehouse)) == 50_001


# Refused merges


@pytest.mark.both_engines
def test_a_refused_pair_is_stored_with_its_reason_and_not_sent_again(
    warehouse: OpenWarehouse, mixpanel: StandInMixpanel, caplog: pytest.LogCaptureFixture
) -> None:
    give(warehouse, "identity_permutations", FIVE)
    mixpanel.import_faults.permanent = faults.RefusedMerges(frozenset({"a2", "a5"}))
    reason = "properties.$distinct_ids: this merge is refused"
    result = pushed_to(warehouse, MergesOfTwo(mixpanel))
    assert result == Pushed(3, 2, {"a2 b2": reason, "a5 b5": reason})
    assert "refused to merge 2 pairs, the first one 'a2 b2'" in caplog.text
    found = {row["link_no"]: (row["status"], row["message"]) for row in pushes(warehouse)}
    sent = ("sent", None)
    assert found == {1: sent, 2: ("refused", reason), 3: sent, 4: sent, 5: ("refused", reason)}
    mixpanel.import_faults.clear()
    assert pushed_to(warehouse, MergesOfTwo(mixpanel)) == Pushed(0, 0)
    assert merged(mixpanel) == [("a1", "b1"), ("a3", "b3"), ("a4", "b4")]


def test_a_project_that_takes_no_merges_leaves_every_pair_to_be_sent(
    warehouse: OpenWarehouse, mixpanel: StandInMixpanel
) -> None:
    give(warehouse, "identity_permutations", FIVE)
    mixpanel.behaviour = Behaviour(identity="simplified")
    with pytest.raises(ConfigError):
        pushed_to(warehouse, MergesOfTwo(mixpanel))
    assert pushes(warehouse) == []
    mixpanel.behaviour = Behaviour()
    assert pushed_to(warehouse, MergesOfTwo(mixpanel)) == Pushed(5, 0)


# Interrupted pushes


def test_a_push_that_mixpanel_ends_goes_on_where_it_ended(warehouse: OpenWarehouse, mixpanel: StandInMixpanel) -> None:
    give(warehouse, "identity_permutations", FIVE)
    mixpanel.import_faults.extend([None, *[faults.ResetBeforeHeader()] * 5])
    with pytest.raises(UnavailableError):
        pushed_to(warehouse, MergesOfTwo(mixpanel))
    assert [row["link_no"] for row in pushes(warehouse)] == [1, 2]
    assert pushed_to(warehouse, MergesOfTwo(mixpanel)) == Pushed(3, 0)
    assert_merged_once(warehouse, mixpanel)


def test_after_the_deadline_no_batch_is_sent(warehouse: OpenWarehouse, mixpanel: StandInMixpanel) -> None:
    give(warehouse, "identity_permutations", FIVE)
    with pytest.raises(DeadlineError, match="every pair was sent"):
        pushed_to(warehouse, MergesOfTwo(mixpanel), Deadline.after(0.0))
    assert mixpanel.calls == []


def test_a_push_that_lost_its_lease_stores_nothing(warehouse: OpenWarehouse, mixpanel: StandInMixpanel) -> None:
    give(warehouse, "identity_permutations", FIVE)
    with running(warehouse) as run:
        run.lease = "somebody"
        with pytest.raises(WarehouseRefusedError, match="lease"):
            push(run, MergesOfTwo(mixpanel), Deadline())
    assert pushes(warehouse) == []


@pytest.mark.sequences
def test_a_push_that_is_killed_at_any_step_ends_with_each_pair_merged_once(engine: Engine) -> None:
    for fatal in itertools.count(1):
        with StandInMixpanel(now=lambda: NOW) as mixpanel, opened(engine.fresh()) as warehouse:
            give(warehouse, "identity_permutations", FIVE)
            if not is_killed(warehouse, mixpanel, Steps(fatal)):
                break
            left = 5 - len(pushes(warehouse))
            assert pushed_to(warehouse, MergesOfTwo(mixpanel)) == Pushed(left, 0)
            assert_merged_once(warehouse, mixpanel)
    # Before and after each of three requests, within each of three transactions, and around the reading of pairs.
    assert fatal > 18


def is_killed(warehouse: Warehouse, mixpanel: StandInMixpanel, steps: Steps) -> bool:
    """Whether a push dies on the way, at the fatal step."""
    with running(warehouse) as run:
        run.warehouse = MortalWarehouse(warehouse, steps)
        try:
            push(run, MergesOfTwo(mixpanel, steps), Deadline())
        except Killed:
            return True
        finally:
            run.warehouse = warehouse
    return False


def assert_merged_once(warehouse: Warehouse, mixpanel: StandInMixpanel) -> None:
    """Mixpanel keeps each of the five merges once, and each is stored once."""
    assert merged(mixpanel) == [(f"a{number}", f"b{number}") for number in range(1, 6)]
    assert [row["link_no"] for row in pushes(warehouse)] == [1, 2, 3, 4, 5]
    assert {row["insert_id"] for row in pushes(warehouse)} == mixpanel.merges.received.keys()
