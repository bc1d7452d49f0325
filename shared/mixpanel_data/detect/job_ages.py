"""The age of every job's last successful run: the detector runs most often, so that it watches the others."""

import logging
from datetime import datetime, timedelta

from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import statement

JOB_AGES = statement("detect/job_ages.sql", since="TIMESTAMP")

log = logging.getLogger(__name__)

# Longer than any job may go without a run before an alert is due: a job without a run in this period drops out of the
# report, and its age would look like none.
_SINCE = timedelta(days=90)


def job_ages(warehouse: Warehouse, now: datetime) -> dict[str, float]:
    """The age of each job's last successful run, in seconds. Logs a line for each, which alerts in the cloud read.

    Raises the warehouse's errors.
    """
    rows = warehouse.rows(JOB_AGES, since=now - _SINCE)
    ages = {row["job"]: round((now - row["aged_from"]).total_seconds(), 3) for row in rows}
    for job, age in ages.items():
        log.info("%s: %.0f s old", job, age, extra={"event": "job_age", "job": job, "age_seconds": age})
    return ages
