"""The events that the stand-in has, as the bytes they came in, compressed by day in a temporary file.

Name and processing time of each line are read once, when it is added, and kept in arrays (12 bytes a line);
the lines themselves are on disk. So a plain export of any number of days is a copy of ready bytes, a million
events need few megabytes of memory, and no line is changed by being stored.
"""

from __future__ import annotations

import gzip
import io
import os
import tempfile
import threading
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from typing import IO, cast

from mixpanel_data_standins.mixpanel import lines, pieces

NO_EVENT = -1
SEGMENT_BYTES = 1 << 20
PENDING_BYTES = 1 << 25
SUFFIXES = (".ndjson", ".jsonl", ".json")


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Some lines of one day: a piece of an answer, and what must be known to serve only some of its lines."""

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
        """The lines as they are stored."""
        return os.pread(self.store_fd, self.deflated_bytes, self.offset)

    def raw(self) -> bytes:
        """The lines as they came, each with its newline."""
        return pieces.inflate(self.deflated())

    def lines(self, wanted: Wanted) -> list[bytes]:
        """The wanted lines, without their newlines."""
        every = self.raw().split(b"\n")[:-1]
        if wanted.all_of(self):
            return every
        return list(compress(every, map(wanted.line, self.names, self.processed_ms)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines a query is about: those of some names (None: any), processed up to a moment (UTC ms).

    A line that is no event is damage rather than data, and belongs to every query of its day."""

    names: frozenset[int] | None
    until_ms: float

    def line(self, name: int, processed_ms: int) -> bool:
        """Whether a line of this name and processing time is wanted."""
        return processed_ms <= self.until_ms and (self.names is None or name in self.names)

    def all_of(self, segment: Segment) -> bool:
        """Whether every line of a segment is wanted."""
        return segment.last_processed_ms <= self.until_ms and (
            self.names is None or segment.distinct_names <= self.names
        )

    def none_of(self, segment: Segment) -> bool:
        """Whether no line of a segment can be wanted, going by names."""
        return self.names is not None and segment.distinct_names.isdisjoint(self.names)


class Store:
    """Lines by day; some may be added while others are read."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._days: dict[int, list[Segment]] = {}
        self._names: dict[bytes | None, int] = {None: NO_EVENT}
        self._adding = threading.Lock()
        self._reading = threading.Lock()

    def close(self) -> None:
        """Delete the lines; nothing can be read any more."""
        if self._file is not None:
            self._file.close()

    def add(self, added: Iterable[bytes], *, day: int | None, otherwise: int) -> None:
        """Add lines, all at once in the eyes of a reader.

        With `day` (days since 1970-01-01) they are that day's. Without, each is of the day of its `time`; one
        without a readable time is of the first day among those added with it, else of the first day of the
        store, else of the day `otherwise`."""
        with self._adding:
            sorter = _Sorter(self._names, self._append)
            for line in added:
                sorter.take(line, day)
            sorter.finish(min(self._days, default=otherwise))
            self._publish(sorter.sealed)

    def drop(self, day: int) -> None:
        """Forget a day's lines."""
        with self._reading:
            self._days.pop(day, None)

    def between(self, first: int, last: int) -> list[Segment]:
        """The segments of days first to last, both included, in the order of the days."""
        with self._reading:
            days = sorted(day for day in self._days if first <= day <= last)
            return [segment for day in days for segment in self._days[day]]

    def wanted(self, names: Iterable[str] | None, until_ms: float) -> Wanted:
        """The lines of these event names (None: of any) that were processed up to a moment (UTC ms)."""
        if names is None:
            return Wanted(None, until_ms)
        known = (self._names.get(name.encode("utf-8", "surrogatepass")) for name in names)
        return Wanted(frozenset(code for code in known if code is not None) | {NO_EVENT}, until_ms)

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


