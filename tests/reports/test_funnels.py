"""Funnels over a warehouse, beside plain Python."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from mixpanel_data.configuration.reports.definitions import Funnel
from mixpanel_data.reports.funnels.report import funnel
from mixpanel_data.warehouse.base import OpenWarehouse
from reports.histories import Past
from reports.random_definitions import questions
from reports.small_histories import DAY, did, local, world
from reports.stored_histories import both, is_alike, store
from support.engines import DuckDB
from support.reports.events import Event, Row


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenWarehouse]:
    opened = DuckDB(tmp_path_factory.mktemp("funnels")).open()
    yield opened
    opened.close()


@pytest.mark.sequences
@settings(max_examples=20)
@given(question=questions("funnel"))
def test_a_funnel_is_that_of_plain_python(warehouse: OpenWarehouse, question: tuple[Funnel, Past]) -> None:
    definition, past = question
    store(past.events, past.world, warehouse)
    for expected, found in both(funnel, definition, past.world, past.events, warehouse):
        assert is_alike(found, expected), (found, expected)


MANY = 300
"""More attempts than a single hop of the statement leads past."""

LONG: dict[str, dict[str, Any]] = {
    "in the given order": {},
    "in any order": {"order": "any"},
    "of steps that one event can be": {"steps": ["A", {"events": ["A", "B"]}]},
    "on a property": {"on": "plan"},
}


@pytest.mark.parametrize("options", LONG.values(), ids=LONG)
def test_a_user_has_many_attempts(warehouse: OpenWarehouse, options: dict[str, Any]) -> None:
    events = [
        did("AB"[number % 2], local("01:00") + number * timedelta(seconds=20), properties={"plan": number % 3})
        for number in range(2 * MANY)
    ]
    found = _same_as_python({"steps": ["A", "B"], "count": "attempts"} | options, events, warehouse)
    assert sum(row["count"] for row in found["rows"] if row["step"] == 1) == MANY


@pytest.mark.parametrize("where", [None, {"plan": "pro"}, {"plan": "free"}], ids=str)
@pytest.mark.parametrize("count", ["users", "attempts"])
def test_an_exclusion_can_have_a_condition(warehouse: OpenWarehouse, where: object, count: str) -> None:
    clocks = {"A": "10:00", "X": "10:05", "B": "10:10"}
    events = [did(name, local(clock), properties={"plan": "pro"}) for name, clock in clocks.items()]
    asked = {"steps": ["A", "B"], "count": count, "exclude": [{"events": "X", "where": where}]}
    found = _same_as_python(asked, events, warehouse)
    assert [row["count"] for row in found["rows"]] == [1, int(where == {"plan": "free"})]


def _same_as_python(asked: dict[str, Any], events: Sequence[Event], warehouse: OpenWarehouse) -> Row:
    """The report over these events, which is that of plain Python."""
    definition = Funnel.model_validate({"from_date": DAY, "to_date": DAY} | asked)
    store(events, world(), warehouse)
    ((expected, found),) = both(funnel, definition, world(), events, warehouse)
    assert is_alike(found, expected), (found, expected)
    return found
