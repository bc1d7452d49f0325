"""The wall clock of a zone, as the engine works it out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mixpanel_data.reports.relations.clocks import WallClock, micros_of
from mixpanel_data.reports.relations.parameters import Parameters
from mixpanel_data.reports.relations.windows import Window
from mixpanel_data.warehouse.base import OpenWarehouse
from mixpanel_data.warehouse.statements import Statement
from support.engines import DuckDB, opened

# In 2026 the clock is put forward on 29 March at 01:00 UTC, and back on 25 October at 01:00 UTC.
BERLIN = ZoneInfo("Europe/Berlin")
CHANGES = [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[OpenWarehouse]:
    with opened(DuckDB(tmp_path)) as made:
        yield made


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("microseconds", [-1_700_000, -1, 0, 1, 300_000, 999_999])
def test_a_window_may_begin_and_end_at_any_microsecond_around_a_change(
    warehouse: OpenWarehouse, change: datetime, microseconds: int
) -> None:
    start = change - timedelta(days=1, microseconds=microseconds)
    window = Window(start, change + timedelta(microseconds=1_500_000))
    for instant in (start, change - timedelta(microseconds=1), change, change + timedelta(microseconds=1)):
        parameters = Parameters()
        clock = WallClock(BERLIN, window, parameters)
        shown = f"SELECT {clock.local(parameters.add('INT64', micros_of(instant)))} AS micros"
        (row,) = warehouse.rows(Statement("the clock", shown, parameters.types), **parameters.values)
        wall = instant.astimezone(BERLIN).replace(tzinfo=UTC)
        assert row["micros"] == micros_of(wall)
