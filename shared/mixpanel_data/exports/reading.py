"""One export call: its query to Mixpanel, its lines staged, and each line as a row of `incoming`."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from mixpanel_data.base.clock import Clock
from mixpanel_data.base.errors import QueryError
from mixpanel_data.base.window import Window
from mixpanel_data.clients.mixpanel import ExportQuery, ExportStream, MixpanelCall, UnsafeBytesError
from mixpanel_data.clients.retries import ATTEMPTS
from mixpanel_data.exports.portions import Days
from mixpanel_data.exports.statements import INCOMING, RECEIVED
from mixpanel_data.warehouse.base import Row, Staging, Value
from mixpanel_data.warehouse.statements import Statement

log = logging.getLogger(__name__)

ALL_TIME = Window(datetime(1960, 1, 1, tzinfo=UTC), datetime(2160, 1, 1, tzinfo=UTC))
"""Holds the time of every event that `incoming` accepts."""

# Servers on the way refuse a request line above 8 KB; a longer list of names is filtered in SQL alone.
_LONGEST_QUERY = 6000


@dataclass(frozen=True, slots=True)
class Reading:
    """One export call, and which of its events to keep.

    Events are kept if they lie in `window`, which can be wider than the days: a corrected time zone puts an event into
    another day. `arrived_from_ms` bounds when Mixpanel stored the events, in milliseconds since 1970 UTC (0: no bound).
    A reading of more than `most_lines` is given up.
    """

    days: Days
    window: Window = ALL_TIME
    arrived_from_ms: int = 0
    where: str | None = None
    most_lines: int | None = None


ReadingT = TypeVar("ReadingT", bound=Reading)


class TooManyLinesError(Exception):
    """A call over several days yields far more lines than one portion should have."""

    def __init__(self, lines: int) -> None:
        super().__init__(lines)
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Staged(Generic[ReadingT]):
    """A reading with its lines staged; `read_at` is when the call to Mixpanel started, `bytes` the size received.

    `answered_at` is when Mixpanel answered by its own clock; None if it does not say.
    """

    reading: ReadingT
    staging: Staging
    read_at: datetime
    lines: int
    bytes: int
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExportReader:
    """What all readings of a run share.

    `names` are the events to keep, or with `names_are_wanted` False those to leave out. `zone` is the zone of exported
    wall-clock times, mostly `UTC`. With `connectors_are_wanted` False, events that a warehouse connector sent to
    Mixpanel are left out: they come from a warehouse, and would be in it twice. `makes_rows` is the statement that
    makes `incoming` of the staged lines, and `counts_rows` one whose rows of counts have the lines as `received`.
    """

    mixpanel: MixpanelCall
    names: Sequence[str]
    names_are_wanted: bool
    zone: str
    clock: Clock
    connectors_are_wanted: bool = False
    makes_rows: Statement = INCOMING
    counts_rows: Statement = RECEIVED

    def stage(
        self, reading: ReadingT, staging: Staging, attempts: int = ATTEMPTS, *, is_quoting: bool = False
    ) -> Staged[ReadingT]:
        """Fetch the lines and stage them, again where the fault may pass.

        Raises TooManyLinesError, and what `MixpanelCall.export` raises.
        """

        def once() -> Staged[ReadingT]:
            nonlocal is_quoting
            try:
                return self._stage_once(reading, staging, is_quoting)
            except UnsafeBytesError:
                log.warning("the export contains bytes that need quoting; reading it again", extra=_logged(reading))
                is_quoting = True
                return self._stage_once(reading, staging, is_quoting)

        return self.mixpanel.retrying(once, attempts)

    def incoming(self, staged: Staged[ReadingT], **parameters: Value) -> tuple[Staged[ReadingT], list[Row]]:
        """Turn the lines into rows of `incoming`; if the engine's reader lost a line, read again with quoting.

        `parameters` are those of `makes_rows` that a reading does not have. Returns what is staged, and the counts.
        Raises QueryError if lines are still missing, and what `stage` raises.
        """
        counts = self._incoming(staged, parameters)
        if counts is None:
            # The first reading was not too long, so the second is not given up either.
            reading = replace(staged.reading, most_lines=None)
            staged = self.stage(reading, staged.staging, is_quoting=True)
            counts = self._incoming(staged, parameters)
        if counts is None:
            asked = staged.reading.days
            raise QueryError(
                f"The warehouse did not load all {staged.lines} lines of {asked.first} to {asked.last}, "
                "so nothing of it was published. Please report this."
            )
        return staged, counts

    def _stage_once(self, reading: ReadingT, staging: Staging, is_quoting: bool) -> Staged[ReadingT]:
        read_at = self.clock()
        stream = self.mixpanel.export(self._query(reading), is_quoting=is_quoting)
        with stream:
            staging.load(stream if reading.most_lines is None else _BoundedStream(stream, reading.most_lines))
        return Staged(reading, staging, read_at, stream.lines, stream.bytes, stream.answered_at)

    def _query(self, reading: Reading) -> ExportQuery:
        names = tuple(self.names) if self.names_are_wanted else None
        query = ExportQuery(reading.days.first, reading.days.last, names, reading.where)
        return query if len(urlencode(query.parameters())) <= _LONGEST_QUERY else replace(query, events=None)

    def _incoming(self, staged: Staged[ReadingT], parameters: Mapping[str, Value]) -> list[Row] | None:
        """The counts; None if the warehouse has not read every line."""
        reading = staged.reading
        staged.staging.materialise(
            self.makes_rows,
            zone=self.zone,
            names=list(self.names),
            names_are_wanted=self.names_are_wanted,
            connectors_are_wanted=self.connectors_are_wanted,
            window_start=reading.window.start,
            window_end=reading.window.end,
            arrived_from_ms=reading.arrived_from_ms,
            **parameters,
        )
        counts = staged.staging.rows(self.counts_rows)
        return counts if sum(row["received"] for row in counts) == staged.lines else None


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


def _logged(reading: Reading) -> dict[str, Any]:
    return {"from_date": str(reading.days.first), "to_date": str(reading.days.last)}
