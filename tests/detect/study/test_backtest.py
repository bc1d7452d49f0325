"""A backtest replays when events arrived, and ends where the collector has read."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from mixpanel_data.base.errors import RequestError
from mixpanel_data.detect.incidents.incident import WHOLE
from mixpanel_data.detect.study.backtest import Backtest, backtest
from support.detector_world import MINUTE, START
from support.engines import DuckDB, opened
from support.events_configs import enabled
from support.late_events import Delay, LateCollector, LateEvents, at_once, every, some_late, uniform_delay

HISTORY, HOUR = timedelta(days=3), timedelta(hours=1)
CONFIG = enabled()


def untold(_: datetime) -> None:
    """Nobody follows the progress."""


def backtest_of(
    folder: Path,
    delay: Delay,
    *,
    without: Iterable[tuple[datetime, datetime]] = (),
    per_minute: float = 12,
    read_until: datetime = START,
    end: datetime = START,
    days: int = 1,
    name: str = "Visit",
    progress: Callable[[datetime], None] = untold,
) -> Backtest:
    """The backtest of a day, or of more, of one event with three days of history."""
    folder.mkdir(exist_ok=True)
    engine = DuckDB(folder)
    events = LateEvents.drawn(np.random.default_rng(5), START - HISTORY, START, per_minute, delay, without)
    LateCollector(engine, {name: events}).collect(read_until)
    with opened(engine) as warehouse:
        return backtest(
            warehouse, CONFIG, CONFIG.selection, end=end, days=days, zone=ZoneInfo("UTC"), progress=progress
        )


@pytest.mark.parametrize("delay", [uniform_delay(60), some_late(0.2, 2700), every(600)])
def test_events_that_arrive_late_as_usual_are_no_drop(tmp_path: Path, delay: Delay) -> None:
    assert backtest_of(tmp_path, delay).alerts == []


@pytest.mark.parametrize(
    ("delay", "longest"), [(at_once, 0), (uniform_delay(60), 1), (some_late(0.2, 2700), 0), (every(600), 10)]
)
def test_an_outage_of_late_events_is_seen_by_the_first_collection_that_can_tell(
    tmp_path: Path, delay: Delay, longest: int
) -> None:
    outage = START - 5 * HOUR + 7 * MINUTE
    (alert,) = backtest_of(tmp_path, delay, without=[(outage, outage + HOUR)], per_minute=60).alerts
    assert (alert.event, alert.direction) == ("Visit", "low")
    assert outage <= alert.window_start
    assert alert.opened_at - outage <= (15 + 5 + longest) * MINUTE
    assert alert.resolved_at is not None


def test_nothing_is_judged_that_the_collector_has_not_read(tmp_path: Path) -> None:
    read_until = START - 3 * HOUR - timedelta(seconds=20)
    test = backtest_of(tmp_path, at_once, read_until=read_until, end=START + HOUR)
    assert (test.start, test.judged_until, test.end) == (START - 23 * HOUR, START - 3 * HOUR - MINUTE, START + HOUR)
    assert test.alerts == []


def test_an_event_whose_name_is_that_of_all_events_is_told_by_nobody_as_in_live_runs(tmp_path: Path) -> None:
    outage = START - 5 * HOUR
    assert backtest_of(tmp_path, at_once, without=[(outage, outage + HOUR)], per_minute=60, name=WHOLE).alerts == []


def test_years_before_the_first_event_take_no_time_and_change_nothing(tmp_path: Path) -> None:
    outage, judged = START - 5 * HOUR + 7 * MINUTE, list[datetime]()
    known, more = (
        backtest_of(
            folder, at_once, without=[(outage, outage + HOUR)], per_minute=60, days=days, progress=judged.append
        )
        for folder, days in ((tmp_path / "known", 3), (tmp_path / "more", 30))
    )
    assert [alert.window_start >= outage for alert in known.alerts] == [True]
    assert more.alerts == known.alerts
    assert more.start == START - timedelta(days=30)
    assert min(judged) > START - HISTORY


def test_days_before_the_first_event_have_nothing_to_judge(tmp_path: Path) -> None:
    test = backtest_of(tmp_path, at_once, end=START - HISTORY - HOUR)
    assert (test.events, test.alerts_per_week, test.alerts) == (0, 0.0, [])


def test_a_history_that_was_not_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="has read up to 2040-03-13"):
        backtest_of(tmp_path, at_once, read_until=START - 2 * timedelta(days=1), end=START)


def test_without_a_collection_there_is_nothing_to_judge(tmp_path: Path) -> None:
    with (
        opened(DuckDB(tmp_path)) as warehouse,
        pytest.raises(RequestError, match="has not read any events yet"),
    ):
        backtest(warehouse, CONFIG, CONFIG.selection, end=START, days=1, zone=ZoneInfo("UTC"), progress=untold)
