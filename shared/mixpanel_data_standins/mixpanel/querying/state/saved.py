"""What people save in Mixpanel's pages: funnels, cohorts, reports and annotations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Counting = Literal["general", "unique", "average"]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a funnel: an event, with an expression that it has to fulfil, and a name other than the event's."""

    event: str
    where: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Funnel:
    """A saved funnel; a user completes it within `window` of the first step."""

    funnel_id: int
    name: str
    steps: tuple[Step, ...]
    window: timedelta = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Cohort:
    """A saved cohort: the profiles that fulfil `where`, and the ids in `members`, with or without a profile."""

    cohort_id: int
    name: str
    where: str | None = None
    members: frozenset[str] = frozenset()
    description: str = ""
    created: datetime = datetime(2026, 1, 1)
    is_visible: bool = True


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A saved Insights report: a line for each event, over the last `count` units up to now."""

    bookmark_id: int
    events: tuple[str, ...]
    type: Counting = "general"
    unit: Literal["hour", "day", "week", "month"] = "day"
    count: int = 30


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark on a moment, on the project's wall clock."""

    annotation_id: int
    at: datetime
    description: str
    tags: tuple[str, ...] = ()
