"""`mp cost plan`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mixpanel_data.cli.base.jobs import existing_tables, new_call, settings_alone
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.base.tables.columns import Choice, Column, Kind
from mixpanel_data.cli.costs.options import (
    USD_PER_TIB,
    EventsOption,
    FromWarehouseOption,
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
    from mixpanel_data.costs import JobCost, Plan, Saving
    from mixpanel_data.costs.measured import Measured

_DAYS_OF_A_MONTH = 365 / 12
_JOBS: Choice = (
    "job",
    "kind",
    Column("runs_per_month", "runs"),
    Column("queries_per_month", "queries"),
    Column("least_bytes_per_month", "least", Kind.BYTES),
    Column("most_bytes_per_month", "most", Kind.BYTES),
    Column("most_usd_per_month", "USD", Kind.USD),
)
_SAVINGS: Choice = (
    "setting",
    "now",
    "instead",
    Column("most_bytes_per_month", "saves", Kind.BYTES),
    Column("most_usd_per_month", "USD", Kind.USD),
    Column("loses", kind=Kind.PROSE),
)

_NOTE = "Figures are for a month, USD for the most. The first TiB of a billing account's month is free."


def plan(
    output: Output,
    events_per_day: EventsOption = None,
    from_warehouse: FromWarehouseOption = False,
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
    """Plan what BigQuery will bill for the jobs in a month, and name the settings that would save most.

    The plan follows from the queries themselves, your config/schedules.json and your settings. It asks BigQuery
    nothing; only --from-warehouse reads tables, and those of a DuckDB file do as well. Where BigQuery's documentation
    leaves open what is billed, the plan has the least and the most. Loads are free, and storage is not in it.

    Example: `mp cost plan --events-per-day 1000000 --format table`
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
    measured, settings = _of_the_warehouse() if from_warehouse else (None, _settings())
    workload = known(given, measured)
    _show(output, workload, plan_of(workload.workload, settings), usd_per_tib)


def _settings() -> "Settings":
    with settings_alone() as session:
        return session.settings


def _of_the_warehouse() -> "tuple[Measured, Settings]":
    with existing_tables() as session:
        return measured_in(session.warehouse.within(new_call(WAIT_SECONDS).deadline)), session.settings


def _show(output: Output, workload: Known, found: "Plan", usd_per_tib: float) -> None:
    jobs = [_of_job(each, usd_per_tib) for each in found.jobs]
    savings = [_of_saving(each, usd_per_tib) for each in found.savings()]
    total = _sum(jobs)
    if output.format is Format.JSON:
        answer = {"workload": workload.record(), "usd_per_tib": usd_per_tib, "jobs": jobs, "total": total}
        output.show({**answer, "savings": savings})
        return
    if output.format is not Format.TABLE:
        output.show(jobs)
    else:
        output.show([*jobs, {"job": "total", **total}], _JOBS)
        if savings:
            output.show(savings, _SAVINGS)
        output.note(_NOTE)
    workload.tell(output)


def _of_job(cost: "JobCost", usd_per_tib: float) -> dict[str, Any]:
    runs = cost.runs_per_day * _DAYS_OF_A_MONTH
    return {
        "job": cost.job,
        "kind": cost.kind,
        "runs_per_month": round(runs),
        "queries_per_month": round(runs * cost.queries_per_run),
        **_billed(cost, usd_per_tib),
    }


def _of_saving(saving: "Saving", usd_per_tib: float) -> dict[str, Any]:
    return {
        "setting": saving.setting,
        "now": saving.now,
        "instead": saving.instead,
        **_billed(saving, usd_per_tib),
        "loses": saving.loses,
    }


def _billed(each: "JobCost | Saving", usd_per_tib: float) -> dict[str, float]:
    least, most = (count * _DAYS_OF_A_MONTH for count in (each.least_bytes_per_day, each.most_bytes_per_day))
    return {
        "least_bytes_per_month": round(least),
        "most_bytes_per_month": round(most),
        "least_usd_per_month": round(usd(least, usd_per_tib), 4),
        "most_usd_per_month": round(usd(most, usd_per_tib), 4),
    }


def _sum(jobs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All kinds together, without the number of runs: some kinds are parts of runs of another."""
    names = [name for name in (jobs[0] if jobs else {}) if name.endswith("_per_month") and name != "runs_per_month"]
    return {name: round(sum(job[name] for job in jobs), 4) for name in names}
