"""The events of a project, compressed by day in a temporary file, byte for byte as they came in.

The store reads the name and the processing time of each line once, when it is added, and keeps them in arrays (12 bytes
per line); the lines themselves are on disk. A plain export of any number of days therefore copies bytes that are ready
to send, a million events take 12 MB of memory, and storing a line never changes it.
"""

from __future__ import annotations

import os
import tempfile
import threading
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress
from typing import IO

from mixpanel_data_standins.mixpanel.events import pieces
from mixpanel_data_standins.mixpanel.events.sorting import NO_EVENT, Batch, Sorter


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Some lines of one day: a piece of a body, with the figures that decide which of its lines to serve."""

    names: array[int]
    processed_ms: array[int]
    distinct_names: frozenset[int]
    last_processed_ms: int
    raw_bytes: int
    crc: int
    store_fd: int
    offset: int
    deflated_bytes: int

    def deflated(self) -> bytes:
        """The lines as raw deflate blocks, as they are stored."""
        return os.pread(self.store_fd, self.deflated_bytes, self.offset)

    def raw(self) -> bytes:
        """The lines as they came in, each with its newline."""
        return pieces.inflate(self.deflated())

    def lines(self, selection: Selection) -> list[bytes]:
        """The selected lines, without their newlines."""
        every = self.raw().split(b"\n")[:-1]
        if selection.covers(self):
            return every
        return list(compress(every, map(selection.includes, self.names, self.processed_ms)))


@dataclass(frozen=True, slots=True)
class Selection:
    """The lines that a query selects: those of some event names (None: of any), processed up to an instant (UTC ms).

    A line that is not an event is damage rather than data, and every query of its day selects it."""

    names: frozenset[int] | None
    until_ms: float

    def includes(self, name: int, processed_ms: int) -> bool:
        """Whether the query selects a line with this name and processing time."""
        return processed_ms <= self.until_ms and (self.names is None or name in self.names)

    def covers(self, segment: Segment) -> bool:
        """Whether the query selects every line of a segment."""
        return segment.last_processed_ms <= self.until_ms and (
            self.names is None or segment.distinct_names <= self.names
        )

    def misses(self, segment: Segment) -> bool:
        """Whether, by the names alone, the query selects no line of a segment."""
        return self.names is not None and segment.distinct_names.isdisjoint(self.names)


class Store:
    """Lines by day. Threads can read while another adds lines."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._days: dict[int, list[Segment]] = {}
        self._names: dict[bytes | None, int] = {None: NO_EVENT}
        self._adding = threading.Lock()
        self._reading = threading.Lock()

    def close(self) -> None:
        """Delete the lines and their file."""
        if self._file is not None:
            self._file.close()

    def add(self, added: Iterable[bytes], *, day: int | None, otherwise: int) -> None:
        """Add lines; a reader sees all of them or none.

        With `day` (days since 1970-01-01) all of them belong to that day. Without it, each line belongs to the day of
        its `time`. A line without a readable time belongs to the first day among the lines added with it, else to the
        store's first day, else to the day `otherwise`."""
        with self._adding:
            sealed: list[tuple[int, Segment]] = []
            sorter = Sorter(self._names, lambda batch: sealed.append((batch.day, self._written(batch))))
            for line in added:
                sorter.take(line, day)
            sorter.finish(min(self._days, default=otherwise))
            self._publish(sealed)

    def drop(self, day: int) -> None:
        """Forget the lines of a day."""
        with self._reading:
            self._days.pop(day, None)

    def between(self, first: int, last: int) -> list[Segment]:
        """The segments of the days from first to last, both included, in the order of the days."""
        with self._reading:
            days = sorted(day for day in self._days if first <= day <= last)
            return [segment for day in days for segment in self._days[day]]

    def selection(self, names: Iterable[str] | None, until_ms: float) -> Selection:
        """The lines of these event names (None: of any) that were processed up to an instant (UTC ms)."""
        if names is None:
            return Selection(None, until_ms)
        known = (self._names.get(name.encode("utf-8", "surrogatepass")) for name in names)
        return Selection(frozenset(code for code in known if code is not None) | {NO_EVENT}, until_ms)

    def _written(self, batch: Batch) -> Segment:
        raw = pieces.joined(batch.lines)
        deflated = raw.deflated()
        store_fd, offset = self._append(deflated)
        return Segment(
            names=batch.names,
            processed_ms=batch.processed_ms,
            distinct_names=frozenset(batch.names),
            last_processed_ms=max(batch.processed_ms),
            raw_bytes=raw.raw_bytes,
            crc=raw.crc,
            store_fd=store_fd,
            offset=offset,
            deflated_bytes=len(deflated),
        )

    def _append(self, data: bytes) -> tuple[int, int]:
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115, close() is a method here
        offset = self._file.seek(0, os.SEEK_END)
        self._file.write(data)
        return self._file.fileno(), offset

    def _publish(self, sealed: list[tuple[int, Segment]]) -> None:
        with self._reading:
            for day, segment in sealed:
                self._days.setdefault(day, []).append(segment)
