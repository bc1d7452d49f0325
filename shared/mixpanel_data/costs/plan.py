"""A plan: what every kind of run of every job will be billed a day, for a workload and its schedules."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mixpanel_data.configuration.schedules import Schedule
from mixpanel_data.costs.billing import Bill, bill
from mixpanel_data.costs.choices import Choices
from mixpanel_data.costs.frequencies import frequencies
from mixpanel_data.costs.kinds import Started, recorded
from mixpanel_data.costs.references import references
from mixpanel_data.costs.rows import Rows
from mixpanel_data.costs.sizes import whole_width, width
from mixpanel_data.costs.workload import Workload

if TYPE_CHECKING:
    from mixpanel_data.costs.savings import Saving


@dataclass(frozen=True, slots=True)
class JobCost:
    """What one kind of run, or of part of a run, costs on a day.

    `kind` says what it does, such as `arrivals` or `re-read day, changed`. `queries_per_run` are the statements that
    BigQuery bills for, each of a transaction for itself. The bytes are those billed, by the reading of BigQuery's
    rules that costs least and by the one that costs most.
    """

    job: str
    kind: str
    runs_per_day: float
    queries_per_run: float
    least_bytes_per_day: float
    most_bytes_per_day: float


@dataclass(frozen=True)
class Plan:
    """What all jobs cost, and the workload, schedules and choices that it was worked out for."""

    workload: Workload
    schedules: tuple[Schedule, ...]
    choices: Choices
    jobs: tuple[JobCost, ...]

    @cached_property
    def least_bytes_per_day(self) -> float:
        """Of all jobs."""
        return sum(one.least_bytes_per_day for one in self.jobs)

    @cached_property
    def most_bytes_per_day(self) -> float:
        """Of all jobs."""
        return sum(one.most_bytes_per_day for one in self.jobs)

    def of_job(self, job: str) -> tuple[JobCost, ...]:
        """The kinds of runs of one job."""
        return tuple(one for one in self.jobs if one.job == job)

    def savings(self, most: int = 3) -> "tuple[Saving, ...]":
        """The changes of one setting each that would save most by the costlier reading, the greatest first."""
        from mixpanel_data.costs.savings import savings

        return savings(self, most)


def plan(workload: Workload, schedules: Sequence[Schedule], choices: Choices) -> Plan:
    """What the jobs cost a day. A job without a schedule costs nothing."""
    often = frequencies(workload, schedules, choices)
    rows = Rows.of(workload, schedules, choices, often)
    jobs = (
        _cost(job, kind, often.get((job, kind), 0.0), started, rows)
        for job, kinds in recorded().kinds.items()
        for kind, started in kinds.items()
    )
    return Plan(workload, tuple(schedules), choices, tuple(one for one in jobs if one.runs_per_day > 0))


def _cost(job: str, kind: str, runs: float, started: Sequence[Started], rows: Rows) -> JobCost:
    total, queries = Bill(), 0.0
    for each in started:
        own = bill_of(job, kind, each, rows) * each.times
        total += own
        queries += each.times if own.most else 0.0
    return JobCost(job, kind, runs, queries, total.least * runs, total.most * runs)


def bill_of(job: str, kind: str, started: Started, rows: Rows) -> Bill:
    """What one execution of a statement costs; nothing for a statement that the analyzer does not know."""
    known = references().get(started.statement)
    if known is None:
        return Bill()
    return bill(
        known,
        lambda table: rows.left(job, kind, started, table),
        lambda table: rows.of_a_day(job, kind, started, table),
        lambda table, columns: width(rows.workload, table, columns),
        lambda table: whole_width(rows.workload, table),
    )
