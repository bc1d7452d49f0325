"""What a fetch brought."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mixpanel_data.workspace.results.base import Plain


@dataclass(frozen=True)
class FetchResult(Plain):
    """A fetch that is complete.

    `rows` are those that the fetch brought, events or profiles, each once; an append can change fewer rows of its
    table. `date_range` has the first and the last day, both inclusive; None for profiles. `fetched_at` is when the
    table became visible, UTC. `rejected` counts exported lines that are not events.
    """

    table: str
    rows: int
    type: Literal["events", "profiles"]
    duration_seconds: float
    date_range: tuple[str, str] | None
    fetched_at: datetime
    rejected: int = 0
