"""Retention over a warehouse, beside plain Python."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings

from mixpanel_data.base.errors import RequestError
from mixpanel_data.configuration.reports.definitions import Retention
from mixpanel_data.reports.retention.report import retention
from mixpanel_data.warehouse.base import OpenWarehouse
from reports.histories import Past
from reports.implementations import in_sql
from reports.random_definitions import questions
from reports.small_histories import DAY, did, local, world
from reports.stored_histories import both, is_alike, store
from support.engines import DuckDB
from support.reports.events import Event


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenWarehouse]:
    opened = DuckDB(tmp_path_factory.mktemp("retention")).open()
    yield opened
    opened.close()


@pytest.mark.sequences
@settings(max_examples=25)
@given(question=questions("retention"))
def test_a_retention_is_that_of_plain_python(warehouse: OpenWarehouse, question: tuple[Retention, Past]) -> None:
    definition, past = question
    store(past.events, past.world, warehouse)
    for expected, found in both(retention, definition, past.world, past.events, warehouse):
        assert is_alike(found, expected), (found, expected)


def cells(events: list[Event], **options: object) -> list[int]:
    """The users of each bucket, of the cohort of one day."""
    asked = Retention.model_validate({"from_date": DAY, "to_date": DAY, "buckets": 3, **options})
    (part,) = in_sql(asked, events, world())
    return [row["users"] for row in part["rows"]]


@pytest.mark.parametrize(
    ("counting", "expected"),
    [("on", [1, 0, 1, 0]), ("on_or_after", [1, 1, 1, 0]), ("on_or_before", [1, 1, 1, 1]), ("streak", [1, 0, 0, 0])],
)
def test_a_counting_says_which_returns_a_bucket_counts(counting: str, expected: list[int]) -> None:
    hours = (0, 3, 49)
    events = [did("Open", local("09:00") + timedelta(hours=hour)) for hour in hours]
    assert cells(events, counting=counting) == expected


def test_the_born_event_is_no_return_and_another_at_its_instant_is() -> None:
    born, other = did("Open", local("09:00")), did("Close", local("09:00"))
    assert cells([born]) == [0, 0, 0, 0]
    assert cells([born, other]) == [1, 0, 0, 0]
    # "Close" comes first by its id; "Open" is the birth all the same, and the only return is at its instant.
    assert cells([born, other], born="Open", returned="Close") == [1, 0, 0, 0]
    assert cells([born, other], born="Open", returned="Open") == [0, 0, 0, 0]


def test_a_bucket_begins_with_its_first_microsecond() -> None:
    born = did("Open", local("09:00"))
    for late, expected in ((0, [0, 1, 0, 0]), (-1, [1, 0, 0, 0])):
        back = did("Open", local("09:00") + timedelta(days=1, microseconds=late))
        assert cells([born, back]) == expected
    assert cells([born, did("Open", local("00:00", DAY + timedelta(days=1)))], align="calendar") == [0, 1, 0, 0]


def test_buckets_that_reach_too_far_are_refused() -> None:
    with pytest.raises(RequestError, match="36630 days"):
        cells([], unit="month", buckets=None, brackets=[1, 1220])
