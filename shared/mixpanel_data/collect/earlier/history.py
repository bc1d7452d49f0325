"""The recent rows of the collector in `job_runs`, read once, and what a new run asks them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import rendered

_OPENED = {"job": "STRING", "since": "TIMESTAMP"}
_OPENING = rendered("collect/earlier/opening.sql.jinja", _OPENED)
_WINDOW_OPENING = rendered(
    "collect/earlier/window_opening.sql.jinja",
    {**_OPENED, "window_start": "TIMESTAMP", "window_end": "TIMESTAMP"},
)
STATEMENTS = (_OPENING, _WINDOW_OPENING)

# A run that nothing limits can take more than a day, and schedules can pause over a night.
_READ_FOR = timedelta(days=3)
_RESUMABLE_FOR = timedelta(hours=24)
_NARROWED_FOR = timedelta(hours=1)
_QUOTA_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class History:
    """What a run that starts `now` has found: the guards, and the rows of the last 3 days.

    `events_a_day` is the number of events on the busiest day of the run's window, as last read; None if no day was.
    """

    now: datetime
    opening: runs.Opening
    rows: Sequence[Row]
    events_a_day: int | None

    @property
    def calls(self) -> int:
        """The export calls of the last hour.

        Calls that led to a part count when the part was published, the others when their run ended; a killed run takes
        the others with it.
        """
        since = self.now - _QUOTA_FOR
        return sum(row["calls"] or 0 for row in self.rows if row["finished_at"] and row["finished_at"] >= since)

    @property
    def narrowed(self) -> int:
        """By how many steps, at most, refusals that were repeated narrowed a run of the last hour."""
        since = self.now - _NARROWED_FOR
        return max((row["narrowed"] or 0 for row in self._runs if row["started_at"] > since), default=0)

    def unfinished_since(self, request: str) -> datetime | None:
        """When the first run over the same request started, of the last day, that did not end well; None without."""
        return min((row["started_at"] for row in self._of(request) if row["status"] != "ok"), default=None)

    def published_windows(self, request: str) -> list[Window]:
        """What such runs have published, unless a later one over the request ended well; in order of event time."""
        ended_well = max((row["started_at"] for row in self._of(request) if row["status"] == "ok"), default=None)
        unfinished = {
            row["run_id"]
            for row in self._of(request)
            if row["status"] != "ok" and (ended_well is None or row["started_at"] > ended_well)
        }
        parts = [row for row in self.rows if row["part"] > 0 and row["run_id"] in unfinished]
        found = sorted((row["window_from"], row["window_to"]) for row in parts)
        return [Window(start, end) for start, end in found if start < end]

    @property
    def _runs(self) -> list[Row]:
        return [row for row in self.rows if row["part"] == 0]

    def _of(self, request: str) -> list[Row]:
        since = self.now - _RESUMABLE_FOR
        return [row for row in self._runs if row["request"] == request and row["started_at"] >= since]


def read_history(warehouse: Warehouse, job: str, run_id: str, now: datetime, window: Window | None) -> History:
    """What a run over a window, or over arrivals (None), starts from: one query.

    Before the first run with this version, more: rows of version 0.1.0 are completed first. Raises what the warehouse
    raises.
    """
    history = _read(warehouse, job, now, window)
    if history.opening.zone is None and runs.read_opening(warehouse, job).has_old_figures:
        runs.adopt_figures(warehouse, job, run_id)
        history = _read(warehouse, job, now, window)
    return history


def _read(warehouse: Warehouse, job: str, now: datetime, window: Window | None) -> History:
    since = now - _READ_FOR
    if window is None:
        rows = warehouse.rows(_OPENING, job=job, since=since)
    else:
        bounds = {"window_start": window.start, "window_end": window.end}
        rows = warehouse.rows(_WINDOW_OPENING, job=job, since=since, **bounds)
    own = [row for row in rows if row["run_id"] is not None]
    events = [row["events_a_day"] for row in rows if row["events_a_day"] is not None]
    guards = [row for row in rows if row["job"] is not None]
    return History(now, runs.opening_of(guards, job), own, max(events, default=None))
