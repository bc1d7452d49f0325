"""Dormancy: what has been unseen for 30 days, and for twice as long as it ever was before.

Seen on fewer than 5 days, it takes 90 days, because its longest gap says little yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_UNSEEN_DAYS = 30
_UNSEEN_DAYS_OF_RARE = 90
_RARE_DAYS = 5


@dataclass(frozen=True, slots=True)
class Sleep:
    """Unseen after `last_seen` for so long that it counts as dormant from `day` on; `woke` is when it came back."""

    last_seen: date
    day: date
    woke: date | None


def sleeps(seen: Sequence[date], at: date) -> list[Sleep]:
    """The times of dormancy up to `at`; `seen` has the days on which it was seen, oldest first."""
    found = []
    longest = timedelta(0)
    for number, day in enumerate(seen):
        next_seen = seen[number + 1] if number + 1 < len(seen) else None
        begins = day + _patience(number + 1, longest)
        if begins <= at and (next_seen is None or begins < next_seen):
            found.append(Sleep(day, begins, next_seen))
        if next_seen:
            longest = max(longest, next_seen - day)
    return found


def is_dormant(seen: Sequence[date], at: date) -> bool:
    """Whether it is dormant at the end of `at`."""
    found = sleeps(seen, at)
    return bool(found) and found[-1].woke is None


def _patience(days: int, longest_gap: timedelta) -> timedelta:
    least = _UNSEEN_DAYS if days >= _RARE_DAYS else _UNSEEN_DAYS_OF_RARE
    return max(timedelta(days=least), 2 * longest_gap)