@dataclass(slots=True)
class _Pending:
    """Lines of one day that are not compressed yet."""

    lines: list[bytes] = field(default_factory=list)
    names: array[int] = field(default_factory=lambda: array("i"))
    processed_ms: array[int] = field(default_factory=lambda: array("q"))
    size: int = 0


class _Sorter:
    """Sorts lines that come in any order into segments of a day; holds at most 32 MiB of lines meanwhile."""

    def __init__(self, names: dict[bytes | None, int], append: Callable[[bytes], tuple[int, int]]) -> None:
        self.sealed: list[tuple[int, Segment]] = []
        self._names = names
        self._append = append
        self._days: dict[int, _Pending] = {}
        self._size = 0
        self._first_day: int | None = None
        self._without_day: list[bytes] = []

    def take(self, line: bytes, day: int | None) -> None:
        reading = lines.read(line)
        if day is None:
            day = self._first_day if reading.day is None else reading.day
        if day is None:
            self._without_day.append(line)
            return
        if self._first_day is None:
            self._first_day = day
            self._file_those_without_day(day)
        self._file(day, line, reading)

    def finish(self, otherwise: int) -> None:
        self._file_those_without_day(otherwise)
        self._seal_all()

    def _file_those_without_day(self, day: int) -> None:
        for line in self._without_day:
            self._file(day, line, lines.read(line))
        self._without_day.clear()

    def _file(self, day: int, line: bytes, reading: lines.Reading) -> None:
        pending = self._days.get(day)
        if pending is None:
            pending = self._days[day] = _Pending()
        # One more than there are events, because None, the name of no event, has its place in the table.
        pending.names.append(self._names.setdefault(reading.event, len(self._names) - 1))
        pending.processed_ms.append(reading.processed_ms)
        pending.lines.append(line)
        pending.size += len(line) + 1
        self._size += len(line) + 1
        if pending.size >= SEGMENT_BYTES:
            self._seal(day, self._days.pop(day))
        elif self._size >= PENDING_BYTES:
            self._seal_all()

    def _seal_all(self) -> None:
        for day, pending in self._days.items():
            self._seal(day, pending)
        self._days.clear()

    def _seal(self, day: int, pending: _Pending) -> None:
        raw = pieces.joined(pending.lines)
        deflated = raw.deflated()
        store_fd, offset = self._append(deflated)
        self._size -= pending.size
        self.sealed.append(
            (
                day,
                Segment(
                    names=pending.names,
                    processed_ms=pending.processed_ms,
                    distinct_names=frozenset(pending.names),
                    last_processed_ms=max(pending.processed_ms),
                    raw_bytes=raw.raw_bytes,
                    crc=raw.crc,
                    store_fd=store_fd,
                    offset=offset,
                    deflated_bytes=len(deflated),
                ),
            )
        )


def files_of(folder: Path) -> list[Path]:
    """A folder's event files (.ndjson, .jsonl, .json, plain or .gz) by name. ValueError if it has none."""
    found = sorted(path for path in folder.iterdir() if path.name.removesuffix(".gz").endswith(SUFFIXES))
    if not found:
        raise ValueError(f"{folder} holds no event file. Name them *.ndjson or *.ndjson.gz.")
    return found


@contextmanager
def lines_of_file(path: Path) -> Iterator[Iterable[bytes]]:
    """The lines of a plain or gzipped file, split at the byte 0x0A only."""
    with path.open("rb") as file, _plain(file) as plain:
        yield (line.removesuffix(b"\n") for line in plain)


def lines_of_bytes(given: bytes | Iterable[bytes]) -> Iterator[bytes]:
    """Lines from one block of bytes or from many; a newline at the end of a block begins no further line."""
    if isinstance(given, bytes):
        given = [given] if given else []
    for block in given:
        yield from block.removesuffix(b"\n").split(b"\n")


def _plain(file: io.BufferedReader) -> IO[bytes]:
    if file.peek(2)[:2] != b"\x1f\x8b":
        return file
    # The buffer splits lines in C; a GzipFile by itself would do so in Python.
    return io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=file)), PENDING_BYTES >> 5)
