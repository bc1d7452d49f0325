"""Compares the lines of a part with the stored events."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.collect.comparing.days import bounds, days_of_copies
from mixpanel_data.collect.comparing.statements import (
    CANDIDATES,
    CHANGES,
    COUNT_CHANGES,
    COUNT_LINES,
    FILL_KEYS,
    MARKED,
    REAL_CHANGES,
    REWRITTEN,
)
from mixpanel_data.exports.reading import ALL_TIME, ExportReader, ReadingT, Staged
from mixpanel_data.exports.statements import UNMARKED
from mixpanel_data.warehouse.base import Row, Staging

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a part, counted; `days` are the UTC days of the wanted events that are not known.

    `unmarked` need an id yet; `tied` are as old as a known line that may be a copy of the same event. `newest_ms` is
    when Mixpanel stored the newest, in milliseconds since 1970 UTC; None if no line says it.
    """

    received: int
    wanted: int
    rejected: int
    unmarked: int
    tied: int
    newest_ms: int | None
    days: frozenset[date]


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of a part, counted.

    `stored_days` are the UTC days of stored events that become others, and `moved_days` those on which the count of a
    minute changes.
    """

    inserted: int = 0
    updated: int = 0
    moved_days: frozenset[date] = frozenset()
    stored_days: frozenset[date] = frozenset()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self.inserted + self.updated > 0


def compare(
    run: runs.Run, reader: ExportReader, staged: Staged[ReadingT], known: Window | None
) -> tuple[Staged[ReadingT], Lines, Changes]:
    """Make `incoming` of what is staged, and `changes` where anything changes.

    `known` are the whole UTC days on which lines are looked for that are stored as they are (None: no day). Gives
    stored events of earlier versions their keys where it meets them. Raises what the reader and the warehouse raise.
    """
    staged, lines = _lines(reader, staged, known)
    if lines.tied:
        # A known line and another copy of its event are as old: only together do they tell which one stands.
        staged, lines = _lines(reader, staged, None)
    if not lines.days:
        return staged, lines, Changes()
    days = days_of_copies(lines.days, ZoneInfo(reader.zone), run.mixed_until)
    counts = _candidates(run, staged.staging, days)
    if touched := _days_with_copies(counts, days):
        counts = _confirmed(staged, touched)
    return staged, lines, _changes(counts)


def _lines(reader: ExportReader, staged: Staged[ReadingT], known: Window | None) -> tuple[Staged[ReadingT], Lines]:
    first = known.start if known else ALL_TIME.start
    days = {"known_first": first, "known_end": known.end if known else first}
    staged, counts = reader.incoming(staged, **days)
    lines = _counted(counts)
    if lines.unmarked:
        staged.staging.materialise(UNMARKED)
        staged.staging.materialise(MARKED)
        lines = _counted(staged.staging.rows(COUNT_LINES))
    return staged, lines


def _counted(counts: Sequence[Row]) -> Lines:
    total = {name: sum(row[name] for row in counts) for name in ("received", "wanted", "rejected", "unmarked", "tied")}
    newest = max((row["newest_ms"] for row in counts if row["newest_ms"] is not None), default=None)
    days = frozenset(row["day"] for row in counts if row["day"] is not None)
    return Lines(**total, newest_ms=newest, days=days)


def _candidates(run: runs.Run, staging: Staging, days: Collection[date]) -> Sequence[Row]:
    """The counts of what may change something, by the keys that are stored on these days."""
    while True:
        staging.materialise(CANDIDATES, **bounds(days))
        counts = staging.rows(COUNT_CHANGES)
        without_key = sorted(row["day"] for row in counts if row["without_key"])
        if not without_key:
            return counts
        runs.write(run, "keys", [FILL_KEYS], **bounds(without_key))
        log.info(
            "stored events without a key got theirs, on %d days from %s to %s",
            *(len(without_key), without_key[0], without_key[-1]),
            extra={"days": len(without_key)},
        )


def _days_with_copies(counts: Sequence[Row], days: Collection[date]) -> set[date]:
    """Those of the days that have stored events which a candidate may change."""
    spans = [(row["first_copy"], row["last_copy"]) for row in counts if row["first_copy"] is not None]
    return {day for day in days if any(first <= day <= last for first, last in spans)}


def _confirmed(staged: Staged[ReadingT], days: Collection[date]) -> Sequence[Row]:
    """The counts of what changes something, after the candidates were compared with the stored events of the days."""
    staging = staged.staging
    staging.materialise(CHANGES, read_at=staged.read_at, **bounds(days))
    counts = staging.rows(COUNT_CHANGES)
    if suspected := {row["stored_day"] for row in counts if row["suspects"]}:
        staging.materialise(REWRITTEN, **bounds(suspected))
        staging.materialise(REAL_CHANGES)
        counts = staging.rows(COUNT_CHANGES)
    return counts


def _changes(counts: Sequence[Row]) -> Changes:
    moved = [row for row in counts if row["moved"]]
    return Changes(
        inserted=sum(row["events"] for row in counts if row["stored_day"] is None),
        updated=sum(row["events"] for row in counts if row["stored_day"] is not None),
        moved_days=frozenset(row[day] for row in moved for day in ("day", "stored_day")) - {None},
        stored_days=frozenset(row["stored_day"] for row in counts) - {None},
    )
