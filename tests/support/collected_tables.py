"""The tables that the collector writes, read whole, and what must hold of them."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mixpanel_data.warehouse.base import Row, Warehouse
from support import event_oracle
from support.stored_rows import all_rows_of, as_sorted_text, by_key

COLLECTED_TABLES = ("mixpanel_events", "event_minutes", "event_arrivals", "rejected_events")
TABLE_NAMES = (*COLLECTED_TABLES, "job_runs", "job_locks")
Day = tuple[str, str]
"""A UTC day in ISO 8601, and an event name."""


class Changes(NamedTuple):
    """How many events a day and name gained, how many changed within it, and how many it lost."""

    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True, slots=True)
class CollectedTables:
    """The rows of each table at one time."""

    mixpanel_events: list[Row]
    event_minutes: list[Row]
    event_arrivals: list[Row]
    rejected_events: list[Row]
    job_runs: list[Row]
    job_locks: list[Row]

    def events(self) -> dict[str, event_oracle.Event]:
        """The events by their ids; fails where two rows have the same id."""
        rows = by_key(self.mixpanel_events, lambda row: row["event_id"])
        return {event_id: _event(row) for event_id, row in rows.items()}

    def minutes(self) -> dict[tuple[datetime, str], int]:
        """The counts by minute and name; fails where two rows have the same."""
        rows = by_key(self.event_minutes, lambda row: (row["minute"], row["event_name"]))
        return {key: row["events"] for key, row in rows.items()}

    def rejected(self) -> dict[str, str]:
        """The reasons by line; fails where a line stands twice, or under a wrong id."""
        rows = by_key(self.rejected_events, lambda row: row["line"])
        assert all(row["line_id"] == event_oracle.sha256(line) for line, row in rows.items())
        return {line: row["reason"] for line, row in rows.items()}

    def arrived(self) -> Counter[Day]:
        """The balance of all arrivals, inserted less deleted, by day and name: equal to the number of events."""
        balance: Counter[Day] = Counter()
        for row in self.event_arrivals:
            balance[_day(row)] += row["inserted"] - row["deleted"]
        return +balance

    def lasting(self) -> dict[str, list[str]]:
        """The rows of all tables but the two that every run writes, as sorted text."""
        return {name: as_sorted_text(getattr(self, name)) for name in COLLECTED_TABLES}

    def runs(self, part: int | None = None) -> list[Row]:
        """The rows of job_runs, oldest first; with `part` only those of that number."""
        rows = [row for row in self.job_runs if part is None or row["part"] == part]
        return sorted(rows, key=lambda row: (row["started_at"], row["run_id"], row["part"]))


def tables_of(warehouse: Warehouse) -> CollectedTables:
    """All tables of a dataset."""
    return CollectedTables(**{name: warehouse.rows(all_rows_of(name)) for name in TABLE_NAMES})


def changed_events(before: CollectedTables, after: CollectedTables) -> dict[Day, Changes]:
    """The changes between two states, as the events themselves show them."""
    old, new = before.events(), after.events()
    gained = Counter(event.day for key, event in new.items() if key not in old or old[key].day != event.day)
    changed = Counter(e.day for key, e in new.items() if key in old and old[key] != e and old[key].day == e.day)
    lost = Counter(event.day for key, event in old.items() if key not in new or new[key].day != event.day)
    return {day: Changes(gained[day], changed[day], lost[day]) for day in gained | changed | lost}


def recorded_arrivals(before: CollectedTables, after: CollectedTables) -> dict[Day, Changes]:
    """The changes between two states, as event_arrivals records them."""
    known = {row["seq"] for row in before.event_arrivals}
    sums: dict[Day, Changes] = {}
    for row in after.event_arrivals:
        if row["seq"] not in known:
            earlier = sums.get(_day(row), Changes(0, 0, 0))
            counts = (row["inserted"], row["updated"], row["deleted"])
            sums[_day(row)] = Changes(*(one + more for one, more in zip(earlier, counts, strict=True)))
    return sums


def assert_tables_hold(
    tables: CollectedTables,
    lines: Iterable[bytes],
    *,
    zone: str = "UTC",
    window: tuple[datetime, datetime] = event_oracle.ALL_TIME,
    is_enabled: Callable[[str], bool] = lambda _name: True,
) -> None:
    """The tables are those of one run over these lines: events, minutes, rejected lines, arrivals that explain them."""
    given = list(lines)
    events = event_oracle.events_of(given, zone=ZoneInfo(zone), window=window, is_enabled=is_enabled)
    assert tables.events() == events
    assert tables.rejected() == event_oracle.rejected_of(given)
    assert_consistent(tables)


def assert_consistent(tables: CollectedTables) -> None:
    """Minutes and arrivals agree with the events, as they must at any time."""
    events = tables.events().values()
    assert tables.minutes() == event_oracle.minutes_of(events)
    assert tables.arrived() == Counter(event.day for event in events)


def wrote(row: Row) -> bool:
    """Whether a row of job_runs is that of a part that changed a table."""
    return bool(row["part"]) and any(row["figures"][name] for name in ("inserted", "updated", "rejected"))


def _day(row: Row) -> Day:
    return row["day"].isoformat(), row["event_name"]


def _event(row: Row) -> event_oracle.Event:
    return event_oracle.Event(
        event_id=row["event_id"],
        event_timestamp=row["event_timestamp"],
        event_name=row["event_name"],
        distinct_id=row["distinct_id"],
        properties=event_oracle.without_clock(event_oracle.of_64_bits(row["properties"])),
        mp_processing_time_ms=row["mp_processing_time_ms"],
    )
