"""One part of a run: what is asked of Mixpanel, how it is staged, and how it is published."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from mixpanel_data import runs
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.errors import QueryError
from mixpanel_data.base.window import Window
from mixpanel_data.clients.mixpanel import ExportQuery, ExportStream, Mixpanel, UnsafeBytesError
from mixpanel_data.clients.retries import ATTEMPTS
from mixpanel_data.collect.plan import Days
from mixpanel_data.collect.statements import (
    COUNT_SUSPECTS,
    DAYS,
    INCOMING,
    NONE_REWRITTEN,
    PUBLISH,
    REWRITTEN,
    SUSPECTS,
    UNMARKED,
)
from mixpanel_data.configuration.events import EventSelection
from mixpanel_data.warehouse.base import Staging, Value, Warehouse

COUNTS = ("received", "inserted", "updated", "duplicates", "rejected", "filtered", "bytes")

log = logging.getLogger(__name__)

# Servers on the way refuse a request line of 8 KB; the events are then chosen in SQL alone.
_LONGEST_QUERY = 6000
# Pacific/Kiritimati is 26 hours ahead of Etc/GMT+12.
_DAYS_MOVED = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """One export call and what is kept of it.

    `covers` is the event time that the part stands for; events are kept in `window`, which may be wider, because a
    time zone that was changed puts an event into another day than its own. `arrived_from` and `arrived_until` bound,
    in milliseconds since 1970 UTC, when Mixpanel stored the events; 0: whenever it was. A reading of more than
    `most_lines` is given up.
    """

    days: Days
    covers: Window
    window: Window
    arrived_from_ms: int = 0
    arrived_until_ms: int = 0
    where: str | None = None
    most_lines: int | None = None


class TooManyLinesError(Exception):
    """A call over several days brings far more lines than a part should have."""

    def __init__(self, lines: int) -> None:
        super().__init__(lines)
        self.lines = lines


class _Bounded:
    """A stream that is given up when it has more lines than that."""

    def __init__(self, stream: ExportStream, most_lines: int) -> None:
        self._stream = stream
        self._most_lines = most_lines
        self.is_gzip = stream.is_gzip

    @property
    def lines(self) -> int:
        return self._stream.lines

    @property
    def longest_line(self) -> int:
        return self._stream.longest_line

    def __iter__(self) -> Iterator[bytes]:
        return self._counted(iter(self._stream))

    def text(self) -> Iterator[bytes]:
        return self._counted(self._stream.text())

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            if self._stream.lines > self._most_lines:
                raise TooManyLinesError(self._stream.lines)
            yield piece


@dataclass(frozen=True, slots=True)
class Staged:
    """A reading whose lines are staged; `read_at` is when Mixpanel was asked for it, `bytes` as received."""

    reading: Reading
    number: int
    part: Staging
    read_at: datetime
    lines: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Collection:
    """What all parts of a run share."""

    run: runs.Run
    mixpanel: Mixpanel
    warehouse: Warehouse
    selection: EventSelection
    zone: str
    clock: Clock

    def stage(
        self, reading: Reading, number: int, part: Staging, attempts: int = ATTEMPTS, *, is_quoting: bool = False
    ) -> Staged:
        """Fetch and stage, again where the fault may pass; raises TooManyLinesError and what `Mixpanel.export` does."""

        def once() -> Staged:
            nonlocal is_quoting
            try:
                return self._stage_once(reading, number, part, is_quoting)
            except UnsafeBytesError:
                log.warning("the export holds bytes that have to be quoted, it is read again", extra=_told(reading))
                is_quoting = True
                return self._stage_once(reading, number, part, is_quoting)

        return self.mixpanel.retrying(once, attempts)

    def publish(self, staged: Staged) -> None:
        """Publish what is staged, all or nothing, and count it."""
        staged, days = self._sorted_out(staged)
        part, reading, bounds = staged.part, staged.reading, _bounds(days, staged.reading)
        calls = self.mixpanel.calls
        part.materialise(UNMARKED)
        part.materialise(SUSPECTS, **bounds)
        if part.rows(COUNT_SUSPECTS)[0]["suspects"]:
            part.materialise(REWRITTEN, **bounds)
        else:
            part.materialise(NONE_REWRITTEN)
        part.publish(
            PUBLISH,
            **bounds,
            job=self.run.job,
            run_id=self.run.run_id,
            part=staged.number,
            started_at=self.run.started_at,
            read_at=staged.read_at,
            finished_at=self.clock(),
            part_from=reading.covers.start,
            part_to=reading.covers.end,
            has_read_all=self.run.has_read_all,
            bytes=staged.bytes,
            calls=calls - self.run.figures.get("calls", 0),
            arrived_until_ms=reading.arrived_until_ms,
        )
        self.run.figures["calls"] = calls
        self._count(staged)

    def _count(self, staged: Staged) -> None:
        """Add the part's figures to the run's, as they stand in the warehouse."""
        figures = runs.part_figures(self.warehouse, self.run, staged.number)
        for name in COUNTS:
            self.run.figures[name] = self.run.figures.get(name, 0) + figures[name]
        told = {name: figures[name] for name in COUNTS}
        log.info("%s: %s events", staged.reading.covers, f"{told['received']:,}", extra={"part": staged.number, **told})

    def _stage_once(self, reading: Reading, number: int, part: Staging, is_quoting: bool) -> Staged:
        read_at = self.clock()
        stream = self.mixpanel.export(self._query(reading), is_quoting=is_quoting)
        with stream:
            part.load(stream if reading.most_lines is None else _Bounded(stream, reading.most_lines))
        return Staged(reading, number, part, read_at, stream.lines, stream.bytes)

    def _query(self, reading: Reading) -> ExportQuery:
        names = tuple(self.selection.names) if self.selection.names_are_wanted else None
        query = ExportQuery(reading.days.first, reading.days.last, names, reading.where)
        return query if len(urlencode(query.parameters())) <= _LONGEST_QUERY else replace(query, events=None)

    def _sorted_out(self, staged: Staged) -> tuple[Staged, list[date]]:
        """The lines as rows of `incoming`, and their days. A line that a reader lost is quoted at a second reading."""
        days = self._incoming(staged)
        if days is None:
            # It was not too much at first, so that it is not given up now.
            reading = replace(staged.reading, most_lines=None)
            staged = self.stage(reading, staged.number, staged.part, is_quoting=True)
            days = self._incoming(staged)
        if days is None:
            raise QueryError(
                f"The warehouse does not have each of the {staged.lines} lines of the export: nothing of "
                f"{staged.reading.covers} is published. Please report this."
            )
        return staged, days

    def _incoming(self, staged: Staged) -> list[date] | None:
        """The days of the wanted events; None if the warehouse has not read every line."""
        reading = staged.reading
        staged.part.materialise(
            INCOMING,
            zone=self.zone,
            names=list(self.selection.names),
            names_are_wanted=self.selection.names_are_wanted,
            window_start=reading.window.start,
            window_end=reading.window.end,
            arrived_from_ms=reading.arrived_from_ms,
        )
        rows = staged.part.rows(DAYS)
        if sum(row["received"] for row in rows) != staged.lines:
            return None
        return [row["day"] for row in rows if row["day"] is not None]


def _bounds(days: Sequence[date], reading: Reading) -> dict[str, Value]:
    """The days whose stored events may be concerned: two to either side too, because a corrected time zone moves an
    event by up to 26 hours."""
    shifts = range(-_DAYS_MOVED, _DAYS_MOVED + 1)
    touched = sorted({day + timedelta(days=shift) for day in days for shift in shifts}) or [reading.days.first]
    first, last = (datetime.combine(day, time(), UTC) for day in (touched[0], touched[-1]))
    return {"days": touched, "first_day": first, "end_day": last + timedelta(days=1)}


def _told(reading: Reading) -> dict[str, Any]:
    return {"from_date": str(reading.days.first), "to_date": str(reading.days.last)}
