"""One portion of a collection: the query to Mixpanel, its lines staged, and the part that publishes them."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from mixpanel_data import runs
from mixpanel_data.base.errors import QueryError
from mixpanel_data.base.window import Window
from mixpanel_data.clients.mixpanel import ExportQuery, ExportStream, MixpanelCall, UnsafeBytesError
from mixpanel_data.clients.retries import ATTEMPTS
from mixpanel_data.collect.plan import Days
from mixpanel_data.collect.statements import (
    COUNT_PART,
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
from mixpanel_data.warehouse.base import Staging

COUNTS = ("received", "inserted", "updated", "duplicates", "rejected", "filtered", "bytes")
"""The figures of a part, and of a run."""

log = logging.getLogger(__name__)

# Servers on the way refuse a request line above 8 KB; a longer list of names is filtered in SQL alone.
_LONGEST_QUERY = 6000
# Pacific/Kiritimati is 26 hours ahead of Etc/GMT+12, so a corrected time zone moves an event by up to two days.
_DAYS_MOVED = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """One export call, and which of its events to keep.

    `covers` is the event time that the part stands for. Events are kept if they lie in `window`, which can be wider:
    a corrected time zone puts an event into another day. `arrived_from_ms` bounds when Mixpanel stored the events, in
    milliseconds since 1970 UTC (0: no bound), and `watermark` is what the part leaves for the next run (None: none).
    A reading of more than `most_lines` is given up.
    """

    days: Days
    covers: Window
    window: Window
    arrived_from_ms: int = 0
    watermark: datetime | None = None
    where: str | None = None
    most_lines: int | None = None


class TooManyLinesError(Exception):
    """A call over several days yields far more lines than one part should hold."""

    def __init__(self, lines: int) -> None:
        super().__init__(lines)
        self.lines = lines


class _BoundedStream:
    """A stream that raises TooManyLinesError above `most_lines`."""

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
    """A reading with its lines staged; `read_at` is when the call to Mixpanel started, `bytes` the size received."""

    reading: Reading
    staging: Staging
    read_at: datetime
    lines: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Collection:
    """The context that all portions of a run share; `zone` is the zone of exported wall-clock times, mostly `UTC`."""

    run: runs.Run
    mixpanel: MixpanelCall
    selection: EventSelection
    zone: str

    def stage(
        self, reading: Reading, staging: Staging, attempts: int = ATTEMPTS, *, is_quoting: bool = False
    ) -> Staged:
        """Fetch the lines and stage them, again where the fault may pass.

        Raises TooManyLinesError, and what `MixpanelCall.export` raises.
        """

        def once() -> Staged:
            nonlocal is_quoting
            try:
                return self._stage_once(reading, staging, is_quoting)
            except UnsafeBytesError:
                log.warning("the export contains bytes that need quoting; reading it again", extra=_logged(reading))
                is_quoting = True
                return self._stage_once(reading, staging, is_quoting)

        return self.mixpanel.retrying(once, attempts)

    def publish(self, staged: Staged) -> None:
        """Publish what is staged as the run's next part, all or nothing, and add its figures to the run's."""
        staged, days = self._incoming_days(staged)
        staging, reading, bounds = staged.staging, staged.reading, _bounds(days, staged.reading)
        staging.materialise(UNMARKED)
        staging.materialise(SUSPECTS, **bounds)
        if staging.rows(COUNT_SUSPECTS)[0]["suspects"]:
            staging.materialise(REWRITTEN, **bounds)
        else:
            staging.materialise(NONE_REWRITTEN)
        calls = self.mixpanel.calls
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

    def _stage_once(self, reading: Reading, staging: Staging, is_quoting: bool) -> Staged:
        read_at = self.run.clock()
        stream = self.mixpanel.export(self._query(reading), is_quoting=is_quoting)
        with stream:
            staging.load(stream if reading.most_lines is None else _BoundedStream(stream, reading.most_lines))
        return Staged(reading, staging, read_at, stream.lines, stream.bytes)

    def _query(self, reading: Reading) -> ExportQuery:
        names = tuple(self.selection.names) if self.selection.names_are_wanted else None
        query = ExportQuery(reading.days.first, reading.days.last, names, reading.where)
        return query if len(urlencode(query.parameters())) <= _LONGEST_QUERY else replace(query, events=None)

    def _incoming_days(self, staged: Staged) -> tuple[Staged, list[date]]:
        """Turn the lines into rows of `incoming`; if the engine's reader lost a line, read again with quoting."""
        days = self._incoming(staged)
        if days is None:
            # The first reading was not too long, so the second is not given up either.
            reading = replace(staged.reading, most_lines=None)
            staged = self.stage(reading, staged.staging, is_quoting=True)
            days = self._incoming(staged)
        if days is None:
            raise QueryError(
                f"The warehouse did not load all {staged.lines} lines of the export, so nothing of "
                f"{staged.reading.covers} was published. Please report this."
            )
        return staged, days

    def _incoming(self, staged: Staged) -> list[date] | None:
        """The days of the wanted events; None if the warehouse has not read every line."""
        reading = staged.reading
        staged.staging.materialise(
            INCOMING,
            zone=self.zone,
            names=list(self.selection.names),
            names_are_wanted=self.selection.names_are_wanted,
            window_start=reading.window.start,
            window_end=reading.window.end,
            arrived_from_ms=reading.arrived_from_ms,
        )
        rows = staged.staging.rows(DAYS)
        if sum(row["received"] for row in rows) != staged.lines:
            return None
        return [row["day"] for row in rows if row["day"] is not None]


def _bounds(days: Sequence[date], reading: Reading) -> dict[str, Any]:
    """The days whose stored events can change: those of the wanted events and two more on either side."""
    shifts = range(-_DAYS_MOVED, _DAYS_MOVED + 1)
    touched = sorted({day + timedelta(days=shift) for day in days for shift in shifts}) or [reading.days.first]
    first, last = (datetime.combine(day, time(), UTC) for day in (touched[0], touched[-1]))
    return {"days": touched, "first_day": first, "end_day": last + timedelta(days=1)}


def _logged(reading: Reading) -> dict[str, Any]:
    return {"from_date": str(reading.days.first), "to_date": str(reading.days.last)}
