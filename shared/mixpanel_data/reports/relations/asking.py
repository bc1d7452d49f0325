"""What a report is asked about: a table of events, the zone of the days, and users."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mixpanel_data.configuration.base import Configuration
from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.reports.relations.sources import Source
from mixpanel_data.reports.relations.windows import Window, window_of


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frozen segment by name and version; the table `segment_members` has its users."""

    name: str
    version: str


Saved = Configuration | Frozen
"""What the name of a segment stands for: a definition, or kept members."""


@dataclass(frozen=True)
class Asking:
    """One report over one table: whose events it reads, and the zone of its days.

    `now` is the moment of the question, and `as_of` the one up to which segments are worked out; both are aware.
    `segment` limits the report to its users; `saved` has what each name that a segment uses stands for.
    """

    source: Source
    zone: ZoneInfo
    now: datetime
    as_of: datetime
    by: By = By.USER
    segment: Configuration | None = None
    saved: Mapping[str, Saved] = field(default_factory=dict)

    def window(self, first: date, last: date) -> Window:
        """The window of these days of the zone, both inclusive."""
        return window_of(first, last, self.zone)
