"""The settings that a plan depends on, apart from the schedules."""

from dataclasses import dataclass, replace
from typing import Any

from mixpanel_data.configuration.settings import Settings

RECENT_DAYS = 7
"""Days that a call with `reread: recent` reads again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Settings of the jobs; the defaults are those of the environment's variables.

    `overlap_minutes`: how far before the watermark a run asks for arrivals again, at least once an hour;
    `short_overlap_minutes`: how far the other runs do. `reread_days`: within how many days the nightly slices read all
    of `retention_days` again; 0: never. `registry_interval_hours` and `identity_interval_hours`: how many hours pass
    between two runs of these jobs that read a large day.
    """

    overlap_minutes: int = 60
    short_overlap_minutes: int = 5
    reread_days: int = 30
    retention_days: int = 730
    registry_interval_hours: int = 6
    identity_interval_hours: int = 6

    @classmethod
    def of(cls, settings: Settings) -> "Choices":
        """Those of the settings of a process."""
        return cls(
            overlap_minutes=settings.collector_overlap_minutes,
            short_overlap_minutes=settings.collector_short_overlap_minutes,
            reread_days=settings.collector_reread_days,
            retention_days=settings.collector_retention_days,
            registry_interval_hours=settings.registry_interval_hours,
            identity_interval_hours=settings.identity_interval_hours,
        )

    def but(self, **changed: Any) -> "Choices":
        """The same with some of them changed."""
        return replace(self, **changed)

    @property
    def slice_days(self) -> float:
        """Days of the history that a night's slice reads again."""
        return self.retention_days / self.reread_days if self.reread_days else 0.0
