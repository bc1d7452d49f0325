"""How far earlier runs have read what Mixpanel stored, for each width of the question that they asked."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from mixpanel_data.collect.statements import WATERMARKS
from mixpanel_data.warehouse.base import Row, Warehouse

WIDTHS = 4
"""How many widths a question has at most: its lookback, two shorter ones, and one without an expression."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_RUN = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run goes on.

    `starts_ms`: when Mixpanel stored the first events that are left to read, in milliseconds since 1970 UTC, by how
    many steps the question is narrowed. A wide question starts where the last one as wide ended, so that it brings what
    narrower ones left out. `asked_until`: the event time up to which the last run asked, UTC; None before the first.
    """

    starts_ms: tuple[int, ...]
    asked_until: datetime | None

    def start_ms(self, narrowed: int) -> int:
        """Where a question that is narrowed by so many steps starts."""
        return self.starts_ms[min(narrowed, WIDTHS - 1)]

    def first_new_day(self, zone: ZoneInfo) -> date | None:
        """The first day that no run could ask for yet; None before the first run."""
        if self.asked_until is None:
            return None
        return (self.asked_until - _INSTANT).astimezone(zone).date() + timedelta(days=1)


def progress(warehouse: Warehouse, job: str, overlap: timedelta, now: datetime) -> Progress:
    """What the runs before `now` have left to read. Raises what the warehouse raises.

    A question starts at the last watermark less the overlap. Before the first watermark it starts where the first run
    started, a day before it ran. A watermark after `now` is that of a run whose clock was wrong, and does not count.
    """
    rows = warehouse.rows(WATERMARKS, job=job, now=now)
    first = min((row["watermark_from"] for row in rows if row["watermark_from"]), default=now - _FIRST_RUN)
    return Progress(
        tuple(_start_ms(rows, narrowed, overlap, first) for narrowed in range(WIDTHS)),
        max((row["asked_until"] for row in rows if row["asked_until"]), default=None),
    )


def to_milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970 UTC, rounded down."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(milliseconds: int) -> datetime:
    """The instant so many milliseconds after 1970, UTC."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _start_ms(rows: list[Row], narrowed: int, overlap: timedelta, first: datetime) -> int:
    known = [row["watermark"] for row in rows if row["watermark"] and row["narrowed"] <= narrowed]
    return to_milliseconds(max(known) - overlap if known else first)
