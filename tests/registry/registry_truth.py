"""What the registry must have observed and published, by the events alone, in plain Python.

Written from the definitions of the columns, apart from the library and from `support.registry_oracle`. The sample is
checked where it is all events of a day and name, which holds for small days; of larger ones the exact part is.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from mixpanel_data.warehouse.base import Row
from support.published_events import PublishedEvent
from support.registry_world import REGISTRY_TABLES, RegistryWorld
from support.stored_rows import all_rows_of, as_sorted_text

Unit = tuple[date, str]
Figures = tuple[object, ...]
Seen = Mapping[tuple[str | None, str, str], Figures]
"""What a day of a name has by (property, path, type): events, first and last seen, lengths, range, and the sample."""

SMALL = 100
"""Up to so many events a day and name, the sample has all of them; it has about 200 of more."""
LISTED = 20
MOST_PROPERTIES = 500
STEPS = 3
_RUNS = {"updated_at", "detected_at", "retracted_at", "run_id", "judged_at", "applied_at", "marked_at"}
_STATE_TABLES = ("registry_pending", "registry_unjudged", "registry_judged", "registry_plan_entries")


def seen(world: RegistryWorld) -> dict[Unit, Seen]:
    """The stored observations by day and name; fails where a row stands there twice."""
    units: dict[Unit, dict[tuple[str | None, str, str], Figures]] = defaultdict(dict)
    for unit, rows in _by_unit(world.table("event_observations")).items():
        (count,) = (row["events"] for row in rows if row["type"] == "event")
        for row in rows:
            if row["path"] and count > SMALL:
                continue
            key = row["property"], row["path"], row["type"]
            assert key not in units[unit], (unit, key)
            units[unit][key] = _stored_figures(row, is_small=count <= SMALL)
    return dict(units)


def recounted(events: Iterable[PublishedEvent]) -> dict[Unit, Seen]:
    """The observations of these events."""
    units: dict[Unit, list[PublishedEvent]] = defaultdict(list)
    for event in events:
        units[event.happened_at.date(), event.name].append(event)
    return {unit: _observed(own) for unit, own in units.items()}


def undone(world: RegistryWorld) -> set[Unit]:
    """The days of names that wait to be observed: they are marked, or have events that came since units were marked."""
    marked_up_to = max((row["arrivals_up_to"] or 0 for row in _parts(world)), default=0)
    arrived = (row for row in world.table("event_arrivals") if row["seq"] > marked_up_to)
    return {(row["day"], row["event_name"]) for row in [*world.table("registry_pending"), *arrived]}


def _parts(world: RegistryWorld) -> list[Row]:
    """What the runs of the registry published."""
    return [row for row in world.table("job_runs") if row["job"] == "registry-updater" and row["part"] > 0]


def json_type(value: object) -> str:
    """The type of a JSON value; a number that is whole by its value is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "integer" if float(value).is_integer() else "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names[type(value)]


def assert_as_one_run(world: RegistryWorld, at: date | None) -> None:
    """All tables of the registry are those of one run over the same events in a new dataset."""
    other = world.fresh()
    other.update(at=at)
    stored, expected = comparable(world), comparable(other)
    for name, rows in stored.items():
        assert rows == expected[name], name


def comparable(world: RegistryWorld) -> dict[str, list[str]]:
    """All tables of the registry without what tells of runs; of changes those that hold."""
    with world.opened() as warehouse:
        tables = {name: warehouse.rows(all_rows_of(name)) for name in (*REGISTRY_TABLES, *_STATE_TABLES)}
    return {name: as_sorted_text(map(_without_runs, filter(_holds, rows))) for name, rows in tables.items()}


def assert_told_once(world: RegistryWorld) -> None:
    """No change is told in two messages, and each that is told is breaking."""
    breaking = {row["change_id"] for row in world.table("schema_changes") if row["is_breaking"]}
    told = Counter(one for row in world.table("alert_messages") for one in row["about"])
    assert [one for one, times in told.items() if times > 1] == []
    assert told.keys() <= breaking


def _holds(row: Row) -> bool:
    return row.get("retracted_at") is None


