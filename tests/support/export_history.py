"""Two years of events to collect: the real ones where GIT_HISTORY_DIR names their folder, else random ones."""

import gzip
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.export_lines import event

_FOLDER = os.environ.get("GIT_HISTORY_DIR")
_NAMES = ("commit", "merge", "Signed-off-by", "signed-off-by", "Acked-by")


def lines_of_year(number: int) -> list[bytes]:
    """The lines of one year's export."""
    if _FOLDER:
        return gzip.decompress(Path(_FOLDER, f"events-{number}.ndjson.gz").read_bytes()).split(b"\n")[:-1]
    return _random_lines(number)


def _random_lines(number: int, count: int = 3000) -> list[bytes]:
    chance = random.Random(number)
    first = datetime(number, 1, 1, tzinfo=UTC)
    return [_line(chance, first, mark) for mark in range(count)]


def _line(chance: random.Random, first: datetime, mark: int) -> bytes:
    at = first + timedelta(seconds=chance.randrange(364 * 86400))
    stored = at + timedelta(seconds=int(chance.expovariate(1 / 3600)))
    return event(
        chance.choice(_NAMES),
        f"{at:%Y-%m-%d %H:%M:%S}",
        f"u_{chance.randrange(40)}",
        f"{mark:030x}" if chance.random() < 0.98 else None,
        f"{stored:%Y-%m-%d %H:%M:%S}",
        **{"$device_id": f"d_{chance.randrange(60)}", "files_changed": chance.randrange(9), "area": "größe ☃"},
    )
