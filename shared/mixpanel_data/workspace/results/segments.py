"""What is known of a named segment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mixpanel_data.workspace.results.base import Plain

SHORT = 12
"""How many digits of a version messages and tables show."""


@dataclass(frozen=True)
class SegmentVersion(Plain):
    """One version of a named segment.

    `version` is a SHA-256: of a dynamic segment that of its definition's canonical JSON, of a frozen one that of its
    members. `is_current` says whether the configuration has it, `saved_at` since when the warehouse keeps it, in UTC;
    None: not yet. `members` is their number, `as_of` the moment as of which they were worked out, in UTC; both are None
    for a dynamic segment, which each report works out. `definition` is in JSON values; that of a frozen segment is what
    its members were worked out from.
    """

    name: str
    version: str
    kind: Literal["dynamic", "frozen"]
    is_current: bool
    saved_at: datetime | None
    members: int | None
    as_of: datetime | None
    definition: Mapping[str, Any]

    @property
    def short_version(self) -> str:
        """The first digits of the version, as messages and tables show them."""
        return self.version[:SHORT]

    @property
    def use(self) -> str:
        """What a report or another segment names this version by."""
        return f"{self.name}@{self.short_version}"
