"""A world in which one knows what changed: 60 days of events, with drift put in beside all that only looks like drift.

The events are plain dicts; `property_days` and `event_days` count them as the observations do.
"""

import builtins
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from mixpanel_data.registry.judging.shapes import EventDay, PropertyDay

START = date(2026, 1, 5)
DAYS = 60
AT = START + timedelta(days=DAYS - 1)
OLD_VERSION, NEW_VERSION = "4.9.2", "4.10.0"
VERSION_PROPERTY = "$app_version_string"

_LISTED_VALUES = 20
_SAMPLE = 200

Value = Callable[[random.Random, int, bool], Any]
"""The value of a property, from a source of chance, the number of the day, and whether the new version sends it."""

ABSENT = object()


@dataclass(frozen=True)
class Drift:
    """What was put in, and the number of the day on which it begins; `property` is None for the event itself."""

    day: int
    kind: str
    event_name: str
    property: str | None = None
    first_bad: str | None = None

    @builtins.property
    def begins(self) -> date:
        return START + timedelta(days=self.day)


@dataclass
class World:
    """Events by name and day, and what was put into them."""

    events: dict[str, dict[int, list[dict[str, Any]]]] = field(default_factory=dict)
    drifts: list[Drift] = field(default_factory=list)
    _counted: dict[str, dict[str, list[PropertyDay]]] = field(default_factory=dict)

    def event_days(self, name: str) -> list[EventDay]:
        return [EventDay(START + timedelta(days=day), len(events)) for day, events in self._days(name)]

    def keys(self, name: str) -> set[str]:
        return {key for _, events in self._days(name) for event in events for key in event}

    def property_days(self, name: str, key: str) -> list[PropertyDay]:
        """One for each day of the event."""
        if name not in self._counted:
            keys = sorted(self.keys(name))
            by_day = [_property_days(day, keys, events) for day, events in self._days(name)]
            self._counted[name] = {key: [days[key] for days in by_day] for key in keys}
        return self._counted[name][key]

    def _days(self, name: str) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        return ((day, events) for day, events in sorted(self.events[name].items()) if events)


_KINDS: Mapping[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    str: "string",
    list: "array",
    dict: "object",
}


def kind_of(value: Any) -> str:
    """The JSON type as observations name it."""
    return _KINDS.get(type(value)) or ("integer" if value.is_integer() else "number")


def _property_days(day: int, keys: Sequence[str], events: Sequence[Mapping[str, Any]]) -> dict[str, PropertyDay]:
    types: dict[str, Counter[str]] = {key: Counter() for key in keys}
    values: dict[str, set[tuple[str, str]]] = {key: set() for key in keys}
    for number, event in enumerate(events):
        for key, value in event.items():
            kind = kind_of(value)
            types[key][kind] += 1
            # The events of a day stand in no order, so that the first of them are a sample.
            if number < _SAMPLE and kind not in ("null", "array", "object"):
                values[key].add((kind, str(value)))
    return {key: _property_day(day, len(events), types[key], values[key]) for key in keys}


def _property_day(day: int, of: int, types: Counter[str], values: set[tuple[str, str]]) -> PropertyDay:
    listed = frozenset(text for _, text in values) if len(values) <= _LISTED_VALUES else None
    return PropertyDay(START + timedelta(days=day), of, dict(types), listed, len(values))


# Values.


def words(*choices: str) -> Value:
    return lambda chance, _day, _is_new: chance.choice(choices)


def number(least: int, most: int) -> Value:
    return lambda chance, _day, _is_new: chance.randint(least, most)


def amount(chance: random.Random, day: int, is_new: bool) -> Any:
    """Mostly with cents."""
    return chance.randint(100, 9900) / 100


def identifier(chance: random.Random, day: int, is_new: bool) -> Any:
    return f"{chance.getrandbits(48):012x}"


def anything(chance: random.Random, day: int, is_new: bool) -> Any:
    return chance.choice(["text", 7, 2.5, True, None, ["a"], {"b": 1}])


def nothing(chance: random.Random, day: int, is_new: bool) -> Any:
    return None


def flag(chance: random.Random, day: int, is_new: bool) -> Any:
    return chance.random() < 0.5


def optional(share: float, value: Value) -> Value:
    return lambda chance, day, is_new: value(chance, day, is_new) if chance.random() < share else ABSENT


def on_weekends(share: float, weekend_share: float, value: Value) -> Value:
    """Optional, less often on weekends."""

    def made(chance: random.Random, day: int, is_new: bool) -> Any:
        return optional(weekend_share if day % 7 >= 5 else share, value)(chance, day, is_new)

    return made


