"""What can happen to a dataset and to the registry over it, and how a state machine draws it.

Events come as stretches: some days of one event, whose properties look as a `Look` has them. A later stretch over the
same days of a name takes the place of the earlier events: they are resolved again, with other contents.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from support.published_events import PublishedEvent
from support.registry_world import TODAY
from support.run_fates import UNDISTURBED, KilledAt, Undisturbed

NAMES = ("Checkout", "Chekout", "check out", "Card Opened", "Cart Opened", "signup.v2", "Ärger 'n' \"Spaß\"")
HISTORY_DAYS = 130
"""Stretches lie in so many days before today, and on today."""

Look = Callable[[int, int], dict[str, Any]]
"""The properties of the n-th event of a day, by its number and that of the day."""


def _plain(number: int, day: int) -> dict[str, Any]:
    return {"amount": number * 5, "plan": ("free", "gold")[number % 2], "$os": "iOS", "mp_lib": "web"}


def _rising(number: int, day: int) -> dict[str, Any]:
    return {**_plain(number, day), "amount": number + 0.5, "plan": f"plan {day}-{number}", "$lib_version": "2.0.0"}


def _broken(number: int, day: int) -> dict[str, Any]:
    version = ("4.1.0", "4.2.0")[number % 2]
    return {**_plain(number, day), "amount": ("12", 7)[number % 2 == 0], "$app_version_string": version}


def _empty(number: int, day: int) -> dict[str, Any]:
    return {"$os": "iOS", "amount": None, "plan": None} if number % 3 else {}


def _sparse(number: int, day: int) -> dict[str, Any]:
    return {"mp_lib": "web"} if number % 2 else {**_plain(number, day), "note": "x" * (day % 7)}


def _deep(number: int, day: int) -> dict[str, Any]:
    items = [{"sku": f"s{number % 3}", "price": number}, {"sku": None}, "loose"][: number % 4]
    return {
        **_plain(number, day),
        "cart": {"items": items, "city": ("Berlin", 7, None)[number % 3], "a.b": {"c": {"d": {"e": number}}}},
        "tags": ["a", number, None, [1]][: number % 5],
    }


def _mixed(number: int, day: int) -> dict[str, Any]:
    values: tuple[Any, ...] = (1, 1.0, 1.5, "1", True, None, [], {}, "", "2040-03-01T10:00:00Z", 10**17, -3)
    return {"amount": values[(number + day) % len(values)], "Amount": number, "a mount": "x", "": day}


LOOKS: Mapping[str, Look] = {
    "plain": _plain,
    "rising": _rising,
    "broken": _broken,
    "empty": _empty,
    "sparse": _sparse,
    "deep": _deep,
    "mixed": _mixed,
}

PLANS: Sequence[Mapping[str, Any] | None] = [
    None,
    {
        "naming": {"events": "Title Case", "properties": "snake_case"},
        "context": {"required": ["$os"]},
        "events": {
            "Checkout": {
                "description": "Somebody pays.",
                "owner": "shop",
                "status": "active",
                "schema": {
                    "properties": {
                        "amount": {"type": "number", "minimum": 0, "maximum": 20},
                        "plan": {"enum": ["free", "pro"]},
                        "note": {"type": "string", "maxLength": 3, "deprecated": True},
                    },
                    "required": ["amount"],
                    "additionalProperties": False,
                },
            },
            "Cart Opened": {"status": "blocked", "description": "Gone."},
            "Never Seen": {"status": "experimental"},
        },
    },
    {
        "naming": {"events": "object.action"},
        "version_properties": ["$app_version_string"],
        "events": {
            "Checkout": {
                "owner": "till",
                "status": "deprecated",
                "schema": {
                    "properties": {
                        "amount": {"type": ["integer", "null"]},
                        "plan": {"type": "string", "pattern": "^[a-z]+$"},
                        "cart": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
                        "tags": {"type": "array", "items": {"type": "string"}},
                    },
                    "required": ["plan", "cart"],
                },
            },
            "signup.v2": {"status": "experimental", "schema": {"additionalProperties": False}},
        },
    },
]


@dataclass(frozen=True)
class Stretch:
    """The collector publishes `a_day` events of a name on each of some days, beginning so many days before today."""

    name: str
    begins: int
    days: int
    a_day: int
    look: str

    def events(self) -> list[PublishedEvent]:
        """The events; nothing lies in the future."""
        return [
            self._event(number, days_ago)
            for days_ago in range(self.begins, max(self.begins - self.days, -1), -1)
            for number in range(self.a_day)
        ]

    def _event(self, number: int, days_ago: int) -> PublishedEvent:
        # The last minute of a day belongs to it, and the hours before noon are all that today has.
        at = TODAY.replace(hour=0) - timedelta(days=days_ago) + timedelta(minutes=number * (700 // self.a_day))
        # Ids are hashes, by which the sample is chosen.
        mark = hashlib.sha256(f"{self.name} {days_ago}-{number}".encode()).hexdigest()
        properties = LOOKS[self.look](number, HISTORY_DAYS - days_ago)
        return PublishedEvent(self.name, at.strftime("%Y-%m-%d %H:%M:%S"), "ann", mark, properties)


@dataclass(frozen=True)
class Forgotten:
    """Of the events of a name, every so many-th is deleted."""

    name: str
    every: int


@dataclass(frozen=True)
class Shifted:
    """The first events of a name turn out to have happened so many days before today."""

    name: str
    events: int
    days_ago: int


Change = Stretch | Forgotten | Shifted


@dataclass(frozen=True)
class Interrupted:
    """At this step of the run, the collector publishes, and another run does its work or finds this one at it."""

    step: int
    change: Change


Fate = Undisturbed | KilledAt | Interrupted

_STRETCHES = st.builds(
    Stretch,
    st.sampled_from(NAMES),
    st.integers(0, HISTORY_DAYS),
    st.integers(1, 50),
    st.integers(1, 12),
    st.sampled_from(sorted(LOOKS)),
)
_LONG = st.builds(
    Stretch,
    st.sampled_from(NAMES[:3]),
    st.integers(60, HISTORY_DAYS),
    st.integers(50, HISTORY_DAYS),
    st.integers(6, 12),
    st.sampled_from(["plain", "deep"]),
)
# More events on a day than the sample takes.
_DENSE = st.builds(
    Stretch,
    st.sampled_from(NAMES[:2]),
    st.integers(0, HISTORY_DAYS),
    st.just(1),
    st.just(700),
    st.sampled_from(["deep", "mixed", "rising"]),
)
GIVEN = st.lists(_LONG, min_size=1, max_size=2)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    _STRETCHES,
    _STRETCHES,
    _LONG,
    _DENSE,
    st.builds(Forgotten, st.sampled_from(NAMES), st.integers(1, 4)),
    st.builds(Shifted, st.sampled_from(NAMES), st.integers(1, 30), st.integers(-2, HISTORY_DAYS)),
)
# Days beside which a few events are no twentieth, and such events of them.
LARGE_DAYS = st.builds(
    Stretch, st.sampled_from(NAMES[:1]), st.just(5), st.just(6), st.just(60), st.sampled_from(sorted(LOOKS))
)
FEW: st.SearchStrategy[Change] = st.one_of(
    st.builds(
        Stretch,
        st.sampled_from(NAMES[:2]),
        st.integers(0, 5),
        st.integers(1, 6),
        st.integers(1, 2),
        st.sampled_from(sorted(LOOKS)),
    ),
    st.builds(Forgotten, st.sampled_from(NAMES[:1]), st.integers(40, 80)),
    st.builds(Shifted, st.sampled_from(NAMES[:1]), st.integers(1, 2), st.integers(-2, 5)),
)
FATES: st.SearchStrategy[Fate] = st.one_of(
    st.just(UNDISTURBED),
    st.just(UNDISTURBED),
    st.builds(KilledAt, st.integers(1, 120)),
    st.builds(Interrupted, st.integers(1, 80), CHANGES),
)
ATS = st.integers(0, HISTORY_DAYS).map(lambda days: (TODAY - timedelta(days=days)).date())
