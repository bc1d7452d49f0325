"""Events that agree in time and time of storage, and in nearly all of their contents, stay apart.

The pairs differ in two places that lie a multiple of eight bytes apart: a fingerprint that takes eight bytes at a time
can lose one difference in the other.
"""

import json
from pathlib import Path

import pytest

from collect.some_events import WEEK
from mixpanel_data.warehouse.duckdb.connection import connected
from support.collected_tables import assert_tables_hold
from support.collector_world import CollectorWorld
from support.engines import Engine
from support.export_lines import event, line_of

AT = "2040-03-14 10:00"
EVENTS = {
    "insert id and amount": [
        event("Purchase", AT, "ann", mark, quantity=n) for mark, n in (("007703", 2), ("011703", 7))
    ],
    "names that are JSON": [
        line_of(json.dumps(own, separators=(",", ":")), own)
        for own in ({"time": 2215332000, "$insert_id": mark} for mark in ("m1", "m2"))
    ],
    "no insert id": [event("Move", AT, "annuuuuu", None, x=x, y=y) for x, y in ((191, 581), (161, 551))],
}
COPIES = [event("Move", AT, "annuu", "m1", x=x, y=y) for x, y in ((100, 205), (107, 200))]


@pytest.mark.both_engines
@pytest.mark.parametrize("lines", EVENTS.values(), ids=EVENTS.keys())
def test_an_event_that_differs_from_a_stored_one_in_two_digits_is_another(engine: Engine, lines: list[bytes]) -> None:
    with CollectorWorld(engine, lines[:1]) as world:
        world.collect(*WEEK)
        world.mixpanel.add(lines[1:])
        world.pass_time(minutes=15)
        assert world.collect(*WEEK).inserted == 1
        assert_tables_hold(world.tables(), lines)


@pytest.mark.both_engines
def test_a_copy_that_differs_from_the_stored_one_in_two_digits_replaces_it(engine: Engine) -> None:
    with CollectorWorld(engine, COPIES[:1]) as world:
        world.collect(*WEEK)
        world.mixpanel.add(COPIES[1:])
        world.pass_time(minutes=15)
        assert [world.collect(*WEEK).updated for _ in range(2)] == [1, 0]


@pytest.mark.parametrize("gap", [8, 16, 24])
@pytest.mark.parametrize("place", range(8))
def test_two_digits_at_any_places_tell_texts_apart_on_duckdb(tmp_path: Path, place: int, gap: int) -> None:
    texts = [f"{'-' * place}{one}{'-' * (gap - 1)}{other}{'-' * 9}" for one in range(10) for other in range(10)]
    with connected(tmp_path, "100MB") as duckdb:
        sql = "SELECT count(DISTINCT text_fingerprint(text)) FROM (SELECT unnest(?) AS text)"
        assert duckdb.execute(sql, [texts]).fetchall() == [(len(texts),)]
