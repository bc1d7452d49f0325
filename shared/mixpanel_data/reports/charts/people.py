"""The charts of what is asked about users themselves."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mixpanel_data.configuration.reports.people import Cohort
from mixpanel_data.reports.charts.counts import lines_of
from mixpanel_data.reports.charts.parts import grouped
from mixpanel_data.reports.charts.shapes import (
    Bar,
    Bars,
    Chart,
    Description,
    Entries,
    Entry,
    Group,
    Kind,
    Listing,
    Part,
    Table,
    shares_of,
)
from mixpanel_data.reports.charts.texts import NOTHING, moment_text, value_text
from mixpanel_data.reports.people.properties import OF_THE_EVENT

_MOST_BARS = 10
_MOST_PROFILES = 100
_MOST_MEMBERS = 20
_MOST_PROPERTIES = 60
_MOST_CHANGED = 20
_MOST_CHANGES = 8
"""Of one property."""
# Mixpanel's own properties, such as $browser, tell less of an event than those that somebody gave it.
_OF_MIXPANEL = ("$", "mp_")


def charts_of_profile(description: Description, part: Part) -> list[Chart]:
    """Totals, the most frequent events, the properties that changed, and the latest of all properties."""
    return [
        _totals(description, part),
        bars_of_events("Events", part["events_by_name"]),
        _changes(description, part["rows"]),
        _latest(description, part),
    ]


def bars_of_events(title: str, counts: Mapping[str, int]) -> Bars:
    """The most frequent events, of counts by name in their order."""
    shares = shares_of(list(counts.values()))
    bars = [Bar(name, count, share) for (name, count), share in zip(counts.items(), shares, strict=True)]
    note = f"The {_MOST_BARS} most frequent of {len(bars):,} events." if len(bars) > _MOST_BARS else ""
    return Bars(title, Kind.NUMBER, (Group("", tuple(bars[:_MOST_BARS])),), note)


def _totals(description: Description, part: Part) -> Listing:
    figures = {
        "user": part["user"],
        "ids": ", ".join(part["ids"]),
        "events": f"{part['events']:,}",
        "first seen": _time(part["first_seen"], description),
        "last seen": _time(part["last_seen"], description),
        "active days": f"{part['active_days']:,}",
        "sessions": f"{part['sessions']:,}",
    }
    return Listing("In all", ("figure", "value"), (_listed(Entry(*figure) for figure in figures.items()),))


def _changes(description: Description, rows: Sequence[Part]) -> Listing:
    """The values of each property that had more than one; those that changed least often come first."""
    by_property = {name: some for (name,), some in grouped(rows, "property").items() if len(some) > 1}
    changed = sorted(by_property, key=lambda name: (len(by_property[name]), name))
    shown = changed[:_MOST_CHANGED]
    groups = tuple(_of_property(name, by_property[name], description) for name in shown)
    kept = sum(len(group.entries) for group in groups)
    left = sum(map(len, by_property.values())) - kept
    note = f"The latest {kept:,} values; {left:,} more are left out." if left else ""
    return Listing("Properties that changed", ("time", "change", "event"), groups, note)


def _of_property(name: str, rows: Sequence[Part], description: Description) -> Entries:
    entries = [
        Entry(_time(row["time"], description), _change(row, is_first=number == 0), row["event"])
        for number, row in enumerate(rows)
    ]
    return Entries(name, tuple(entries[-_MOST_CHANGES:]))


def _change(row: Part, *, is_first: bool) -> str:
    return value_text(row["to"]) if is_first else f"{value_text(row['from'])} → {value_text(row['to'])}"


def _latest(description: Description, part: Part) -> Listing:
    since = {row["property"]: _day(row["time"], description) for row in part["rows"]}
    names = sorted(part["properties"], key=lambda name: (name.startswith(_OF_MIXPANEL), name))
    entries = [Entry(name, value_text(part["properties"][name]), since[name]) for name in names]
    note = f"The first {_MOST_PROPERTIES} of {len(names):,} properties." if len(names) > _MOST_PROPERTIES else ""
    return Listing(
        "Latest properties, and since when",
        ("property", "value", "since"),
        (_listed(entries[:_MOST_PROPERTIES]),),
        note,
    )


def charts_of_profiles(description: Description, part: Part) -> list[Chart]:
    """Each user's events and properties: the first in a listing, and all in a table."""
    rows = part["rows"]
    entries = [Entry(row["user"], _activity(row, description), told(row["properties"])) for row in rows]
    note = f"The first {_MOST_PROFILES} of {len(rows):,} users." if len(rows) > _MOST_PROFILES else ""
    columns = ("user", "events", "properties")
    table = tuple(
        (
            row["user"],
            ", ".join(row["ids"]),
            told(row["properties"]),
            _time(row["first_seen"], description),
            _time(row["last_seen"], description),
            f"{row['events']:,}",
        )
        for row in rows
    )
    return [
        Listing(counted(len(rows), "user"), columns, (_listed(entries[:_MOST_PROFILES]),), note),
        Table("Users", ("user", "ids", "properties", "first seen", "last seen", "events"), table, labels=5),
    ]


def _activity(row: Part, description: Description) -> str:
    first, last = (_day(row[name], description) for name in ("first_seen", "last_seen"))
    days = first if first == last else f"{first} to {last}"
    return f"{counted(row['events'], 'event')}, {days}"


def charts_of_cohort(definition: Cohort, description: Description, part: Part) -> list[Chart]:
    """The size by period, if there are periods, and the members: the first in a listing, and all in a table."""
    members = part["members"]
    note = f"The first {_MOST_MEMBERS} of {len(members):,} members." if len(members) > _MOST_MEMBERS else ""
    entries = tuple(Entry(member, "") for member in members[:_MOST_MEMBERS])
    listing = Listing(counted(len(members), "member"), ("user",), (Entries("", entries),), note)
    charts: list[Chart] = [listing]
    if len(members) > _MOST_MEMBERS:
        charts.append(Table("Members", ("user",), tuple((member,) for member in members)))
    if part["from_date"] is None:
        return charts
    return [lines_of("Size", Kind.NUMBER, definition.unit.value, {"size": "users"}, description, [part]), *charts]


def told(properties: Mapping[str, Any]) -> str:
    """What properties tell of an event or a user, in one line; those that Mixpanel adds by itself come last."""
    named = [name for name in properties if name not in OF_THE_EVENT and properties[name] is not None]
    ordered = sorted(named, key=lambda name: (name.startswith(_OF_MIXPANEL), name))
    return ", ".join(f"{name}={value_text(properties[name])}" for name in ordered)


def counted(number: int, thing: str) -> str:
    """A number of things."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _listed(entries: Iterable[Entry]) -> Entries:
    return Entries("", tuple(entries))


def _time(time: datetime | None, description: Description) -> str:
    return NOTHING if time is None else moment_text(time, description.timezone)


def _day(time: datetime, description: Description) -> str:
    return moment_text(time, description.timezone)[:10]