def with_strays(share: float, value: Value, stray: Value) -> Value:
    return lambda chance, day, is_new: (stray if chance.random() < share else value)(chance, day, is_new)


def bad_day(on: int, share: float, value: Value, stray: Value) -> Value:
    """As `with_strays`, on one day."""

    def made(chance: random.Random, day: int, is_new: bool) -> Any:
        return with_strays(share if day == on else 0.0, value, stray)(chance, day, is_new)

    return made


def since(start: int, before: Value, after: Value, *, of_version: bool = False) -> Value:
    """Another value from a day on: in all events, or in those of the new version."""

    def made(chance: random.Random, day: int, is_new: bool) -> Any:
        return (after if day >= start and (is_new or not of_version) else before)(chance, day, is_new)

    return made


def absent(chance: random.Random, day: int, is_new: bool) -> Any:
    return ABSENT


# Volumes: events of a day.


def steady(events: float) -> Callable[[random.Random, int], int]:
    """About so many a day, a third of it on weekends."""
    return lambda chance, day: _about(chance, events * (0.35 if day % 7 >= 5 else 1.0))


def bursty(events: float) -> Callable[[random.Random, int], int]:
    """Few on most days, ten times as many on some."""
    return lambda chance, _day: _about(chance, events * (10 if chance.random() < 0.1 else chance.uniform(0.3, 1.7)))


def _about(chance: random.Random, expected: float) -> int:
    return max(0, round(chance.gauss(expected, expected**0.5)))


# The world.


def drifting_world(seed: int) -> World:
    """Twelve kinds of drift and twenty kinds of noise, on days and at volumes that the seed chooses."""
    chance = random.Random(seed)
    world = World()
    made = _Maker(world, chance)
    start = [chance.randint(14, 45) for _ in range(20)]
    rollout = chance.uniform(0.12, 0.5)
    made.event(
        "Purchase",
        steady(chance.choice([60, 150, 400])),
        {
            "price": since(start[0], number(1, 90), identifier),
            "amount": since(start[1], amount, nothing, of_version=True),
            "code": since(start[2], words("a", "b"), number(0, 9), of_version=True),
            "is_gift": since(start[3], flag, words("yes", "no")),
            "currency": words("EUR", "USD"),
            **_quiet(chance),
        },
        newer=rollout,
        new_since=min(start[1], start[2]) - 2,
    )
    made.drift(start[0], "type_changed", "Purchase", "price")
    made.drift(start[1], "type_changed", "Purchase", "amount", NEW_VERSION)
    made.drift(start[2], "type_changed", "Purchase", "code", NEW_VERSION)
    made.drift(start[3], "type_changed", "Purchase", "is_gift")
    made.event(
        "Page Viewed",
        steady(chance.choice([80, 150, 500])),
        {
            "title": since(start[4], words("a", "b", "c"), absent),
            "referrer": since(start[5], number(1, 9), absent, of_version=True),
            "campaign": since(start[6], optional(0.5, words("x", "y")), optional(0.08, words("x", "y"))),
            "theme": since(start[7], absent, words("dark", "light")),
            "tag": since(start[8], absent, optional(0.3, words("s", "t"))),
            "screen": since(start[9], words("home", "cart", "about"), identifier),
            **_quiet(chance),
        },
        newer=rollout,
        new_since=start[5] - 1,
    )
    made.drift(start[4], "became_sparse", "Page Viewed", "title")
    made.drift(start[5], "became_sparse", "Page Viewed", "referrer", NEW_VERSION)
    made.drift(start[6], "became_sparse", "Page Viewed", "campaign")
    made.drift(start[7], "new_property", "Page Viewed", "theme")
    made.drift(start[8], "new_property", "Page Viewed", "tag")
    made.drift(start[9], "cardinality_exploded", "Page Viewed", "screen")
    made.event("Invite Sent", steady(chance.choice([30, 200])), _quiet(chance), days=range(start[10], DAYS))
    made.drift(start[10], "new_event", "Invite Sent")
    gone = chance.randint(12, 27)
    made.event("Survey Closed", steady(chance.choice([30, 200])), _quiet(chance), days=range(gone))
    seen = [day for day, events in world.events["Survey Closed"].items() if events]
    made.drift(max(seen) + 30, "became_dormant", "Survey Closed")
    back = chance.randint(50, 56)
    made.event("Export Done", steady(40), _quiet(chance), days=[*range(12), *range(back, DAYS)])
    seen = [day for day, events in world.events["Export Done"].items() if events]
    made.drift(max(day for day in seen if day < 12) + 30, "became_dormant", "Export Done")
    made.drift(min(day for day in seen if day >= back), "came_back", "Export Done")
    _add_typos(made, chance)
    made.event("Item Searched", bursty(chance.choice([8, 30, 80])), _quiet(chance))
    made.event("Card Opened", steady(90), {"card_id": identifier, "issuer": words("a", "b"), **_quiet(chance)})
    made.event("Cart Opened", steady(4), {"cart_id": identifier, "items": number(1, 9), "coupon": flag})
    made.event("Tour Step 1", steady(100), {"step": number(1, 9)})
    made.event("Tour Step 2", steady(4), {"step": number(1, 9)})
    made.event(
        "Rarely Used", steady(chance.uniform(0.1, 1.0)), {"plan": words("a", "b"), "note": optional(0.5, anything)}
    )
    return world


