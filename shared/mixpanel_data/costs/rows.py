"""How many rows of a table or staged relation a statement is billed for, for a workload."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mixpanel_data.configuration.schedules import Schedule
from mixpanel_data.costs.choices import Choices
from mixpanel_data.costs.frequencies import (
    COLLECTOR,
    DAYS,
    IDENTITY,
    REGISTRY,
    USERS,
    Frequencies,
    arrivals_minutes,
    user_days_per_part,
)
from mixpanel_data.costs.kinds import HISTORY, Started, recorded
from mixpanel_data.costs.sizes import rows_of, rows_per_day
from mixpanel_data.costs.workload import Workload
from mixpanel_data.warehouse.tables import TABLES

_BY_LATE_DAYS = (COLLECTOR, IDENTITY)
"""The jobs that read the days on which late events happened."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that a workload makes: a day's of partitioned tables, all of the others.

    `growth`: how many times as many rows a job's staged relations have as on the recorded day; `arrivals_growth`: what
    calls for arrivals stage, by kind.
    """

    workload: Workload
    per_day: Mapping[str, float]
    whole: Mapping[str, float]
    growth: Mapping[str, float]
    arrivals_growth: Mapping[str, float]

    @classmethod
    def of(cls, workload: Workload, schedules: Sequence[Schedule], choices: Choices, often: Frequencies) -> "Rows":
        """Those of a workload; the runs a day say how many `job_runs` has."""
        day = recorded()
        events = workload.events_per_day / day.events
        users = workload.users_per_day / day.users
        names = workload.names / day.names
        lines = events * (1 + workload.repeated)
        return cls(
            workload=workload,
            per_day=rows_per_day(workload, schedules, often),
            whole=rows_of(workload),
            growth={COLLECTOR: lines, USERS: users, IDENTITY: users, REGISTRY: names},
            arrivals_growth={
                kind: lines * minutes / day.arrivals_minutes[kind]
                for kind, minutes in arrivals_minutes(schedules, choices).items()
            },
        )

    def left(self, job: str, kind: str, started: Started, table: str) -> float:
        """The rows of a table that a statement's bounds leave, or of a relation of its own."""
        if job == USERS and kind == DAYS:
            return self._of_user_days(started, table)
        if table in started.rows:
            growth = self.growth.get(job, 1.0)
            return started.rows[table] * (self.arrivals_growth.get(kind, growth) if job == COLLECTOR else growth)
        if table not in TABLES or TABLES[table].partition_column is None:
            return self.whole.get(table, 0.0)
        return self._days(job, started.days.get(table, HISTORY)) * self.per_day.get(table, 0.0)

    def of_a_day(self, job: str, kind: str, started: Started, table: str) -> float:
        """Of these rows, those of one day; all rows of a table without partitions."""
        return min(self.left(job, kind, started, table), self.per_day.get(table, math.inf))

    def _of_user_days(self, started: Started, table: str) -> float:
        """Likewise of a part of the user sync, which has fewer days where a day has more events."""
        share = user_days_per_part(self.workload) / recorded().user_days
        if table in started.rows:
            return started.rows[table] * self.growth[USERS] * share
        if table not in TABLES or TABLES[table].partition_column is None:
            return self.whole.get(table, 0.0)
        span = started.days.get(table, HISTORY)
        days = float(self.workload.history_days) if isinstance(span, str) else span * share
        return days * self.per_day.get(table, 0.0)

    def _days(self, job: str, span: float | str) -> float:
        """The days of a span: one that is there for the days of late events grows and shrinks with them."""
        history, late_days = float(self.workload.history_days), recorded().late_days
        if isinstance(span, str):
            return history
        is_of_late = job in _BY_LATE_DAYS and late_days < span < late_days + 2
        wanted_days = self.workload.late_days if self.workload.late else 0
        return min(span + (wanted_days - late_days if is_of_late else 0), history)
