"""How far earlier runs have read what Mixpanel stored, for each width of the question that they asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from mixpanel_data.collect.earlier.history import History
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import statement

WIDTHS = 4
"""How many widths a question has at most: its lookback, two shorter ones, and one without an expression."""

_WATERMARKS = statement("collect/earlier/watermarks.sql", job="STRING", now="TIMESTAMP")
STATEMENTS = (_WATERMARKS,)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_RUN = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_SHORT = "short/"
# An hour, less what a schedule is early for once.
_LONG_EVERY = timedelta(minutes=55)


@dataclass(frozen=True, slots=True)
class Overlaps:
    """How far behind the last reading the next one starts: the long one once an hour, the short one in between.

    Mixpanel shows some events a while after their time of storage, and a short reading asks for the last two days only.
    A long reading starts behind the last long one, so that the short ones between them leave nothing out for good. A
    short overlap that is not shorter makes all readings long.
    """

    long: timedelta
    short: timedelta

    @property
    def is_always_long(self) -> bool:
        """Whether there is but one overlap."""
        return self.short >= self.long


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run goes on.

    `starts_ms`: when Mixpanel stored the first events that are left to read, in milliseconds since 1970 UTC, by how
    many steps the question is narrowed. A wide question starts where the last one as wide ended, so that it brings what
    narrower ones left out. `asked_until`: the event time up to which the last run asked, UTC; None before the first.
    `is_long`: whether the run starts by the long overlap.
    """

    starts_ms: tuple[int, ...]
    asked_until: datetime | None
    is_long: bool = True

    @property
    def identity(self) -> str:
        """Where the run goes on as a text, the second word of its request, which says whether the run is long."""
        starts = "/".join(map(str, sorted(set(self.starts_ms))))
        # A short run asks for fewer days, so that a long one must not take over from it.
        return starts if self.is_long else f"{_SHORT}{starts}"

    def start_ms(self, narrowed: int) -> int:
        """Where a question that is narrowed by so many steps starts."""
        return self.starts_ms[min(narrowed, WIDTHS - 1)]

    def first_new_day(self, zone: ZoneInfo) -> date | None:
        """The first day that no run could ask for yet; None before the first run."""
        if self.asked_until is None:
            return None
        return (self.asked_until - _INSTANT).astimezone(zone).date() + timedelta(days=1)


def progress(warehouse: Warehouse, job: str, history: History, overlaps: Overlaps, *, is_long: bool) -> Progress:
    """What the runs before have left to read; with `is_long` by the long overlap even if it has had its turn.

    A question starts at the last watermark less the overlap. Before the first watermark it starts where the first run
    started, a day before it ran. A watermark after now is that of a run whose clock was wrong, and does not count.
    Asks the warehouse only where the history has no watermark of a wide and long reading. Raises what that raises.
    """
    now = history.now
    long_runs = {row["run_id"] for row in history.rows if row["part"] == 0 and _is_long(row)}
    parts = [row for row in history.rows if row["part"] > 0 and row["watermark"] and row["watermark"] <= now]
    is_due = not any(row["run_id"] in long_runs and row["started_at"] > now - _LONG_EVERY for row in parts)
    long = is_long or is_due or overlaps.is_always_long
    rows: Sequence[Mapping[str, object]] = _watermarks(parts, long_runs)
    if not any(row["narrowed"] == 0 and row["long_watermark"] for row in rows):
        rows = warehouse.rows(_WATERMARKS, job=job, now=now)
    return _progress(rows, overlaps, now, is_long=long)


def _progress(rows: Sequence[Row], overlaps: Overlaps, now: datetime, *, is_long: bool) -> Progress:
    # A first run whose clock was ahead started in what is still the future.
    first = min((now - _FIRST_RUN, *(row["watermark_from"] for row in rows if row["watermark_from"])))
    column, overlap = ("long_watermark", overlaps.long) if is_long else ("watermark", overlaps.short)

    def start_ms(narrowed: int) -> int:
        known = [row[column] for row in rows if row[column] and row["narrowed"] <= narrowed]
        return to_milliseconds(max(known) - overlap if known else first)

    asked_until = max((row["asked_until"] for row in rows if row["asked_until"]), default=None)
    return Progress(tuple(map(start_ms, range(WIDTHS))), asked_until, is_long)


def _is_long(run: Row) -> bool:
    asked = (run["request"] or "").split(" ", 2)
    return run["watermark_from"] is not None and not (len(asked) > 1 and asked[1].startswith(_SHORT))


def _watermarks(parts: Iterable[Row], long_runs: set[str]) -> list[Row]:
    """A row for each part that left a watermark, as the statement has them for all parts of a width."""
    return [
        {
            "narrowed": row["narrowed"] or 0,
            "watermark": row["watermark"],
            "long_watermark": row["watermark"] if row["run_id"] in long_runs else None,
            "asked_until": row["window_to"],
            "watermark_from": None,
        }
        for row in parts
    ]


def to_milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970 UTC, rounded down."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(milliseconds: int) -> datetime:
    """The instant so many milliseconds after 1970, UTC."""
    return _EPOCH + timedelta(milliseconds=milliseconds)
