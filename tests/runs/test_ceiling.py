"""A day's runs stop where the ceiling on billed bytes is reached: what can wait before what must not."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest

from mixpanel_data import runs
from mixpanel_data.base.errors import DailyBytesError
from mixpanel_data.warehouse.base import OpenWarehouse
from runs.conftest import DAY, NOON, NewRun
from support.fatal_steps import Killed


class Billed:
    """A warehouse that is billed, with a ceiling."""

    def __init__(self, warehouse: OpenWarehouse, ceiling: int | None) -> None:
        self._warehouse = warehouse
        self.max_bytes_per_day = ceiling
        self.bytes_billed = 0
        self.asked = 0

    def rows(self, *arguments: object, **parameters: object) -> object:
        self.asked += 1
        return self._warehouse.rows(*arguments, **parameters)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> object:
        return getattr(self._warehouse, name)


@pytest.fixture
def billed(warehouse: OpenWarehouse, new_run: NewRun) -> Billed:
    """A day with a run of 60 and one that died at 30, a ceiling of 100, and a run of 50 the day before."""
    made = Billed(warehouse, 100)
    for job, at, billed in (("detector", NOON, 60), ("collector", NOON - timedelta(days=1), 50)):
        made.bytes_billed = billed
        with runs.begin(new_run(made, job=job, at=at)):
            pass
    made.bytes_billed = 30
    with contextlib.suppress(Killed), runs.begin(run := new_run(made)):
        runs.publish(run, (), window=DAY, figures={})
        raise Killed
    made.asked = 0
    return made


def test_without_a_ceiling_nothing_is_asked(billed: Billed) -> None:
    billed.max_bytes_per_day = None
    runs.check_daily_bytes(billed, NOON, 1.0)  # type: ignore[arg-type]
    assert billed.asked == 0


def test_below_its_share_of_the_ceiling_a_run_may_begin(billed: Billed) -> None:
    runs.check_daily_bytes(billed, NOON, 1.0)  # type: ignore[arg-type]
    assert billed.asked == 1


def test_what_can_wait_stops_earlier_and_is_told_what_to_do(billed: Billed) -> None:
    with pytest.raises(DailyBytesError) as raised:
        runs.check_daily_bytes(billed, NOON, 0.8)  # type: ignore[arg-type]
    message = str(raised.value)
    assert "billed 90 bytes today (detector 60, collector 30), and BIGQUERY_MAX_BYTES_PER_DAY is 100" in message
    assert "below 80%" in message
    assert "Raise BIGQUERY_MAX_BYTES_PER_DAY, or wait until 2040-03-03 00:00 UTC" in message
    assert raised.value.retry_after_seconds == timedelta(hours=12).total_seconds()


def test_at_the_ceiling_nothing_begins_until_the_day_ends(billed: Billed) -> None:
    billed.max_bytes_per_day = 90
    with pytest.raises(DailyBytesError):
        runs.check_daily_bytes(billed, NOON + timedelta(hours=11, minutes=59), 1.0)  # type: ignore[arg-type]
    runs.check_daily_bytes(billed, NOON + timedelta(hours=12), 1.0)  # type: ignore[arg-type]
