"""The charts of one user's journey."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from mixpanel_data.reports.charts.parts import joined
from mixpanel_data.reports.charts.people import bars_of_events, counted, told
from mixpanel_data.reports.charts.shapes import (
    Chart,
    Description,
    Entries,
    Entry,
    Kind,
    Lines,
    Listing,
    Part,
    Series,
    Table,
    lines,
)
from mixpanel_data.reports.charts.texts import figure, moment_text
from mixpanel_data.reports.relations.windows import first_of, long_periods

_MOST_EVENTS = 100
"""What a timeline shows: the latest."""
_UNITS = ((timedelta(days=92), "day"), (timedelta(days=731), "week"))
"""The periods of journeys up to these lengths; those of longer ones are months."""


def charts_of_journey(description: Description, part: Part) -> list[Chart]:
    """Events by period, the most frequent ones, the latest by session, and all in a table."""
    rows = part["rows"]
    counts = Counter(row["event"] for row in rows)
    frequent = {name: counts[name] for name in sorted(counts, key=lambda name: (-counts[name], name))}
    return [
        *_by_period(rows, ZoneInfo(description.timezone)),
        bars_of_events("Events", frequent),
        _timeline(rows, description),
        _table(rows, description),
    ]


def _by_period(rows: Sequence[Part], zone: ZoneInfo) -> Iterator[Lines]:
    days = [_day(row, zone) for row in rows]
    if len(set(days)) < 2:
        return
    length = days[-1] - days[0]
    unit = next((unit for most, unit in _UNITS if length <= most), "month")
    counts = Counter(first_of(day, unit) for day in days)
    periods = long_periods(days[0], days[-1], unit)
    series = Series("events", tuple(counts[period] for period in periods))
    yield lines(f"Events by {unit}", Kind.NUMBER, unit, [period.isoformat() for period in periods], [series])


def _timeline(rows: Sequence[Part], description: Description) -> Listing:
    """The latest events by session; those of no session stand where their time is."""
    zone = ZoneInfo(description.timezone)
    sessions = _sessions(rows)
    has_ids = len({row["distinct_id"] for row in rows}) > 1
    shown = list(zip(sessions, rows, strict=True))[-_MOST_EVENTS:]
    groups = [
        Entries(
            _heading(day, [row for _, row in some], rows),
            tuple(_entry(row, description, has_ids=has_ids) for _, row in some),
        )
        for (_, day), some in (
            (key, list(each)) for key, each in groupby(shown, key=lambda pair: (pair[0], _day(pair[1], zone)))
        )
    ]
    left = len(rows) - len(shown)
    note = f"The latest {len(shown)} of {counted(len(rows), 'event')}; {left:,} before them are left out." * (left > 0)
    return Listing("Timeline", ("time", "event", "properties"), tuple(groups), note)


def _sessions(rows: Sequence[Part]) -> list[int]:
    """The session of each event; of those in none, the one before, 0 before the first."""
    found: list[int] = []
    for row in rows:
        found.append(row["session"] or (found[-1] if found else 0))
    return found


def _heading(day: date, some: Sequence[Part], rows: Sequence[Part]) -> str:
    session = next((row["session"] for row in some if row["session"] is not None), None)
    if session is None:
        return joined([day.isoformat(), "in no session"])
    times: list[datetime] = [row["time"] for row in rows if row["session"] == session]
    length = (times[-1] - times[0]).total_seconds()
    return joined(
        [
            f"Session {session:,}",
            day.isoformat(),
            counted(len(times), "event"),
            figure(length, Kind.SECONDS) if length else "",
        ]
    )


def _entry(row: Part, description: Description, *, has_ids: bool) -> Entry:
    place = [row["distinct_id"] if has_ids else "", "in no session" if row["session"] is None else ""]
    detail = joined([*place, told(row["properties"])])
    return Entry(moment_text(row["time"], description.timezone)[11:], row["event"], detail)


def _table(rows: Sequence[Part], description: Description) -> Table:
    table = tuple(
        (
            moment_text(row["time"], description.timezone),
            row["event"],
            row["distinct_id"],
            "" if row["session"] is None else f"{row['session']:,}",
            told(row["properties"]),
        )
        for row in rows
    )
    return Table("All events", ("time", "event", "id", "session", "properties"), table, labels=5)


def _day(row: Part, zone: ZoneInfo) -> date:
    time: datetime = row["time"]
    return time.astimezone(zone).date()
