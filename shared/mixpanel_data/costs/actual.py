"""What BigQuery billed: the queries of our jobs, as `INFORMATION_SCHEMA.JOBS` of the dataset's region lists them.

Its columns, and how long it keeps them (180 days), are those of https://cloud.google.com/bigquery/docs/information-schema-jobs.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mixpanel_data.base.errors import AuthenticationError, ConfigError, MixpanelDataError, TableNotFoundError
from mixpanel_data.base.window import Window
from mixpanel_data.costs.plan import Plan
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.rights import Rights
from mixpanel_data.warehouse.statements import Statement, statement

_JOBS_OF = statement("costs/jobs_of.sql", app="STRING", since="TIMESTAMP", until="TIMESTAMP")
STATEMENTS = (_JOBS_OF,)

# The value of the label `app` on all that this library runs.
_APP = "mixpanel_data"
_LOCATION = re.compile(r"[a-z0-9-]+")
_ADVICE = (
    "To list the queries of all accounts, the account that runs this needs the right bigquery.jobs.listAll: grant it "
    "the role BigQuery Resource Viewer (roles/bigquery.resourceViewer) on the project."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """What BigQuery billed for one step of a job; a script counts as one query.

    `job` and `step` are the labels, '' without one. `reserved_bytes` of the bytes were those of queries in a
    reservation, which is paid by the hour and not by bytes. `first_at` is when the first query was created, UTC.
    """

    job: str
    step: str
    query_count: int
    bytes_billed: int
    reserved_bytes: int
    first_at: datetime


def billed(warehouse: Warehouse, rights: Rights, location: str, window: Window) -> Sequence[Billed]:
    """What was billed for the queries created in the window, a row a job and step, the dearest first.

    `location` is where the queries of the warehouse run. Raises ConfigError if the dataset is elsewhere,
    AuthenticationError if the account may not list queries, and what the warehouse raises.
    """
    _check_location(warehouse, rights, location)
    try:
        rows = warehouse.rows(_in(location), app=_APP, since=window.start, until=window.end)
    except (AuthenticationError, TableNotFoundError) as error:
        raise AuthenticationError(f"{_said(error)} {_ADVICE}") from error
    return sorted((Billed(**row) for row in rows), key=lambda each: (-each.bytes_billed, each.job, each.step))


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What was billed for a job, and what was planned for the same time, by both readings; None for a job of no plan.

    `ratio` is what was billed by the most that was planned.
    """

    job: str
    query_count: int
    bytes_billed: int
    reserved_bytes: int
    least_bytes: float | None
    most_bytes: float | None

    @property
    def ratio(self) -> float | None:
        """None where nothing was planned."""
        return self.bytes_billed / self.most_bytes if self.most_bytes else None


def beside(plan: Plan, found: Sequence[Billed], days: float) -> Sequence[Beside]:
    """Each job that was planned or billed, the dearest first: what was billed, and the plan of so many days."""
    names = dict.fromkeys([*(one.job for one in plan.jobs), *(one.job for one in found)])
    made = []
    for name in names:
        planned, own = plan.of_job(name), [one for one in found if one.job == name]
        made.append(
            Beside(
                job=name,
                query_count=sum(one.query_count for one in own),
                bytes_billed=sum(one.bytes_billed for one in own),
                reserved_bytes=sum(one.reserved_bytes for one in own),
                least_bytes=days * sum(one.least_bytes_per_day for one in planned) if planned else None,
                most_bytes=days * sum(one.most_bytes_per_day for one in planned) if planned else None,
            )
        )
    return sorted(made, key=lambda each: (-each.bytes_billed, -(each.most_bytes or 0.0), each.job))


def billed_days(found: Sequence[Billed], window: Window) -> float:
    """The days of the window: all of them, or those since the first of the queries, if that came a day or more later.

    Less than a day means nothing: a job that runs nightly has one run in each 24 hours, wherever these begin.
    """
    first = min((one.first_at for one in found), default=window.start)
    since = first if first >= window.start + timedelta(days=1) else window.start
    return (window.end - since) / timedelta(days=1)


def check_is_billed(warehouse: Warehouse) -> None:
    """Raise ConfigError on an engine that bills nothing."""
    if not warehouse.is_billed:
        raise ConfigError(
            f"{warehouse} bills nothing, so there is nothing to show. Set GCP_PROJECT_ID and WAREHOUSE=bigquery for a "
            "dataset on BigQuery."
        )


def _check_location(warehouse: Warehouse, rights: Rights, location: str) -> None:
    try:
        found = rights.location()
    except AuthenticationError:
        # Whoever may list queries may lack the right to look at the dataset.
        return
    if found.lower() != location.lower():
        raise ConfigError(
            f"{warehouse} is in {found}, and BIGQUERY_LOCATION is {location}, where none of its queries run. "
            f"Set BIGQUERY_LOCATION={found}."
        )


def _in(location: str) -> Statement:
    """The statement on the view of this region, whose name no parameter can stand for."""
    region = location.lower()
    if not _LOCATION.fullmatch(region):
        raise ConfigError(f"BIGQUERY_LOCATION is {location!r}. Give a region, such as US, EU or europe-west3.")
    view = {"information_schema_jobs": f"`region-{region}`.INFORMATION_SCHEMA.JOBS"}
    return replace(_JOBS_OF, sql=_JOBS_OF.on(view))


def _said(error: MixpanelDataError) -> str:
    """What BigQuery said, without the advice for a table of ours."""
    said = str(error.__cause__.message if hasattr(error.__cause__, "message") else error)  # type: ignore[union-attr]
    return f"BigQuery answered: {said.strip().removesuffix('.')}."
