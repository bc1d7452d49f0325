"""The age of each job: its last success, its last failure, and whether its schedule is kept."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

from mixpanel_data.configuration.schedules import Schedule, Schedules
from mixpanel_data.doctor.check import Check, Verdict
from mixpanel_data.doctor.wording import ago, told
from mixpanel_data.warehouse.base import Row

SUBJECT = "jobs"
SINCE = timedelta(days=90)
"""How far back runs count."""

# A call can come late, and one that was refused is repeated by the next.
_CALLS_TO_MISS = 2
_LATENESS = timedelta(minutes=1)
_ERROR_CHARACTERS = 300

_Runs = Mapping[str, Row]


def job_checks(
    rows: Iterable[Row], schedules: Schedules | None, now: datetime, *, is_deployed: bool
) -> Iterator[Check]:
    """The jobs that ran or should have: `rows` are those of `runs.newest`.

    Where nothing is deployed, nothing but a person may call the jobs, and a schedule that is not kept is a warning.
    """
    runs: dict[str, dict[str, Row]] = {}
    for row in rows:
        runs.setdefault(row["job"], {})[row["status"]] = row
    calls: dict[str, list[Schedule]] = {}
    for each in schedules.schedules if schedules else ():
        calls.setdefault(each.function, []).append(each)
    for job in sorted(runs.keys() | calls.keys()):
        yield _check(job, runs.get(job, {}), calls.get(job, []), now, is_deployed=is_deployed)
    if not runs and not calls:
        yield Check(SUBJECT, "all", Verdict.SKIPPED, "No job has run yet.")


def _check(job: str, runs: _Runs, calls: list[Schedule], now: datetime, *, is_deployed: bool) -> Check:
    succeeded, failure = runs.get("ok"), runs.get("failed")
    if failure is not None and (succeeded is None or succeeded["started_at"] < failure["started_at"]):
        return _failed(job, succeeded, failure, now)
    if succeeded is None:
        found = f"It began {ago(now - runs['running']['started_at'])} and has not ended." if runs else "It never ran."
        return Check(SUBJECT, job, Verdict.SKIPPED, found)
    found = f"It succeeded {ago(now - succeeded['started_at'])}."
    due = _due(calls, now)
    if due is not None and succeeded["started_at"] < due - _LATENESS:
        verdict = Verdict.FAILED if is_deployed else Verdict.WARNING
        late = f"{found} By its schedule it should have since {due:%Y-%m-%d %H:%M} UTC."
        return Check(SUBJECT, job, verdict, late, _wake(job, is_deployed=is_deployed))
    if failure is not None:
        found = f"{found} The last failure was {ago(now - failure['started_at'])}."
    return Check(SUBJECT, job, Verdict.OK, found)


def _failed(job: str, succeeded: Row | None, failure: Row, now: datetime) -> Check:
    error = told(Exception(failure["error"] or "it says no reason"))
    before = f"it succeeded {ago(now - succeeded['started_at'])}" if succeeded else "it never succeeded"
    found = f"It failed {ago(now - failure['started_at'])}, and {before}: {error.found[:_ERROR_CHARACTERS]}"
    return Check(SUBJECT, job, Verdict.FAILED, found, error.remedy or f"Look into it: mp runs --job {job}")


def _due(calls: list[Schedule], now: datetime) -> datetime | None:
    """The moment since which a run should have begun: that of the last call but one, of all schedules of a job."""
    moments = sorted({moment for each in calls for moment in islice(each.before(now), _CALLS_TO_MISS)})
    return moments[-_CALLS_TO_MISS] if len(moments) >= _CALLS_TO_MISS else None


def _wake(job: str, *, is_deployed: bool) -> str:
    if is_deployed:
        return f"See whether Cloud Scheduler calls {job}: gcloud scheduler jobs list; then ./deploy.sh"
    return "Run it, or have cron run it: config/schedules.json says how often."
