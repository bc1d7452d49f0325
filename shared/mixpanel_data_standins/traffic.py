"""Invented traffic of the last days, with something wrong in the last hour: what the detector of a demo has to find."""

import json
import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

DAYS = 4
BROKEN_VERSION = "3.2.1"
_USUAL_VERSIONS = ("3.1.0", "3.2.0")
_A_MINUTE = {"Page Viewed": 6.0, "Checkout Started": 2.0, "Checkout Failed": 0.2}
_BURST_BEGAN, _BURST_ENDED = timedelta(minutes=24), timedelta(minutes=4)
_BURST_A_MINUTE = 7.0
_PEOPLE = 400
_DAY_SECONDS = 86_400


def traffic(now: datetime, seed: int = 7) -> Iterator[bytes]:
    """Lines in export format, of the days before `now` (aware), in order of time; each arrived a second after it was.

    In the last half hour `Checkout Failed` comes thirty-five times as often, from a new version of the app.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    minute = (now - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
    number = 0
    while minute < now:
        for name, usual in _A_MINUTE.items():
            is_burst = name == "Checkout Failed" and now - _BURST_BEGAN <= minute < now - _BURST_ENDED
            rate = _BURST_A_MINUTE if is_burst else usual * _season(minute)
            for _ in range(_poisson(rate, chance)):
                number += 1
                version = BROKEN_VERSION if is_burst and chance.random() < 0.9 else chance.choice(_USUAL_VERSIONS)
                at = minute + timedelta(seconds=chance.uniform(0, 60))
                if at < now:
                    yield _line(name, at, version, number, chance)
        minute += timedelta(minutes=1)


def _season(moment: datetime) -> float:
    """Days are busier than nights."""
    return 1.0 + 0.5 * math.sin(2 * math.pi * (moment.timestamp() % _DAY_SECONDS) / _DAY_SECONDS)


def _poisson(rate: float, chance: random.Random) -> int:
    """Knuth's method, which is for small rates such as these (The Art of Computer Programming, vol. 2, 3.4.1)."""
    limit, product, count = math.exp(-rate), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def _line(name: str, at: datetime, version: str, number: int, chance: random.Random) -> bytes:
    person = chance.randrange(_PEOPLE)
    properties = {
        "time": int(at.timestamp()),
        "distinct_id": f"person-{person}",
        "$insert_id": f"demo-{number}",
        "$email": f"person{person}@example.com",
        "$os": chance.choice(("iOS", "Android")),
        "app_version": version,
        "country": chance.choice(("DE", "FR", "US")),
        "mp_processing_time_ms": int((at.timestamp() + 1) * 1000),
    }
    return json.dumps({"event": name, "properties": properties}).encode()
