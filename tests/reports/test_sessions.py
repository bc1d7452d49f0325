"""Sessions over a warehouse, beside plain Python."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings

from mixpanel_data.configuration.reports.definitions import Sessions
from mixpanel_data.reports.journeys.sessions import sessions
from mixpanel_data.warehouse.base import OpenWarehouse
from reports.histories import Past
from reports.implementations import in_sql
from reports.random_definitions import questions
from reports.small_histories import DAY, did, local, world
from reports.stored_histories import both, is_alike, store
from support.engines import DuckDB


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenWarehouse]:
    opened = DuckDB(tmp_path_factory.mktemp("sessions")).open()
    yield opened
    opened.close()


@pytest.mark.sequences
@settings(max_examples=25)
@given(question=questions("sessions"))
def test_sessions_are_those_of_plain_python(warehouse: OpenWarehouse, question: tuple[Sessions, Past]) -> None:
    definition, past = question
    store(past.events, past.world, warehouse)
    for expected, found in both(sessions, definition, past.world, past.events, warehouse):
        assert is_alike(found, expected), (found, expected)


def test_a_session_ends_after_the_timeout_and_at_midnight_and_leaves_events_out() -> None:
    times = [
        ("Open", "22:00"), ("Read", "22:30"), ("$identify", "22:50"), ("Close", "23:00:00.000001"),
        ("Open", "23:50"), ("Hidden", "23:59"),
    ]  # fmt: skip
    events = [did(name, local(clock)) for name, clock in times]
    events.append(did("Close", local("00:01", DAY + timedelta(days=1))))
    asked = Sessions(from_date=DAY, to_date=DAY + timedelta(days=1), exclude=("Hidden",))
    (part,) = in_sql(asked, events, world())
    assert [(row["sessions"], row["events"], row["single_event_sessions"]) for row in part["rows"]] == [
        (3, 4, 2),
        (1, 1, 1),
    ]
    assert (part["total"]["mean_seconds"], part["total"]["median_seconds"]) == (450.0, 0.0)
    assert part["entries"] == [{"event": "Open", "sessions": 2}, {"event": "Close", "sessions": 2}][::-1]
    assert [row["event"] for row in part["exits"]] == ["Close", "Open", "Read"]
