"""The time basis shows in how long after their time Mixpanel stored the events."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from cli.shell import Mp
from doctor.diagnosis import checks_of, text_of
from mixpanel_data.configuration.settings import TimeBasis
from mixpanel_data.doctor.mixpanel import ZoneSetting
from mixpanel_data.doctor.time_basis import judged
from support.engines import DATASET, DuckDB

SUMMER = datetime(2026, 7, 1, 12, tzinfo=UTC)


def rows(shift_hours: float, events: int = 1000) -> list[dict[str, Any]]:
    """Most events come at once, some an hour late, and a few by a clock that is half an hour ahead."""
    shift = int(shift_hours * 4)
    shares = {-2: 0.01, 0: 0.8, 4: 0.19}
    return [{"quarters": lag + shift, "event_count": int(share * events)} for lag, share in shares.items()]


@pytest.mark.parametrize(
    ("shift_hours", "zone", "basis", "verdict", "words"),
    [
        (0, "UTC", "utc", "ok", ""),
        (0, "America/New_York", "utc", "ok", ""),
        # East of UTC, the wall clock is ahead: the project's events seem to be stored before they happened.
        (-2, "UTC", "utc", "failed", "MIXPANEL_TIME_BASIS=project"),
        (-5.5, "UTC", "utc", "failed", "5.5 h before they happened"),
        (4, "America/New_York", "utc", "warning", "4 h late, which is the offset of America/New_York"),
        (4, "UTC", "utc", "ok", ""),
        # Converted to UTC though it is UTC already.
        (2, "Europe/Berlin", "project", "warning", "MIXPANEL_TIME_BASIS=utc"),
        (-4, "America/New_York", "project", "failed", "MIXPANEL_TIME_BASIS=utc"),
    ],
)
def test_events_that_come_early_or_late_by_a_zone_are_told(
    shift_hours: float, zone: str, basis: str, verdict: str, words: str
) -> None:
    check = judged(rows(shift_hours), ZoneSetting(ZoneInfo(zone), TimeBasis(basis)), SUMMER)
    assert (check.verdict, words in f"{check.found} {check.remedy}") == (verdict, True), check


def test_few_events_tell_nothing() -> None:
    assert judged(rows(-2, events=90), ZoneSetting(ZoneInfo("UTC"), TimeBasis.UTC), SUMMER).verdict == "skipped"


def test_the_events_of_the_last_days_are_looked_at(mp: Mp, dataset: DuckDB) -> None:
    now = datetime.now(UTC)
    with duckdb.connect(str(dataset.path)) as connection:
        columns = connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns()"
            " WHERE table_name = 'mixpanel_events' AND NOT is_nullable"
        ).fetchall()
        given = {"event_timestamp": "?", "mp_processing_time_ms": "?"}
        given |= {name: "'x'" if kind == "VARCHAR" else "now()" for name, kind in columns if name not in given}
        connection.executemany(
            f"INSERT INTO {DATASET}.mixpanel_events ({', '.join(given)}) VALUES ({', '.join(given.values())})",
            [(now + timedelta(hours=2), int(now.timestamp() * 1000) + number) for number in range(200)],
        )
    assert "2 h before they happened" in text_of(checks_of(mp), "mixpanel time basis")
