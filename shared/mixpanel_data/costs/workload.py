"""What a project sends, by which a plan is worked out: how many events, of how many users and names, how late."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

MINUTES_OF_A_DAY = 1440

EVENT_WIDTHS: Mapping[str, int] = {
    "event_name": 22,
    "properties": 752,
    "distinct_id": 38,
    "event_id": 66,
    "line": 804,
}
"""Bytes of the columns of events whose length their type does not say: a STRING has its text and 2 B."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a project sends in a day, and how it is spread. The defaults are the reference workload.

    `late`: the share of events that happened on one of the `late_days` days before the one on which they arrive. Every
    call that asks for these days brings some of each; no event can be older than 5 days when a device sends it.
    `resolved`: the share of events that Mixpanel changes afterwards, within `resolved_days`.
    `repeated`: the share of lines that an export has twice. `users_per_day`: users with events on a day;
    `users`: all that ever had one. `history_days`: the days that are stored. `widths`: bytes of a value, by column;
    a column that is not among them has the width of its type.
    """

    events_per_day: float = 1_000_000
    late: float = 0.05
    late_days: int = 5
    resolved: float = 0.01
    resolved_days: int = 7
    repeated: float = 0.0
    names: int = 200
    users_per_day: int = 50_000
    users: int = 1_000_000
    history_days: int = 365
    widths: Mapping[str, int] = field(default_factory=lambda: EVENT_WIDTHS)

    def __post_init__(self) -> None:
        """Raises ValueError for a share that is not from 0 to 1, or for less than nothing."""
        for name in ("late", "resolved", "repeated"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give a share from 0 to 1")
        for name in ("events_per_day", "late_days", "resolved_days", "names", "users_per_day", "users", "history_days"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; give 0 or more")

    def but(self, **changed: Any) -> "Workload":
        """The same with some of its figures changed."""
        return replace(self, **changed)

    @property
    def minutes_with_events(self) -> float:
        """Rows that a day has in `event_minutes`: no more than it has events."""
        return min(self.names * MINUTES_OF_A_DAY, self.events_per_day)


REFERENCE = Workload()
"""The workload that the documentation reckons with: a million events a day."""
