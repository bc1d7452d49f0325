"""A world of a dozen names with two weeks of history, whose levels change together or one by one."""

import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import floor
from pathlib import Path
from typing import Any

from support.detector_world import MINUTE, START, DetectorWorld
from support.events_configs import enabled
from support.published_counts import Counts, publish_counts

NAMES = tuple(f"Event {letter}" for letter in "ABCDEFGHIJKL")
USUALLY = dict(zip(NAMES, range(1, 13), strict=True))
"""Events a minute of each name while nothing is wrong."""

_HISTORY, _DAY = timedelta(days=14), timedelta(days=1)
_NEVER = START + timedelta(days=365)


class ManyNames(DetectorWorld):
    """A world without any event, of counts alone; a context manager."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._levels: list[tuple[frozenset[str], datetime, datetime, float]] = []

    def level(self, level: float, since: datetime, until: datetime, names: Iterable[str] = NAMES) -> None:
        """The names come at that multiple of their usual rates in [since, until)."""
        self._levels.append((frozenset(names), since, until, level))

    def count(self, name: str, minute: datetime) -> int:
        """The number of events of the minute: the rate, as evenly as whole events allow."""
        rate = float(USUALLY[name])
        for names, since, until, level in self._levels:
            rate *= level if name in names and since <= minute < until else 1.0
        number = (minute - START) // MINUTE
        return floor(rate * (number + 1)) - floor(rate * number)

    def happened(self, since: datetime, until: datetime) -> dict[tuple[str, datetime], int]:
        """The counts of whole minutes of [since, until)."""
        minutes = [since + number * MINUTE for number in range((until - since) // MINUTE)]
        return {(name, minute): self.count(name, minute) for name in NAMES for minute in minutes}

    def arrive(self, counts: Counts, *, read_until: datetime | None = None) -> None:
        """The collector publishes these counts now."""
        run_id = f"collector-{next(self._numbers)}"
        publish_counts(self.engine, counts, self.clock.at, run_id=run_id, read_until=read_until, events_from=_NEVER)

    def pass_time(self, until: datetime, minutes: int = 5, **how: Any) -> None:
        """Time passes until then: in steps, the collector reads everything, and the detector runs."""
        while self.clock.at < until:
            self.clock.at = min(self.clock.at + minutes * MINUTE, until)
            self.collect()
            self.detect(**how)

    def told(self) -> list[tuple[datetime, str, str, str]]:
        """When, in which channel, what kind of message, and of which events: all messages but updates, in order."""
        names = {row["incident_id"]: row["event_name"] for row in self.table("alerts")}
        rows = sorted(self.table("alert_messages"), key=lambda row: row["seq"])
        assert len(self.messages) == sum(row["kind"] != "update" for row in rows)
        return [
            (row["created_at"], row["channel"], row["kind"], " ".join(sorted(names[each] for each in row["about"])))
            for row in rows
            if row["kind"] != "update"
        ]


class ManyNamesWorlds:
    """Makes worlds that start as copies of one file with a judged history."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._template = folder / "history.duckdb"
        with ManyNames(folder / "making.duckdb", enabled(), {}) as world:
            start = START - _HISTORY
            while start < START:
                world.arrive(world.happened(start, start + _DAY), read_until=min(start + _DAY, START))
                start += _DAY
            world.detect(has_slack=False)
            assert world.incidents() == []
            world.path.rename(self._template)

    def __call__(self, *entries: Any, **settings: Any) -> ManyNames:
        """A world that watches the events of these entries; without any, all events."""
        self._made += 1
        folder = self._folder / f"world{self._made}"
        folder.mkdir()
        path = shutil.copy(self._template, folder / "warehouse.duckdb")
        return ManyNames(Path(path), enabled(*entries, **settings), {})
