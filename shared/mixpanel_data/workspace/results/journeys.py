"""What users do one after the other: funnels, retention, and how often they come."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from mixpanel_data.workspace.results.base import Plain, Table


@dataclass(frozen=True)
class FunnelStep(Plain):
    """A step of a funnel: how many users reached it, and which share (0 to 1) of those who reached the one before."""

    event: str
    count: int
    conversion_rate: float


@dataclass(frozen=True)
class FunnelResult(Table):
    """A saved funnel over all its days, which are inclusive and those of the project.

    `conversion_rate` (0 to 1) is the share of the users of the first step who reached the last one. `funnel_name` is
    empty where Mixpanel lists no name. With a property to segment by, `segments` has the steps of each of its values.

    `df` has a row for each step: `step` (from 1), `event`, `count`, `conversion_rate`. With segments, it has a row for
    each segment and step, and a last column `segment`.
    """

    columns: ClassVar[tuple[str, ...]] = ("step", "event", "count", "conversion_rate")

    funnel_id: int
    funnel_name: str
    from_date: str
    to_date: str
    conversion_rate: float
    steps: list[FunnelStep]
    segments: dict[str, list[FunnelStep]] = field(default_factory=dict)

    def records(self) -> list[dict[str, Any]]:
        if not self.segments:
            return _rows(self.steps)
        return [{**row, "segment": name} for name, steps in self.segments.items() for row in _rows(steps)]


@dataclass(frozen=True)
class CohortInfo(Plain):
    """The users who did the first event at a date, and which share of them (0 to 1) came back, period by period.

    `retention[0]` is the share within the first period. A young cohort has fewer periods.
    """

    date: str
    size: int
    retention: list[float]


@dataclass(frozen=True)
class RetentionResult(Table):
    """Who came back, by the date of the first event. Days are inclusive and those of the project.

    `df` has a row for each cohort: `cohort_date`, `cohort_size`, and a share (0 to 1) in each of `period_0`,
    `period_1`, …; NaN where a period is not over yet.
    """

    columns: ClassVar[tuple[str, ...]] = ("cohort_date", "cohort_size")

    born_event: str
    return_event: str
    from_date: str
    to_date: str
    unit: str
    cohorts: list[CohortInfo]

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "cohort_date": cohort.date,
                "cohort_size": cohort.size,
                **{f"period_{number}": share for number, share in enumerate(cohort.retention)},
            }
            for cohort in self.cohorts
        ]


@dataclass(frozen=True)
class FrequencyResult(Table):
    """How often users come: by date, how many were active in at least 1, 2, … `addiction_unit`s of the `unit`.

    `event` None stands for any event. `df` has a row for each date: `date`, `period_1`, `period_2`, …
    """

    columns: ClassVar[tuple[str, ...]] = ("date",)

    event: str | None
    from_date: str
    to_date: str
    unit: str
    addiction_unit: str
    data: dict[str, list[int]] = field(default_factory=dict)

    def records(self) -> list[dict[str, Any]]:
        return [
            {"date": day, **{f"period_{number}": count for number, count in enumerate(counts, start=1)}}
            for day, counts in self.data.items()
        ]


def _rows(steps: list[FunnelStep]) -> list[dict[str, Any]]:
    return [{"step": number, **step.to_dict()} for number, step in enumerate(steps, start=1)]
