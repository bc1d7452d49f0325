"""The rows of published parts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mixpanel_data.base.window import Window
from mixpanel_data.warehouse.statements import statement

RECORD_PARTS = statement(
    "runs/record_parts.sql", run_id="STRING", job="STRING", started_at="TIMESTAMP", parts="ARRAY<STRING>"
)
STATEMENTS = (RECORD_PARTS,)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part whose figures are known before it is recorded; `number` is its place among those of the run."""

    number: int
    window: Window
    finished_at: datetime
    figures: Mapping[str, Any]
    arrivals_up_to: int | None = None
    read_until: datetime | None = None
    watermark: datetime | None = None
    narrowed: int = 0
    calls: int = 0
    bytes_billed: int = 0

    @property
    def _row(self) -> dict[str, Any]:
        return {
            "part": self.number,
            "finished_at": _micros(self.finished_at),
            "window_from": _micros(self.window.start),
            "window_to": _micros(self.window.end),
            "arrivals_up_to": self.arrivals_up_to,
            "read_until": _micros(self.read_until),
            "watermark": _micros(self.watermark),
            "narrowed": self.narrowed,
            "calls": self.calls,
            "bytes_billed": self.bytes_billed,
            # As text: a JSON number of a figure keeps its spelling only there.
            "figures": json.dumps(self.figures),
        }


def rows_of(parts: Sequence[Part]) -> list[str]:
    """The parts as the parameter of `RECORD_PARTS`: a JSON object each, times in microseconds since 1970."""
    return [json.dumps(part._row) for part in parts]


def _micros(time: datetime | None) -> int | None:
    if time is None:
        return None
    since = time - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
