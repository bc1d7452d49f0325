"""One portion of a collection: its lines staged, and the part that publishes them."""

import itertools
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.clients.retries import ATTEMPTS
from mixpanel_data.collect.comparing import Changes, Lines, compare
from mixpanel_data.collect.comparing.days import bounds
from mixpanel_data.collect.earlier import from_milliseconds
from mixpanel_data.collect.statements import (
    INSERT_ARRIVALS,
    INSERT_EVENTS,
    INSERT_REJECTED,
    MERGE_MINUTES,
    NEWEST_SEQ,
    UPDATE_EVENTS,
)
from mixpanel_data.exports.reading import ExportReader, Reading, Staged
from mixpanel_data.warehouse.base import Staging
from mixpanel_data.warehouse.statements import Statement

COUNTS = ("received", "inserted", "updated", "duplicates", "rejected", "filtered", "bytes")
"""The figures of a part, and of a run."""

log = logging.getLogger(__name__)

# Each time that another run was faster, it has published a part: so many parts at once do not happen.
_MOST_COMPARISONS = 50
# The Date header has whole seconds, and clocks are seconds apart.
_NOTABLE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReading(Reading):
    """A reading that becomes a part.

    `covers` is the event time that the part stands for, `known` the whole UTC days on which its lines may be stored as
    they are (None: no day), and `watermark` what it leaves for the next run (None: nothing). `narrowed` counts the
    wider questions before the one that it is part of. With `is_progress` False, others read the rest of its days, so
    that no run may count them as read.
    """

    covers: Window
    known: Window | None
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
        figures = self._published(staged)
        for name in COUNTS:
            self.run.figures[name] = self.run.figures.get(name, 0) + figures[name]
        calls = self.run.figures["calls"] = self.reader.mixpanel.calls
        log.info(
            "%s: %s events",
            staged.reading.covers,
            f"{figures['received']:,}",
            extra={
                "part": self.run.parts,
                **figures,
                **({"step": "day", "done": done, "total": total} if total > 1 else {}),
                "quota": f"{calls} export{'s' * (calls != 1)}",
            },
        )

    def _published(self, staged: Staged[PartReading]) -> Mapping[str, int]:
        """Compare and publish, again from the comparison on where another run has published in between."""
        for _ in range(_MOST_COMPARISONS - 1):
            try:
                return self._compared(staged)
            except runs.StateMovedError as error:
                log.info("comparing again: %s", error)
                opening = runs.read_opening(self.run.warehouse, self.run.job)
                self.run.published, self.run.newest_seq = opening.published, opening.newest_seq
                # Runs of another zone may have come and gone.
                self.run.mixed_until = opening.mixed_until
        return self._compared(staged)

    def _compared(self, staged: Staged[PartReading]) -> Mapping[str, int]:
        """The figures of the part, published where it changes a table."""
        staged, lines, changes = compare(self.run, self.reader, staged, staged.reading.known)
        figures = _figures(staged, lines, changes)
        self._compare_clocks(staged)
        recorded = {
            "window": staged.reading.covers,
            "figures": figures,
            "read_until": self._read_until(staged.reading),
            "watermark": self._watermark(staged, lines),
            "narrowed": staged.reading.narrowed,
            "calls": self.reader.mixpanel.calls - self.run.figures.get("calls", 0),
        }
        if not (changes or lines.rejected):
            runs.note(self.run, **recorded)
            return figures
        new_seq = self._new_seq() if changes else runs.NO_SEQ
        runs.publish(
            self.run,
            _statements(lines, changes),
            staging=staged.staging,
            published=self.run.published,
            read_at=staged.read_at,
            new_seq=new_seq,
            **(bounds(changes.moved_days) if changes.moved_days else {}),
            **(bounds(changes.stored_days, "stored") if changes.stored_days else {}),
            **recorded,
        )
        if changes:
            self.run.newest_seq = new_seq
        return figures

    def _new_seq(self) -> int:
        """The number of the next change, if no other run publishes before this one does.

        The guard has kept the newest since the first publication of this version; before, the table is asked.
        """
        newest = self.run.newest_seq
        if newest is None:
            newest = self.run.warehouse.rows(NEWEST_SEQ)[0]["seq"]
        return newest + 1

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

    def _watermark(self, staged: Staged[PartReading], lines: Lines) -> datetime | None:
        """What the part leaves for the next run; never later than Mixpanel's own clock.

        Nobody can have read what Mixpanel has not stored yet. Where Mixpanel does not tell the time, the newest event
        does; without any, nothing is left.
        """
        watermark = staged.reading.watermark
        if watermark is None or staged.answered_at is not None:
            return watermark and watermark - self.run.clock_ahead
        return None if lines.newest_ms is None else min(watermark, from_milliseconds(lines.newest_ms))


def _figures(staged: Staged[PartReading], lines: Lines, changes: Changes) -> dict[str, int]:
    """received = inserted + updated + duplicates + rejected + filtered."""
    return {
        "received": lines.received,
        "inserted": changes.inserted,
        "updated": changes.updated,
        "duplicates": lines.wanted - changes.inserted - changes.updated,
        "rejected": lines.rejected,
        "filtered": lines.received - lines.wanted - lines.rejected,
        "bytes": staged.bytes,
    }


def _statements(lines: Lines, changes: Changes) -> list[Statement]:
    """What there is to do: BigQuery bills an UPDATE for whole days, even if it changes no row."""
    return [
        *([INSERT_REJECTED] if lines.rejected else []),
        *([UPDATE_EVENTS] if changes.updated else []),
        *([INSERT_EVENTS] if changes.inserted else []),
        *([MERGE_MINUTES] if changes.moved_days else []),
        *([INSERT_ARRIVALS] if changes else []),
    ]
