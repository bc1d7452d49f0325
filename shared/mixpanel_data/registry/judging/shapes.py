"""What is known of events and properties by day, and what is judged from it.

Every day is a UTC date. Nothing here knows the warehouse or the clock.
"""

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from mixpanel_data.base.choices import ChangeKind, EventStatus

_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class EventDay:
    """A day on which an event was seen, and how many events there were."""

    day: date
    events: int


@dataclass(frozen=True, slots=True)
class PropertyDay:
    """What the events of one day had in a property; one for each day on which the event was seen.

    `of` counts the events of that day: all of them for path '', the sampled ones below a property.
    `types` counts, among those, the values of each type; it is empty on a day when none had the property.
    `values` are the distinct values where all of them are listed, else None; `distinct` counts them in the sample.
    """

    day: date
    of: int
    types: Mapping[str, int]
    values: frozenset[str] | None
    distinct: int


@dataclass(frozen=True, slots=True)
class PropertyHistory:
    """A property of an event, or a place below it, with one entry for each day on which its absence would show.

    Where it can have a status but no change, `can_have_changed` is False, and the days are some of those that have it.
    """

    event_name: str
    property: str
    path: str
    days: Sequence[PropertyDay]
    can_have_changed: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """Something that changed on `day`, from `before` to `after`; `property` is None for an event as a whole.

    `path` is the JSONPath below the property, '' for its own value.
    """

    day: date
    kind: ChangeKind
    event_name: str
    property: str | None
    path: str
    before: str
    after: str
    is_breaking: bool

    @builtins.property
    def change_id(self) -> str:
        """A hash of what the change says, so that the same change has the same id in every run: SHA-256 in hex."""
        said = (
            self.day.isoformat(),
            self.kind.value,
            self.event_name,
            self.property or "",
            self.path,
            self.before,
            self.after,
        )
        return sha256(_SEPARATOR.join(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class EventJudgement:
    """The status of an event, and the names that it is related to.

    `base_name` and `version` take `signup.v2` apart; `version` is None for a name without one.
    `similar_to` is a more frequent event whose name it resembles, or None; it was probably meant only where the status
    is `likely_typo`.
    """

    event_name: str
    status: EventStatus
    base_name: str
    version: str | None
    similar_to: str | None
