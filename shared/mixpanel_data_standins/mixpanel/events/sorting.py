"""Sorts lines that come in any order into batches of one day each."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from mixpanel_data_standins.mixpanel.events import lines

NO_EVENT = -1
BATCH_BYTES = 1 << 20
PENDING_BYTES = 1 << 25


@dataclass(slots=True)
class Batch:
    """Lines of one day (days since 1970-01-01), with the code of each line's event name and its processing time."""

    day: int
    lines: list[bytes] = field(default_factory=list)
    names: array[int] = field(default_factory=lambda: array("i"))
    processed_ms: array[int] = field(default_factory=lambda: array("q"))
    size: int = 0


class Sorter:
    """Sorts lines into batches of about 1 MiB, which it hands to `seal`; holds at most 32 MiB of lines meanwhile.

    `names` gives each event name its code; the sorter adds the names that are new."""

    def __init__(self, names: dict[bytes | None, int], seal: Callable[[Batch], None]) -> None:
        self._names = names
        self._seal = seal
        self._pending: dict[int, Batch] = {}
        self._size = 0
        self._first_day: int | None = None
        self._without_day: list[bytes] = []

    def take(self, line: bytes, day: int | None) -> None:
        """Sort a line by its `time`; with `day` it belongs to that day, whatever its `time`."""
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
        """Seal the batches that are not full; if no line had a readable time, all belong to the day `otherwise`."""
        self._file_those_without_day(otherwise)
        self._seal_all()

    def _file_those_without_day(self, day: int) -> None:
        for line in self._without_day:
            self._file(day, line, lines.read(line))
        self._without_day.clear()

    def _file(self, day: int, line: bytes, reading: lines.Reading) -> None:
        batch = self._pending.get(day)
        if batch is None:
            batch = self._pending[day] = Batch(day)
        # Codes count from 0. The table has one entry more than there are names: None, whose code is NO_EVENT.
        batch.names.append(self._names.setdefault(reading.event, len(self._names) - 1))
        batch.processed_ms.append(reading.processed_ms)
        batch.lines.append(line)
        batch.size += len(line) + 1
        self._size += len(line) + 1
        if batch.size >= BATCH_BYTES:
            self._size -= batch.size
            self._seal(self._pending.pop(day))
        elif self._size >= PENDING_BYTES:
            self._seal_all()

    def _seal_all(self) -> None:
        for batch in self._pending.values():
            self._seal(batch)
        self._pending.clear()
        self._size = 0