def _without_runs(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in _RUNS}


def _by_unit(rows: Iterable[Row]) -> Mapping[Unit, Sequence[Row]]:
    units: dict[Unit, list[Row]] = defaultdict(list)
    for row in rows:
        units[row["day"], row["event_name"]].append(row)
    return units


def _stored_figures(row: Row, *, is_small: bool) -> Figures:
    exact = tuple(
        row[name] for name in ("events", "first_seen", "last_seen", "min_length", "max_length", "least", "greatest")
    )
    if row["type"] == "others":
        return exact[0], row["distinct_values"]
    if not is_small:
        return exact
    listed = row["top_values"] if row["top_values"] is None else _listed(row["top_values"])
    return *exact, row["sampled"], row["distinct_values"], listed


def _listed(top_values: object) -> tuple[tuple[str, int], ...]:
    document: list[Any] = json.loads(top_values) if isinstance(top_values, str) else top_values  # type: ignore[assignment]
    return tuple((one["value"], one["events"]) for one in document)


def _observed(events: Sequence[PublishedEvent]) -> Seen:
    is_small = len(events) <= SMALL
    found: dict[tuple[str | None, str, str], list[tuple[datetime, object]]] = defaultdict(list)
    for event in events:
        found[None, "", "event"].append((event.happened_at, None))
        for name, value in event.properties.items():
            found[name, "", json_type(value)].append((event.happened_at, value))
            for path, type_, deep in _below(value) if is_small else ():
                found[name, path, type_].append((event.happened_at, deep))
    kept, others = _kept(events)
    rows = {key: _figures(key, values, is_small=is_small) for key, values in found.items() if key[0] in kept}
    return rows | ({(None, "", "others"): others} if others[1] else {})


def _kept(events: Sequence[PublishedEvent]) -> tuple[set[str | None], tuple[int, int]]:
    """The properties of which there are rows, most events first, and the counts of the others."""
    counts = Counter(name for event in events for name in event.properties)
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    others = ranked[MOST_PROPERTIES:]
    return {None, *ranked[:MOST_PROPERTIES]}, (sum(counts[name] for name in others), len(others))


def _below(value: object) -> Iterator[tuple[str, str, tuple[object, ...]]]:
    """Each path and type below a value with the values there, up to three steps deep."""
    found: dict[tuple[str, str], list[object]] = defaultdict(list)
    level: list[tuple[str, object]] = [("", value)]
    for _ in range(STEPS):
        level = [(path + step, below) for path, own in level for step, below in _steps(own)]
        for path, own in level:
            found[path, json_type(own)].append(own)
    for (path, type_), values in found.items():
        yield path, type_, tuple(values)


def _steps(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        yield from (("[*]", one) for one in value)
    elif isinstance(value, dict):
        yield from ((_step(name), one) for name, one in value.items())


def _step(name: str) -> str:
    is_plain = name.isascii() and name.isidentifier()
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f".{name}" if is_plain else f"['{escaped}']"


def _figures(key: tuple[str | None, str, str], found: Sequence[tuple[datetime, object]], *, is_small: bool) -> Figures:
    name, path, type_ = key
    times = [at for at, _ in found]
    # Below a property an event can have several values of a type, and counts once for each of them that is distinct.
    held = [values if path else (values,) for _, values in found]
    values = [one for own in held for one in own]  # type: ignore[attr-defined]
    lengths = [len(one) for one in values] if type_ == "string" else [None]
    numbers = [float(one) for one in values] if type_ in ("integer", "number") else [None]
    exact = (len(found), min(times), max(times), min(lengths), max(lengths), min(numbers), max(numbers))  # type: ignore[type-var]
    if not is_small:
        return exact
    if name is None or type_ in ("null", "array", "object"):
        return *exact, len(found), None, None
    counts = Counter(text for own in held for text in {_text(one) for one in own})  # type: ignore[attr-defined]
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return *exact, len(found), len(counts), tuple(ranked[:LISTED])


def _text(value: object) -> str:
    """A value as text: a whole number without a fraction."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value)
