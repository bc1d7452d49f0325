"""Pairs of ids that Mixpanel is asked to merge, and what it makes of them."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

_INSERT_ID_CHARACTERS = 36


@dataclass(frozen=True, slots=True)
class Merge:
    """Two ids of one user, and the time of the event that merges them: aware, and the same whenever it is sent.

    Mixpanel recognises a repeated event by its `$insert_id` and its time together.
    """

    ids: tuple[str, str]
    at: datetime

    @property
    def insert_id(self) -> str:
        """The event's `$insert_id`: 36 hex digits that depend on the two ids alone, in whatever order."""
        canonical = json.dumps(sorted(self.ids)).encode()
        return hashlib.sha256(canonical).hexdigest()[:_INSERT_ID_CHARACTERS]


@dataclass(frozen=True, slots=True)
class MergeOutcome:
    """What became of a merge: Mixpanel stored the event, or `message` says why it was refused."""

    merge: Merge
    is_stored: bool
    message: str = ""
