"""Paths over a warehouse, beside plain Python."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from mixpanel_data.configuration.reports.definitions import Paths
from mixpanel_data.reports.journeys.paths import paths
from mixpanel_data.warehouse.base import OpenWarehouse
from reports.histories import Past
from reports.implementations import in_sql
from reports.random_definitions import questions
from reports.small_histories import DAY, did, local, world
from reports.stored_histories import both, is_alike, store
from support.engines import DuckDB
from support.reports.events import Row


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenWarehouse]:
    opened = DuckDB(tmp_path_factory.mktemp("paths")).open()
    yield opened
    opened.close()


@pytest.mark.sequences
@settings(max_examples=25)
@given(question=questions("paths"))
def test_paths_are_those_of_plain_python(warehouse: OpenWarehouse, question: tuple[Paths, Past]) -> None:
    definition, past = question
    store(past.events, past.world, warehouse)
    for expected, found in both(paths, definition, past.world, past.events, warehouse):
        assert is_alike(found, expected), (found, expected)


STREAMS = {"ann": "xAbbcd", "bob": "Abcd", "cat": "yyAb", "dan": "Ae", "eve": "xxx"}
"""Events of each user, one a minute."""


def flow(**options: object) -> Row:
    events = [
        did(name, local(f"13:0{minute}"), user) for user, names in STREAMS.items() for minute, name in enumerate(names)
    ]
    asked = Paths.model_validate({"from_date": DAY, "to_date": DAY, "anchor": "A", "forward": 2, **options})
    (part,) = in_sql(asked, events, world())
    return part


def test_a_path_has_the_next_events_the_others_together_and_an_end() -> None:
    part = flow(top=1)
    assert part["users"] == 4
    assert [(node["place"], node["event"], node["users"]) for node in part["nodes"]] == [
        (0, "A", 4), (1, "$other", 1), (1, "b", 3), (2, "$end", 2), (2, "$other", 1), (2, "b", 1),
    ]  # fmt: skip
    assert {"place": 1, "source": "$other", "target": "$end", "users": 1} in part["links"]
    assert [path["path"] for path in part["paths"]] == [
        ["A", "b", "$end"],
        ["A", "b", "b"],
        ["A", "b", "c"],
        ["A", "e", "$end"],
    ]


def test_hidden_events_are_passed_over_and_repeats_collapse() -> None:
    part = flow(hidden=["c"], collapse=True, backward=1)
    assert [(path["path"], path["users"]) for path in part["paths"]] == [
        (["$end", "A", "b", "d"], 1),
        (["$end", "A", "e", "$end"], 1),
        (["x", "A", "b", "d"], 1),
        (["y", "A", "b", "$end"], 1),
    ]
