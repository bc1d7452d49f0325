"""The plan says what the jobs do: a recorded day starts what the plan expects, and costs what it says."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from statistics import fmean

import pytest

from costs.recorded_kinds import Unit, days_of, text, units
from costs.recorded_lines import DAYS, DAYS_BEFORE, EVENTS_PER_DAY, NAMES, USERS_PER_DAY
from costs.recorded_week import CHOICES, RecordedDay, recorded
from docs.costs import shipped
from mixpanel_data.costs import REFERENCE
from mixpanel_data.costs.billing import Bill, bill
from mixpanel_data.costs.frequencies import COLLECTOR, IDENTITY, USERS, frequencies
from mixpanel_data.costs.kinds import HISTORY, KINDS_FILE
from mixpanel_data.costs.plan import plan
from mixpanel_data.costs.references import references
from mixpanel_data.costs.sizes import rows_of, rows_per_day, whole_width, width
from mixpanel_data.warehouse.tables import TABLES
from support.recording_warehouse import Execution

pytestmark = pytest.mark.sequences

_TOLERANCE = 0.1
_SCALE = REFERENCE.events_per_day / EVENTS_PER_DAY
IN_SMALL = REFERENCE.but(
    users_per_day=round(USERS_PER_DAY * _SCALE),
    users=round(USERS_PER_DAY * (DAYS_BEFORE + DAYS) * _SCALE),
    names=NAMES,
    history_days=DAYS_BEFORE + DAYS,
)
"""The recorded day with so many times as many events and users."""


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> RecordedDay:
    """The recorded day."""
    return recorded(tmp_path_factory.mktemp("week"))


def test_what_each_kind_of_run_starts_is_what_plans_are_made_from(day: RecordedDay) -> None:
    remedy = "run `PYTHONPATH=tests .venv/bin/python -B -m costs.renew`"
    fresh, kept = text(day.runs).splitlines(), KINDS_FILE.read_text(encoding="utf-8").splitlines()
    assert list(unified_diff(kept, fresh, "kept", "recorded now", n=0, lineterm="")) == [], remedy


def test_the_plan_costs_what_the_recorded_statements_cost(day: RecordedDay) -> None:
    often = frequencies(IN_SMALL, shipped(), CHOICES)
    planned = plan(IN_SMALL, shipped(), CHOICES)
    pricing = Pricing.of(day)
    by_kind: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    for unit in units(day.runs):
        by_kind[unit.job, unit.kind].append(unit)
    priced: dict[str, float] = defaultdict(float)
    for (job, kind), of_kind in by_kind.items():
        priced[job] += often.get((job, kind), 0.0) * fmean(pricing.bill(unit).most for unit in of_kind)
    ratios = {job: sum(each.most_bytes_per_day for each in planned.of_job(job)) / size for job, size in priced.items()}
    assert {job: ratio for job, ratio in ratios.items() if ratio != pytest.approx(1, rel=_TOLERANCE)} == {}


@dataclass(frozen=True, slots=True)
class Pricing:
    """Prices statements by the rows that they had in the partitions that their bounds left.

    `scale`: how many times as many rows a day of the workload has in a table as one of the recorded world.
    """

    scale: Mapping[str, float]

    @classmethod
    def of(cls, day: RecordedDay) -> "Pricing":
        """By what the days before the recorded one have in each partitioned table."""
        per_day = rows_per_day(IN_SMALL, shipped(), frequencies(IN_SMALL, shipped(), CHOICES))
        return cls({table: per_day.get(table, 0.0) / rows for table, rows in day.rows_per_day.items() if rows})

    def bill(self, unit: Unit) -> Bill:
        """What all statements of a run or part cost."""
        return sum((self._bill(each, unit) for each in unit.executions), Bill())

    def _bill(self, execution: Execution, unit: Unit) -> Bill:
        known = references().get(execution.statement.name)
        if known is None:
            return Bill()
        return bill(
            known,
            lambda table: self._rows(execution, table, unit),
            lambda table: self._rows(execution, table, unit),
            lambda table, columns: width(IN_SMALL, table, columns),
            lambda table: whole_width(IN_SMALL, table),
        )

    def _rows(self, execution: Execution, table: str, unit: Unit) -> float:
        had = execution.rows.get(table, 0)
        if table in _BY_CALLS:
            return self._rows_by_calls(execution, table, unit)
        if table in self.scale:
            return self.scale[table] * had
        return rows_of(IN_SMALL).get(table, 0.0) if table in TABLES else _SCALES.get(unit.job, 1.0) * had

    def _rows_by_calls(self, execution: Execution, table: str, unit: Unit) -> float:
        """By the days, because most of the calls that leave rows in these tables are left out."""
        span = days_of(execution, unit.at).get(table, HISTORY)
        days = IN_SMALL.history_days if isinstance(span, str) else span
        return days * rows_per_day(IN_SMALL, shipped(), frequencies(IN_SMALL, shipped(), CHOICES))[table]


_BY_CALLS = ("event_arrivals", "job_runs")
_SCALES: Mapping[str, float] = {COLLECTOR: _SCALE, USERS: _SCALE, IDENTITY: _SCALE}
"""How many times as many rows a staged relation has; those of the registry and the detector grow with names alone."""
