"""Versions of segments and frozen members in a warehouse: kept once, all or nothing, whatever dies on the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mixpanel_data.configuration.reports.saved import version_of_members
from mixpanel_data.reports.versions.frozen import keep_frozen, members_of
from mixpanel_data.reports.versions.versions import Kind, Version, keep, kept_versions
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import Statement
from support.engines import Engine, opened
from support.fatal_steps import Killed, Steps
from support.mortal_warehouse import MortalWarehouse

both_engines = pytest.mark.both_engines

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
DEFINITION = {"did": ["Purchase"], "at_least": 2.5, "where": [{"plan": {"equals": ["ü'\"\\"]}}]}
DYNAMIC = (
    Version("buyers", "a" * 64, Kind.DYNAMIC, DEFINITION),
    Version("it's others", "b" * 64, Kind.DYNAMIC, {"not": {"segment": "buyers"}}),
)
MEMBERS = ["", "\n", " ", "ann", "b\"o'b", "ü", "😀"]
FROZEN = Version("buyers", version_of_members(MEMBERS), Kind.FROZEN, {"members": 7, "by": "user"})
ALL_ROWS = (
    Statement("segments", "SELECT name, version, kind, TO_JSON_STRING(definition) AS definition FROM segments"),
    Statement("members", "SELECT name, version, user_id FROM segment_members"),
)


def keep_both(warehouse: Warehouse) -> None:
    keep(warehouse, DYNAMIC, NOON)
    keep_frozen(warehouse, FROZEN, MEMBERS, NOON)


def stored(engine: Engine) -> list[list[tuple[Any, ...]]]:
    """All rows of both tables."""
    with opened(engine) as warehouse:
        return [sorted(tuple(row.values()) for row in warehouse.rows(each)) for each in ALL_ROWS]


@both_engines
def test_what_is_kept_is_read_as_it_was_the_newest_first(engine: Engine) -> None:
    with opened(engine) as warehouse:
        assert kept_versions(warehouse) == []
        keep(warehouse, DYNAMIC[:1], NOON)
        keep(warehouse, DYNAMIC, NOON + timedelta(minutes=1))
        found = kept_versions(warehouse)
        assert [(each.key, each.definition) for each in found] == [
            (each.key, each.definition) for each in reversed(DYNAMIC)
        ]
        assert [each.saved_at for each in found] == [NOON + timedelta(minutes=1), NOON]


@both_engines
def test_members_are_read_as_they_were(engine: Engine) -> None:
    with opened(engine) as warehouse:
        keep_frozen(warehouse, FROZEN, MEMBERS, NOON)
        assert members_of(warehouse, FROZEN) == MEMBERS
        nobody = Version("nobody", version_of_members([]), Kind.FROZEN, {"members": 0})
        keep_frozen(warehouse, nobody, [], NOON)
        assert members_of(warehouse, nobody) == []
        assert {each.name for each in kept_versions(warehouse)} == {"buyers", "nobody"}


@both_engines
def test_a_repeat_adds_nothing(engine: Engine) -> None:
    with opened(engine) as warehouse:
        keep_both(warehouse)
        before = stored(engine)
        keep_both(warehouse)
        assert stored(engine) == before
        assert [len(rows) for rows in before] == [3, 7]


@both_engines
def test_two_at_once_keep_it_once(engine: Engine) -> None:
    with opened(engine) as warehouse:
        keep(warehouse, DYNAMIC, NOON)

    def run(_: int) -> None:
        with opened(engine) as warehouse:
            keep_both(warehouse)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))
    assert [len(rows) for rows in stored(engine)] == [3, 7]


@pytest.mark.parametrize("act", [lambda warehouse: keep(warehouse, DYNAMIC, NOON), keep_both], ids=["keep", "freeze"])
def test_whatever_dies_on_the_way_a_repeat_leaves_what_one_run_leaves(
    engine: Engine, act: Callable[[Warehouse], None]
) -> None:
    undisturbed = engine.fresh()
    with opened(undisturbed) as warehouse:
        act(warehouse)
    expected = stored(undisturbed)
    for fatal in range(1, 100):
        killed = engine.fresh()
        is_dead = dies(killed, fatal, act)
        rows, members = stored(killed)
        is_frozen = any(row[2] == "frozen" for row in rows)
        assert len(members) == (len(MEMBERS) if is_frozen else 0)
        with opened(killed) as warehouse:
            act(warehouse)
        assert stored(killed) == expected
        if not is_dead:
            break
    assert fatal >= 5


def dies(engine: Engine, fatal: int, act: Callable[[Warehouse], None]) -> bool:
    with opened(engine) as warehouse:
        try:
            act(MortalWarehouse(warehouse, Steps(fatal)))
        except Killed:
            return True
    return False
