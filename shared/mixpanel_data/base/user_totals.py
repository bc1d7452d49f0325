"""Users' totals as the user sync hands them to a target outside the warehouse."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

UserValue = str | int | bool | Decimal | datetime | None

User = Mapping[str, UserValue]
"""One user's totals by column: `distinct_id`, the metrics, `events_processed`, `first_event_time`, `last_event_time`,
`updated_at`. Times are aware, in UTC. A user without any event left has zero counters and `events_processed` 0."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A user whom a target refuses, and the target's own reason."""

    distinct_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Holding:
    """What a target holds: how many rows, whoever wrote them, and in which `place`.

    `place` is another one where the database was replaced, or the table dropped and created again.
    """

    place: str
    rows: int
