"""`mp cost actual`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.window import Window
from mixpanel_data.cli.base.jobs import existing_tables, new_call
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.base.tables.columns import Choice, Column, Kind
from mixpanel_data.cli.base.tables.texts import size
from mixpanel_data.cli.costs.options import (
    USD_PER_TIB,
    EventsOption,
    HistoryOption,
    LateDaysOption,
    LateOption,
    NamesOption,
    RepeatedOption,
    ResolvedOption,
    UsdOption,
    UsersOption,
    UsersPerDayOption,
)
from mixpanel_data.cli.costs.workload import WAIT_SECONDS, Known, known, measured_in, plan_of, usd

if TYPE_CHECKING:
    from mixpanel_data.configuration.settings import Settings
    from mixpanel_data.costs import Plan
    from mixpanel_data.costs.actual import Billed
    from mixpanel_data.warehouse.base import Warehouse

# For so long BigQuery lists a query.
_MOST_DAYS = 180
_DEAREST = 10
_UNLABELLED = "(no label)"
_JOBS: Choice = (
    "job",
    "queries",
    Column("billed_bytes", "billed", Kind.BYTES),
    Column("least_bytes", "plan least", Kind.BYTES),
    Column("most_bytes", "plan most", Kind.BYTES),
    "ratio",
    Column("usd", "USD", Kind.USD),
)
_STEPS: Choice = (
    "job",
    "step",
    "queries",
    Column("billed_bytes", "billed", Kind.BYTES),
    Column("usd", "USD", Kind.USD),
)

_Days = Annotated[
    int, typer.Option("--days", metavar="N", min=1, max=_MOST_DAYS, help="How many days back from now, of 24 hours.")
]


def actual(
    output: Output,
    days: _Days = 7,
    events_per_day: EventsOption = None,
    late: LateOption = None,
    late_days: LateDaysOption = None,
    resolved: ResolvedOption = None,
    repeated: RepeatedOption = None,
    names: NamesOption = None,
    users_per_day: UsersPerDayOption = None,
    users: UsersOption = None,
    history_days: HistoryOption = None,
    usd_per_tib: UsdOption = USD_PER_TIB,
) -> None:
    """Show what BigQuery billed for the jobs in the last days, beside the plan, and the steps that cost most.

    It finds the queries by their labels in INFORMATION_SCHEMA.JOBS of the dataset's region, which needs the role
    BigQuery Resource Viewer on the project. The plan is for the workload that your tables tell; with --events-per-day,
    for that of the options.

    Example: `mp cost actual --days 7 --format table`
    """
    given = {
        "events_per_day": events_per_day,
        "late": late,
        "late_days": late_days,
        "resolved": resolved,
        "repeated": repeated,
        "names": names,
        "users_per_day": users_per_day,
        "users": users,
        "history_days": history_days,
    }
    end = utc_now()
    window = Window(end - timedelta(days=days), end)
    with existing_tables() as session:
        warehouse = session.warehouse.within(new_call(WAIT_SECONDS).deadline)
        billed = _billed(warehouse, session.settings, window)
        measured = measured_in(warehouse) if events_per_day is None else None
        workload = known(given, measured)
        plan = plan_of(workload.workload, session.settings)
    if not billed:
        output.note(f"BigQuery lists no query of ours since {window.start:%Y-%m-%d %H:%M} UTC.")
    _show(output, Shown(workload, plan, billed, window, usd_per_tib))


def _billed(warehouse: "Warehouse", settings: "Settings", window: Window) -> "Sequence[Billed]":
    from mixpanel_data.costs import actual as costs
    from mixpanel_data.wiring.warehouse import rights_on_bigquery

    costs.check_is_billed(warehouse)
    return costs.billed(warehouse, rights_on_bigquery(warehouse), settings.bigquery_location, window)


@dataclass(frozen=True, slots=True)
class Shown:
    """What was billed in a window, and the plan beside it."""

    workload: Known
    plan: "Plan"
    billed: "Sequence[Billed]"
    window: Window
    usd_per_tib: float

    @property
    def days(self) -> float:
        """The days that are compared."""
        from mixpanel_data.costs.actual import billed_days

        return billed_days(self.billed, self.window)

    def jobs(self) -> list[dict[str, Any]]:
        """A record for each job."""
        from mixpanel_data.costs.actual import beside

        return [
            {
                "job": each.job or None,
                "queries": each.query_count,
                "billed_bytes": each.bytes_billed,
                "least_bytes": each.least_bytes and round(each.least_bytes),
                "most_bytes": each.most_bytes and round(each.most_bytes),
                "ratio": each.ratio and round(each.ratio, 2),
                "usd": self._usd(each.bytes_billed - each.reserved_bytes),
            }
            for each in beside(self.plan, self.billed, self.days)
        ]

    def steps(self) -> list[dict[str, Any]]:
        """A record for each step, the dearest first."""
        return [
            {
                "job": each.job or None,
                "step": each.step or None,
                "queries": each.query_count,
                "billed_bytes": each.bytes_billed,
                "usd": self._usd(each.bytes_billed - each.reserved_bytes),
            }
            for each in self.billed
        ]

    def total(self) -> dict[str, Any]:
        """All jobs together; the ratio is that of the jobs that are planned."""
        jobs = self.jobs()
        most = sum(job["most_bytes"] or 0 for job in jobs)
        planned = sum(job["billed_bytes"] for job in jobs if job["most_bytes"])
        return {
            "queries": sum(job["queries"] for job in jobs),
            "billed_bytes": sum(job["billed_bytes"] for job in jobs),
            "least_bytes": sum(job["least_bytes"] or 0 for job in jobs),
            "most_bytes": most,
            "ratio": round(planned / most, 2) if most else None,
            "usd": round(sum(job["usd"] for job in jobs), 4),
        }

    def _usd(self, count: int) -> float:
        return round(usd(count, self.usd_per_tib), 4)


def _show(output: Output, shown: Shown) -> None:
    from mixpanel_data import calls

    jobs, steps = shown.jobs(), shown.steps()
    _note(output, shown)
    if output.format is Format.JSON:
        window = {"from": calls.plain(shown.window.start), "to": calls.plain(shown.window.end)}
        priced = {"days_compared": round(shown.days, 2), "usd_per_tib": shown.usd_per_tib}
        answer = {**window, **priced, "workload": shown.workload.record()}
        output.show({**answer, "jobs": jobs, "total": shown.total(), "steps": steps})
        return
    if output.format is not Format.TABLE:
        output.show(jobs)
    else:
        output.show(_named([*jobs, {"job": "total", **shown.total()}]), _JOBS)
        if steps:
            output.show(_named(steps[:_DEAREST]), _STEPS)
    shown.workload.tell(output)


def _named(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [{**row, "job": row["job"] or _UNLABELLED} for row in rows]


def _note(output: Output, shown: Shown) -> None:
    """Say where the plan is for less than the window, and where money is paid in another way."""
    asked = (shown.window.end - shown.window.start).days
    if shown.days < asked:
        output.note(f"The first query ran {shown.days:.1f} days ago, so the plan is for these days, not for {asked}.")
    if reserved := sum(each.reserved_bytes for each in shown.billed):
        output.note(f"{size(reserved)} were billed to a reservation, which is paid by the hour: they are not in USD.")
