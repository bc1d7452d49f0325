"""The export of an invented project: events of 0.5 to 1 KB over some days; the same arguments give the same bytes."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from isal import igzip

FIRST_DAY = date(2025, 1, 1)
_DAY_SECONDS = 86_400
_DUPLICATES = 0.008
_NOTE = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod "
_NAMES = ("Page View", "Click", "Purchase", "Signed up", "App opened")
_CITIES = ("Berlin", "Paris", "Tokyo", "New York", "Lagos")


def write(folder: Path, events: int, days: int) -> None:
    """Write one NDJSON.gz file a day; 0.8% of the lines stand there twice."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(days):
        with igzip.open(folder / f"{FIRST_DAY + timedelta(days=number)}.ndjson.gz", "wb", compresslevel=2) as file:
            file.writelines(_lines(number, events // days))


def window(days: int) -> tuple[str, str]:
    """The `from` and `to` dates of a window over those days."""
    return FIRST_DAY.isoformat(), (FIRST_DAY + timedelta(days=days)).isoformat()


def _lines(number: int, events: int) -> Iterator[bytes]:
    chance = random.Random(number)
    midnight = int(datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC).timestamp())
    for _ in range(events):
        line = _line(chance, midnight + number * _DAY_SECONDS + chance.randrange(_DAY_SECONDS))
        yield line
        if chance.random() < _DUPLICATES:
            yield line


def _line(chance: random.Random, time: int) -> bytes:
    user = chance.randrange(50_000)
    milliseconds = time * 1000 + chance.randrange(900_000)
    note = _NOTE * chance.randrange(1, 6)
    return (
        f'{{"event":"{chance.choice(_NAMES)}","properties":{{"time":{time},"distinct_id":"user-{user}",'
        f'"$insert_id":"{chance.getrandbits(120):030x}","$device_id":"device-{user * 3}","$user_id":"user-{user}",'
        f'"$city":"{chance.choice(_CITIES)}","mp_country_code":"DE","$import":true,'
        f'"$mp_api_endpoint":"api.mixpanel.com","$mp_api_timestamp_ms":{milliseconds - 100},"$mp_event_size":512,'
        f'"mp_processing_time_ms":{milliseconds},"$browser":"Chrome","$browser_version":131,"$os":"Mac OS X",'
        f'"$screen_height":1080,"$screen_width":1920,"$lib_version":"2.45.0","mp_lib":"web",'
        f'"$current_url":"https://shop.example/products/{chance.randrange(1000)}?ref=home",'
        f'"amount":{chance.randrange(10_000) / 100},"items":[{chance.randrange(100)},{chance.randrange(100)}],'
        f'"note":"{note}"}}}}\n'
    ).encode()
