"""Two years of events to collect: the real ones where they are at hand, else as many made by chance."""

import gzip
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.lines import event

FOLDERS = (os.environ.get("GIT_HISTORY_DIR"), str(Path(__file__).parent / "data"))
_NAMES = ("commit", "merge", "Signed-off-by", "signed-off-by", "Acked-by")


def year(number: int) -> list[bytes]:
    """The lines of one year."""
    for folder in FOLDERS:
        path = Path(folder or "", f"events-{number}.ndjson.gz")
        if folder and path.exists():
            return gzip.decompress(path.read_bytes()).split(b"\n")[:-1]
    return _made(number)


def _made(number: int, count: int = 3000) -> list[bytes]:
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
