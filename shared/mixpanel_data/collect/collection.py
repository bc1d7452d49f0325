"""One portion of a collection: its lines staged, and the part that publishes them."""

import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.clients.retries import ATTEMPTS
from mixpanel_data.collect.progress import from_milliseconds
from mixpanel_data.collect.statements import (
    COUNT_PART,
    COUNT_SUSPECTS,
    NONE_REWRITTEN,
    PUBLISH,
    REWRITTEN,
    SUSPECTS,
)
from mixpanel_data.exports.reading import ExportReader, Reading, Staged
from mixpanel_data.exports.statements import NEWEST, UNMARKED
from mixpanel_data.warehouse.base import Staging

COUNTS = ("received", "inserted", "updated", "duplicates", "rejected", "filtered", "bytes")
"""The figures of a part, and of a run."""

log = logging.getLogger(__name__)

# Pacific/Kiritimati is 26 hours ahead of Etc/GMT+12, so a corrected time zone moves an event by up to two days.
_DAYS_MOVED = 2
# The Date header has whole seconds, and clocks are seconds apart.
_NOTABLE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReading(Reading):
    """A reading that becomes a part.

    `covers` is the event time that the part stands for, and `watermark` is what it leaves for the next run (None:
    nothing). `narrowed` counts the wider questions before the one that it is part of. With `is_progress` False, others
    read the rest of its days, so that no run may count them as read.
    """

    covers: Window
    watermark: datetime | None = None
    narrowed: int = 0
    is_progress: bool = True


@dataclass(frozen=True, slots=True)
class Collection:
    """The context that all portions of a run share."""

    run: runs.Run
    reader: ExportReader
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    def staging(self) -> Staging:
        """A place for the next portion, to be closed by the caller."""
        return self.run.warehouse.staging(self.run.run_id, next(self._numbers))

    def stage(self, reading: PartReading, staging: Staging, attempts: int = ATTEMPTS) -> Staged[PartReading]:
        """Fetch the lines and stage them. Raises TooManyLinesError, and what `MixpanelCall.export` raises."""
        return self.reader.stage(reading, staging, attempts)

    def publish(self, staged: Staged[PartReading], done: int = 1, total: int = 1) -> None:
        """Publish what is staged as the run's next part, all or nothing, and add its figures to the run's.

        With it, `done` of the `total` days that the run reads are published.
        """
        staged, days = self.reader.incoming(staged)
        staging, reading, bounds = staged.staging, staged.reading, _bounds(days, staged.reading)
        staging.materialise(UNMARKED)
        staging.materialise(SUSPECTS, **bounds)
        if staging.rows(COUNT_SUSPECTS)[0]["suspects"]:
            staging.materialise(REWRITTEN, **bounds)
        else:
            staging.materialise(NONE_REWRITTEN)
        calls = self.reader.mixpanel.calls
        self._compare_clocks(staged)
        figures = runs.publish(
            self.run,
            PUBLISH,
            window=reading.covers,
            figures=COUNT_PART,
            staging=staging,
            read_until=self._read_until(reading),
            watermark=self._watermark(staged),
            narrowed=reading.narrowed,
            calls=calls - self.run.figures.get("calls", 0),
            read_at=staged.read_at,
            bytes=staged.bytes,
            **bounds,
        )
        self.run.figures["calls"] = calls
        for name in COUNTS:
            self.run.figures[name] = self.run.figures.get(name, 0) + figures[name]
        counted = {name: figures[name] for name in COUNTS}
        log.info(
            "%s: %s events",
            reading.covers,
            f"{counted['received']:,}",
            extra={
                "part": self.run.parts,
                **counted,
                **({"step": "day", "done": done, "total": total} if total > 1 else {}),
                "quota": f"{calls} export{'s' * (calls != 1)}",
            },
        )

    def _compare_clocks(self, staged: Staged[PartReading]) -> None:
        """Remember by how much the clock of this machine is ahead of Mixpanel's, as far as Mixpanel tells."""
        if staged.answered_at is None:
            return
        ahead = staged.read_at - staged.answered_at
        if ahead > max(_NOTABLE, self.run.clock_ahead):
            log.warning(
                "the clock of this machine is ahead of Mixpanel's, by %s: the collector goes by Mixpanel's", ahead
            )
        self.run.clock_ahead = max(self.run.clock_ahead, ahead)

    def _read_until(self, reading: PartReading) -> datetime | None:
        until = self.run.read_until
        return min(reading.covers.end, until) if until and reading.is_progress else None

    def _watermark(self, staged: Staged[PartReading]) -> datetime | None:
        """What the part leaves for the next run; never later than Mixpanel's own clock.

        Nobody can have read what Mixpanel has not stored yet. Where Mixpanel does not tell the time, the newest event
        does; without any, nothing is left.
        """
        watermark = staged.reading.watermark
        if watermark is None or staged.answered_at is not None:
            return watermark and watermark - self.run.clock_ahead
        (row,) = staged.staging.rows(NEWEST)
        return None if row["newest_ms"] is None else min(watermark, from_milliseconds(row["newest_ms"]))


def _bounds(days: Sequence[date], reading: Reading) -> dict[str, Any]:
    """The days whose stored events can change: those of the wanted events and two more on either side."""
    shifts = range(-_DAYS_MOVED, _DAYS_MOVED + 1)
    touched = sorted({day + timedelta(days=shift) for day in days for shift in shifts}) or [reading.days.first]
    first, last = (datetime.combine(day, time(), UTC) for day in (touched[0], touched[-1]))
    return {"days": touched, "first_day": first, "end_day": last + timedelta(days=1)}
