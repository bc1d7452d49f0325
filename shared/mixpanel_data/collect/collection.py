"""One portion of a collection: its lines staged, and the part that publishes them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.clients.retries import ATTEMPTS
from mixpanel_data.collect.statements import (
    COUNT_PART,
    COUNT_SUSPECTS,
    NONE_REWRITTEN,
    PUBLISH,
    REWRITTEN,
    SUSPECTS,
)
from mixpanel_data.exports.reading import ExportReader, Reading, Staged
from mixpanel_data.exports.statements import UNMARKED
from mixpanel_data.warehouse.base import Staging

COUNTS = ("received", "inserted", "updated", "duplicates", "rejected", "filtered", "bytes")
"""The figures of a part, and of a run."""

log = logging.getLogger(__name__)

# Pacific/Kiritimati is 26 hours ahead of Etc/GMT+12, so a corrected time zone moves an event by up to two days.
_DAYS_MOVED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReading(Reading):
    """A reading that becomes a part.

    `covers` is the event time that the part stands for, and `watermark` is what it leaves for the next run (None:
    nothing).
    """

    covers: Window
    watermark: datetime | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """The context that all portions of a run share."""

    run: runs.Run
    reader: ExportReader

    def stage(self, reading: PartReading, staging: Staging, attempts: int = ATTEMPTS) -> Staged[PartReading]:
        """Fetch the lines and stage them. Raises TooManyLinesError, and what `MixpanelCall.export` raises."""
        return self.reader.stage(reading, staging, attempts)

    def publish(self, staged: Staged[PartReading]) -> None:
        """Publish what is staged as the run's next part, all or nothing, and add its figures to the run's."""
        staged, days = self.reader.incoming(staged)
        staging, reading, bounds = staged.staging, staged.reading, _bounds(days, staged.reading)
        staging.materialise(UNMARKED)
        staging.materialise(SUSPECTS, **bounds)
        if staging.rows(COUNT_SUSPECTS)[0]["suspects"]:
            staging.materialise(REWRITTEN, **bounds)
        else:
            staging.materialise(NONE_REWRITTEN)
        calls = self.reader.mixpanel.calls
        figures = runs.publish(
            self.run,
            PUBLISH,
            window=reading.covers,
            figures=COUNT_PART,
            staging=staging,
            read_until=reading.covers.end if self.run.has_read_all else None,
            watermark=reading.watermark,
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
            extra={"part": self.run.parts, **counted},
        )


def _bounds(days: Sequence[date], reading: Reading) -> dict[str, Any]:
    """The days whose stored events can change: those of the wanted events and two more on either side."""
    shifts = range(-_DAYS_MOVED, _DAYS_MOVED + 1)
    touched = sorted({day + timedelta(days=shift) for day in days for shift in shifts}) or [reading.days.first]
    first, last = (datetime.combine(day, time(), UTC) for day in (touched[0], touched[-1]))
    return {"days": touched, "first_day": first, "end_day": last + timedelta(days=1)}
