"""How far a command is, in the words of one line."""

import logging
from typing import Any

from mixpanel_data.cli.activity.pace import Pace, duration


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def record(**fields: Any) -> logging.LogRecord:
    return logging.makeLogRecord(fields)


def pace_after(seconds: float, *records: logging.LogRecord) -> tuple[Pace, Clock]:
    """The pace of a collection after these records, so many seconds after it began."""
    clock = Clock()
    pace = Pace("Collecting", "events", clock)
    clock.seconds = seconds
    for each in records:
        pace.take(each)
    return pace, clock


def test_a_line_has_the_day_the_count_the_rate_and_the_times() -> None:
    pace, _ = pace_after(60, record(step="day", done=30, total=90, received=120_000, quota="4 exports"))
    assert pace.text(99) == "Collecting day 30 of 90  120,000 events  2,000/s  1:00  2:00 left  4 exports"


def test_a_narrow_terminal_gets_what_matters_most() -> None:
    pace, _ = pace_after(60, record(step="day", done=30, total=90, received=120_000, quota="4 exports"))
    assert pace.text(66) == "Collecting day 30 of 90  120,000 events  2,000/s  2:00 left"
    assert pace.text(40) == "Collecting day 30 of 90  2:00 left"
    assert pace.text(10) == "Collecting"


def test_without_a_share_nothing_is_said_of_the_time_that_is_left() -> None:
    pace, _ = pace_after(3, record(received=9))
    assert pace.text(80) == "Collecting  9 events  3/s  0:03"


def test_a_wait_is_counted_down_until_something_happens() -> None:
    pace, clock = pace_after(10, record(wait_seconds=3600))
    assert pace.text(80) == "Collecting, waiting  0:10  1:00:00 left"
    clock.seconds += 3599
    assert pace.text(80).endswith("0:01 left")
    pace.take(record(received=1))
    assert "waiting" not in pace.text(80)


def test_what_is_done_has_nothing_left() -> None:
    pace, _ = pace_after(5, record(share=1.0))
    assert pace.left == ""
    assert duration(3675) == "1:01:15"
