"""The age of every job's last successful run: the detector runs most often, so that it watches the others."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import statement

JOB_AGES = statement("detect/job_ages.sql", since="TIMESTAMP")

log = logging.getLogger(__name__)

# Longer than any job may go without a run before an alert is due: a job without a run in this period drops out of the
# report, and its age would look like none.
_SINCE = timedelta(days=90)


def all_aged_from(warehouse: Warehouse, now: datetime) -> dict[str, datetime]:
    """By job, when its last successful run began, or its first run if none succeeded. Raises the warehouse's errors."""
    return {row["job"]: row["aged_from"] for row in warehouse.rows(JOB_AGES, since=now - _SINCE)}


def job_ages(aged_from: Mapping[str, datetime], now: datetime) -> dict[str, float]:
    """The age of each job's last successful run, in seconds. Logs a line for each, which alerts in the cloud read."""
    ages = {job: round((now - since).total_seconds(), 3) for job, since in aged_from.items()}
    for job, age in ages.items():
        log.info("%s: %.0f s old", job, age, extra={"event": "job_age", "job": job, "age_seconds": age})
    return ages
