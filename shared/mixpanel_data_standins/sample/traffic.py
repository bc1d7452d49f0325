"""Invented traffic of the last days, with a fault in its last half hour for the detector to find."""

import json
import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

DAYS = 4
BROKEN_VERSION = "3.2.1"
USUAL_VERSIONS = ("3.1.0", "3.2.0")
_PER_MINUTE = {"Page Viewed": 6.0, "Checkout Started": 2.0, "Checkout Failed": 0.2}
_BURST_START, _BURST_END = timedelta(minutes=24), timedelta(minutes=4)
_BURST_PER_MINUTE = 7.0
PEOPLE = 400
_DAY_SECONDS = 86_400


def traffic(now: datetime, seed: int = 7) -> Iterator[bytes]:
    """Lines in export format, of the last four days before `now` (aware), roughly in order of time.

    Each event was processed a second after it happened. From 24 to 4 minutes before `now`, `Checkout Failed` comes
    thirty-five times as often as usual, from a new version of the app.
    """
    chance = random.Random(seed)  # noqa: S311 - not for cryptography
    minute = (now - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
    number = 0
    while minute < now:
        for name, usual in _PER_MINUTE.items():
            is_burst = name == "Checkout Failed" and now - _BURST_START <= minute < now - _BURST_END
            rate = _BURST_PER_MINUTE if is_burst else usual * season(minute)
            for _ in range(_poisson(rate, chance)):
                number += 1
                version = BROKEN_VERSION if is_burst and chance.random() < 0.9 else chance.choice(USUAL_VERSIONS)
                at = minute + timedelta(seconds=chance.uniform(0, 60))
                if at < now:
                    yield line(name, at, version, f"demo-{number}", chance)
        minute += timedelta(minutes=1)


def season(at: datetime) -> float:
    """The rate of this time of day relative to the average: a sine over 24 hours, from 0.5 to 1.5."""
    return 1.0 + 0.5 * math.sin(2 * math.pi * (at.timestamp() % _DAY_SECONDS) / _DAY_SECONDS)


def _poisson(rate: float, chance: random.Random) -> int:
    """A Poisson variate by Knuth's method, fast for small rates (The Art of Computer Programming, vol. 2, 3.4.1)."""
    limit, product, count = math.exp(-rate), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def line(name: str, at: datetime, version: str, insert_id: str, chance: random.Random) -> bytes:
    """An event of one of the people in export format, processed a second after it happened (`at`, aware)."""
    person = chance.randrange(PEOPLE)
    properties = {
        "time": int(at.timestamp()),
        "distinct_id": f"person-{person}",
        "$insert_id": insert_id,
        "$email": f"person{person}@example.com",
        "$os": chance.choice(("iOS", "Android")),
        "app_version": version,
        "country": chance.choice(("DE", "FR", "US")),
        "mp_processing_time_ms": int((at.timestamp() + 1) * 1000),
    }
    return json.dumps({"event": name, "properties": properties}).encode()