def _add_typos(made: "_Maker", chance: random.Random) -> None:
    """A frequent event, three misspellings of its name, and the same event under a new name."""
    own: Mapping[str, Value] = {"plan": words("free", "pro"), "seats": number(1, 9), "note": optional(0.2, identifier)}
    made.event("Account Created", steady(250), own)
    for name, events in (("account_created", 5), ("Acount Created", 2), ("Account Craeted", 0.4)):
        first = chance.randint(8, 40)
        made.event(name, steady(events), own, days=range(first, DAYS))
        seen = [day for day, dicts in made.world.events[name].items() if dicts]
        if seen:
            made.drift(min(seen), "likely_typo", name)
    renamed = chance.randint(15, 45)
    made.event("Login Failed", steady(100), own, days=range(renamed))
    made.event("login_failed", steady(100), own, days=range(renamed, DAYS))
    made.drift(
        min(day for day, dicts in made.world.events["login_failed"].items() if dicts), "new_event", "login_failed"
    )
    unseen = max(day for day, dicts in made.world.events["Login Failed"].items() if dicts) + 30
    if unseen < DAYS:
        made.drift(unseen, "became_dormant", "Login Failed")


def _quiet(chance: random.Random) -> dict[str, Value]:
    """Properties of which nothing is to be told."""
    bad = chance.randint(8, 58)
    return {
        "quiet_text": words("a", "b", "c"),
        "quiet_number": amount,
        "quiet_whole": number(1, 1000),
        "quiet_id": identifier,
        "quiet_anything": anything,
        "quiet_nullable": with_strays(chance.uniform(0.05, 0.6), words("x", "y"), nothing),
        "quiet_strays": with_strays(0.008, number(1, 9), words("oops")),
        "quiet_null_strays": with_strays(0.008, words("a", "b"), nothing),
        "quiet_bad_day": bad_day(bad, 0.3, words("a", "b"), number(1, 9)),
        "quiet_bad_null_day": bad_day(bad, 0.3, number(1, 9), nothing),
        "quiet_gap": bad_day(bad, 0.3, words("a", "b"), absent),
        "quiet_lacking": with_strays(0.008, words("a", "b"), absent),
        "quiet_optional": optional(chance.uniform(0.1, 0.9), words("a", "b", "c")),
        "quiet_rare": optional(0.02, words("a", "b")),
        "quiet_rarest": optional(0.002, anything),
        "quiet_weekdays": on_weekends(0.6, 0.2, words("a", "b")),
        "quiet_twenty": lambda chance, _day, _is_new: f"v{min(19, int(chance.expovariate(0.25)))}",
        "$os": since(bad, words("iOS", "Android"), number(1, 3)),
    }


@dataclass
class _Maker:
    world: World
    chance: random.Random

    def event(
        self,
        name: str,
        volume: Callable[[random.Random, int], int],
        values: Mapping[str, Value],
        *,
        days: Sequence[int] = range(DAYS),
        newer: float = 0.0,
        new_since: int = DAYS,
    ) -> None:
        """Events of a name; from day `new_since` on, a share of `newer` comes from the new version."""
        made: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for day in days:
            for _ in range(volume(self.chance, day)):
                is_new = day >= new_since and self.chance.random() < newer
                made[day].append(self._event(values, day, is_new))
        self.world.events[name] = made

    def _event(self, values: Mapping[str, Value], day: int, is_new: bool) -> dict[str, Any]:
        own = {key: value(self.chance, day, is_new) for key, value in values.items()}
        version = NEW_VERSION if is_new else OLD_VERSION
        return {VERSION_PROPERTY: version, **{key: value for key, value in own.items() if value is not ABSENT}}

    def drift(self, day: int, kind: str, name: str, key: str | None = None, first_bad: str | None = None) -> None:
        self.world.drifts.append(Drift(day, kind, name, key, first_bad))
