"""A project with ten weeks of events, for tests of runs that have several parts."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from mixpanel_data.warehouse.base import Row
from support.collected_tables import COLLECTED_TABLES, assert_consistent, assert_tables_hold
from support.collector_world import CollectorWorld
from support.export_lines import event

# Ten weeks of a project that no run has read yet: a part of 7 days, one of 56, and one for the rest.
WEEKS = ("2040-01-01", "2040-03-11")
PARTS = [("2040-01-01", "2040-01-07"), ("2040-01-08", "2040-03-03"), ("2040-03-04", "2040-03-10")]


def ten_weeks_of_lines() -> list[bytes]:
    """Events of every day with copies, some without an insert id, and a line that is not an event."""
    first = datetime(2040, 1, 1, tzinfo=UTC)
    days = [first + timedelta(days=number) for number in range(70)]
    return [
        *(event("Purchase", f"{day:%Y-%m-%d} 10:00", f"p{n}", f"m{day:%j}-{n}") for day in days for n in range(4)),
        *(event("Bare", f"{day:%Y-%m-%d} 11:00", mark=None, n=day.day % 3) for day in days),
        *(event("Purchase", f"{day:%Y-%m-%d} 10:00", "p0", f"m{day:%j}-0") for day in days[::5]),
        b"42",
    ]


def comparable(world: CollectorWorld) -> dict[str, list[str]]:
    """The tables without the columns that depend on the run, on the time of reading, or on the engine."""
    tables = world.tables()
    times = ("inserted_at", "updated_at", "arrived_at", "first_rejected_at", "last_changed", "read_at")
    dependent = (*times, "run_id", "seq", "contents_fingerprint")

    def text(row: Row) -> str:
        return str({name: row[name] for name in sorted(row) if name not in dependent})

    return {name: sorted(map(text, getattr(tables, name))) for name in COLLECTED_TABLES}


def days_read(calls: list[tuple[str, str]]) -> list[str]:
    """The days that export calls asked for, each as often as it was asked for."""
    return [
        date.fromordinal(day).isoformat()
        for first, last in calls
        for day in range(date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal() + 1)
    ]


def assert_whole_parts(world: CollectorWorld) -> None:
    """The tables hold all events of the published parts, and no others."""
    tables = world.tables()
    parts = [row for row in tables.runs() if row["part"]]
    assert all(one["window_to"] == other["window_from"] for one, other in pairwise(parts))
    assert_consistent(tables)
    if not parts:
        assert tables.lasting() == {name: [] for name in COLLECTED_TABLES}
        return
    published = (parts[0]["window_from"], parts[-1]["window_to"])
    assert published[0] == datetime(2040, 1, 1, tzinfo=UTC)
    has_rejected = bool(tables.rejected_events)
    given = ten_weeks_of_lines() if has_rejected else [line for line in ten_weeks_of_lines() if line != b"42"]
    assert_tables_hold(tables, given, window=published)
