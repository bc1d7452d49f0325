"""What event_observations has to say, counted again in plain Python from the stored events."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from mixpanel_data.warehouse.base import Row

Key = tuple[date, str, str | None, str, str]
"""Day, event name, property, path and type."""

SAMPLE = 200
MOST_PROPERTIES = 500
MOST_VALUES = 20
STEPS = 3
_SCALARS = ("string", "integer", "number", "boolean")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(slots=True)
class Held:
    """What some events hold at one place in one type."""

    events: dict[str, datetime] = field(default_factory=dict)
    measures: list[float] = field(default_factory=list)
    sampled: set[str] = field(default_factory=set)
    values: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, event: Row, value: Any, *, is_sampled: bool) -> None:
        """An event that holds the value."""
        self.events[event["event_id"]] = event["event_timestamp"]
        if isinstance(value, str):
            self.measures.append(len(value))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self.measures.append(float(value))
        if is_sampled:
            self.sampled.add(event["event_id"])
            self.values[text_of(value)].add(event["event_id"])


def observations(events: Iterable[Row]) -> dict[Key, Mapping[str, Any]]:
    """The rows of event_observations by their key, without the columns of the key; top_values as pairs."""
    units: dict[tuple[date, str], list[Row]] = defaultdict(list)
    for event in events:
        units[event["event_timestamp"].date(), event["event_name"]].append(event)
    return {(*unit, *key): figures for unit, own in units.items() for key, figures in _of_unit(own)}


def is_sampled(event_id: str, events: int) -> bool:
    """Whether an event is in the sample of a unit that has so many events."""
    halvings = round(math.log2(events / SAMPLE))
    return halvings <= 0 or event_id < "0" * ((halvings - 1) // 4) + "8421"[(halvings - 1) % 4]


def type_of(value: Any) -> str:
    """The type of a JSON value; a number that is whole is an integer, however it is written."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if float(value).is_integer() else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def text_of(value: Any) -> str:
    """A single value as top_values has it; anything for others."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int | float) and float(value).is_integer() and abs(value) < 2**53:
        return str(int(value))
    # Beyond 64 bits an integer is a double, as BigQuery has it.
    return str(float(value) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value)


def step_to(name: str) -> str:
    """The JSONPath step to a member."""
    if _PLAIN_NAME.fullmatch(name):
        return f".{name}"
    return "['" + name.replace("\\", "\\\\").replace("'", "\\'") + "']"


def places(value: Any, path: str = "", steps: int = STEPS) -> Iterator[tuple[str, Any]]:
    """The value and everything in it down to so many steps, each with its path."""
    yield path, value
    if steps and isinstance(value, dict):
        for name, member in value.items():
            yield from places(member, path + step_to(name), steps - 1)
    if steps and isinstance(value, list):
        for element in value:
            yield from places(element, path + "[*]", steps - 1)


def _of_unit(events: Sequence[Row]) -> Iterator[tuple[tuple[str | None, str, str], Mapping[str, Any]]]:
    sampled = {event["event_id"] for event in events if is_sampled(event["event_id"], len(events))}
    held: dict[tuple[str, str, str], Held] = defaultdict(Held)
    for event in events:
        in_sample = event["event_id"] in sampled
        for name, value in event["properties"].items():
            for path, place in places(value, steps=STEPS if in_sample else 0):
                held[name, path, type_of(place)].add(event, place, is_sampled=in_sample)
    kept, rest = _by_frequency(held)
    yield (None, "", "event"), _figures({each["event_id"]: each["event_timestamp"] for each in events}, len(sampled))
    if rest:
        yield (None, "", "others"), _figures_of_others(held, rest)
    for (name, path, kind), one in held.items():
        if name in kept:
            yield (name, path, kind), _figures_of(one, kind)


def _by_frequency(held: Mapping[tuple[str, str, str], Held]) -> tuple[set[str], set[str]]:
    counts: Counter[str] = Counter()
    for (name, path, _), one in held.items():
        counts[name] += len(one.events) if path == "" else 0
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    return set(ranked[:MOST_PROPERTIES]), set(ranked[MOST_PROPERTIES:])


def _figures(times: Mapping[str, datetime], sampled: int) -> dict[str, Any]:
    return {
        "events": len(times),
        "first_seen": min(times.values()),
        "last_seen": max(times.values()),
        "min_length": None,
        "max_length": None,
        "least": None,
        "greatest": None,
        "sampled": sampled,
        "distinct_values": None,
        "top_values": None,
    }


def _figures_of_others(held: Mapping[tuple[str, str, str], Held], rest: set[str]) -> dict[str, Any]:
    others = [one for (name, path, _), one in held.items() if name in rest and path == ""]
    times = {(number, event_id): at for number, one in enumerate(others) for event_id, at in one.events.items()}
    figures = _figures({str(key): at for key, at in times.items()}, sum(len(one.sampled) for one in others))
    return {**figures, "distinct_values": len(rest)}


def _figures_of(held: Held, kind: str) -> dict[str, Any]:
    figures = _figures(held.events, len(held.sampled))
    if kind == "string":
        figures |= {"min_length": int(min(held.measures)), "max_length": int(max(held.measures))}
    if kind in ("integer", "number"):
        figures |= {"least": min(held.measures), "greatest": max(held.measures)}
    if kind in _SCALARS:
        counts = {value: len(having) for value, having in held.values.items()}
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        figures |= {"distinct_values": len(counts), "top_values": ranked[:MOST_VALUES]}
    return figures
