"""The candidates of the event registry's judgement come out the same on both engines."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from mixpanel_data.registry.judging.own_keys import PATTERN
from mixpanel_data.registry.judging.statements import CANDIDATES, PROPERTY_SHARES
from mixpanel_data.registry.judging.statistics.sequential import PER_HIT, PER_MISS
from sql.same import outcome
from support.drift_world import ABSENT, START, Value, nothing, number, optional, since, with_strays, words
from support.observed_rows import observed

_DAYS = 45
_AT = START + timedelta(days=_DAYS - 1)
_EMPTY = dict.fromkeys(("min_length", "max_length", "least", "greatest"))
_VALUES: dict[str, Value] = {
    "changed": since(20, words("a"), number(1, 9)),
    "nested": since(20, lambda *_: [{"sku": "a"}], lambda *_: [{"sku": 1}]),
    "lost": since(20, words("a"), optional(0.5, words("a"))),
    "nullable": with_strays(0.3, words("a", "b"), nothing),
    "exploded": since(20, words("a", "b"), lambda chance, *_: chance.random()),
    "mixed": with_strays(0.4, number(1, 9), words("a")),
    "$os": since(20, words("iOS"), number(1, 9)),
    "quiet": words("a", "b"),
}  # fmt: skip


def _rows() -> list[dict[str, Any]]:
    chance = random.Random(1)
    found = []
    for day in range(_DAYS):
        made = [{key: value(chance, day, False) for key, value in _VALUES.items()} for _ in range(20)]
        events = [{key: value for key, value in event.items() if value is not ABSENT} for event in made]
        for row in observed("Purchase", START + timedelta(days=day), events):
            of_day = date.fromisoformat(row["day"])
            at = datetime.combine(of_day, time(), UTC)
            found.append({**_EMPTY, **row, "day": of_day, "first_seen": at, "last_seen": at})
    return found


def test_the_candidates_are_the_same() -> None:
    parameters = {
        "names": ["Purchase"],
        "at": _AT,
        "mixpanels_keys": PATTERN,
        "per_hit": PER_HIT,
        "per_miss": PER_MISS,
        "least_days": 3,
        "least_values": 20,
        "few": 20,
    }
    both = outcome(CANDIDATES, {"event_observations": _rows()}, parameters)
    assert not (differences := both.differences()), "\n".join(differences)
    judged = {(row["property"], row["path"]) for row in both.google if row["is_judged"]}
    assert {
        ("changed", ""),
        ("nested", "[*].sku"),
        ("lost", ""),
        ("exploded", ""),
        ("mixed", ""),
        ("$os", ""),
    } <= judged
    assert not judged & {("quiet", ""), ("nullable", "")}


def test_the_shares_of_properties_are_the_same() -> None:
    both = outcome(PROPERTY_SHARES, {"event_observations": _rows()}, {"names": ["Purchase"], "at": _AT})
    assert not (differences := both.differences()), "\n".join(differences)
    assert {row["property"]: row["share"] for row in both.google}["quiet"] == 1.0
