"""The state of a dataset belongs to one project and events table; a run of another is refused, and so are its parts."""

from __future__ import annotations

import pytest

from mixpanel_data import runs
from mixpanel_data.base.errors import ConfigError, WarehouseRefusedError
from mixpanel_data.warehouse.base import OpenWarehouse
from mixpanel_data.warehouse.statements import Statement
from runs.conftest import DAY, NOON, NewRun

READ = Statement("read", "SELECT read_until, watermark FROM job_runs", {})
MINE, OTHER_TABLE = runs.Origin("1", "events"), runs.Origin("1", "other_events")


def publish(run: runs.Run) -> None:
    runs.publish(run, (), window=DAY, figures={}, read_until=NOON, watermark=NOON)


def begun(run: runs.Run) -> runs.Run:
    """The run after a part of its own."""
    with runs.begin(run):
        publish(run)
    return run


@pytest.mark.both_engines
@pytest.mark.parametrize("other", [OTHER_TABLE, runs.Origin("2", "events")], ids=["table", "project"])
def test_every_job_refuses_the_state_of_another_origin(new_run: NewRun, other: runs.Origin) -> None:
    begun(new_run(origin=MINE))
    for job in ("collector", "detector"):
        with pytest.raises(ConfigError) as raised, runs.begin(new_run(job=job, origin=other)):
            pass
        assert f"has that of {MINE}, but MIXPANEL_PROJECT_ID and BIGQUERY_TABLE name {other}." in str(raised.value)
        assert "Set them back" in str(raised.value)
        assert "new_state=true (`mp collect --new-state`)" in str(raised.value)


def test_what_a_run_does_not_know_is_not_compared(new_run: NewRun) -> None:
    begun(new_run())
    begun(new_run(origin=runs.Origin("", "events")))
    begun(new_run(origin=MINE))
    begun(new_run(origin=runs.Origin("", "events")))
    with pytest.raises(ConfigError), runs.begin(new_run(origin=runs.Origin("2"))):
        pass


def test_a_run_that_has_published_nothing_records_nothing(new_run: NewRun) -> None:
    with runs.begin(new_run(origin=MINE)):
        pass
    begun(new_run(origin=OTHER_TABLE))


@pytest.mark.both_engines
def test_a_run_whose_state_is_replaced_while_it_works_publishes_nothing_more(
    new_run: NewRun, warehouse: OpenWarehouse
) -> None:
    old = begun(new_run(origin=MINE))
    runs.begin_anew(warehouse, "anew1", "collector", OTHER_TABLE, ())
    with pytest.raises(WarehouseRefusedError, match="state replaced"):
        publish(old)
    begun(new_run(origin=OTHER_TABLE))


@pytest.mark.both_engines
def test_nothing_that_was_read_of_the_old_state_counts_for_the_new_one(
    new_run: NewRun, warehouse: OpenWarehouse
) -> None:
    begun(new_run(origin=MINE))
    late = new_run(origin=MINE)
    with runs.begin(late):
        # Another id than above: BigQuery runs a transaction of one name once, and a project outlives its tests.
        runs.begin_anew(warehouse, "anew2", "collector", OTHER_TABLE, ())
    rows = warehouse.rows(READ)
    assert [(row["read_until"], row["watermark"]) for row in rows] == [(None, None)] * 3
