"""The daily ceiling on what BigQuery bills for all runs together."""

from datetime import UTC, datetime, timedelta

from mixpanel_data.base.errors import DailyBytesError
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import statement

_DAILY_BYTES = statement("runs/daily_bytes.sql", since="TIMESTAMP")
STATEMENTS = (_DAILY_BYTES,)

SHARE_OF_WHAT_CAN_WAIT = 0.8
"""The share of the ceiling for jobs that can wait; the rest is for arrivals and alerts, which cannot."""


def check_daily_bytes(warehouse: Warehouse, now: datetime, share: float) -> None:
    """Raise DailyBytesError where the runs of the UTC day of `now` were billed this share of the ceiling already.

    `share` is 1.0 for what must not wait, and SHARE_OF_WHAT_CAN_WAIT for what can. Without a ceiling nothing is asked;
    with one it is one query over today's rows of `job_runs`. A run that is at work counts with what its newest part
    says, and a person's own queries do not count. Raises what the warehouse raises.
    """
    ceiling = warehouse.max_bytes_per_day
    if ceiling is None:
        return
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    billed = {row["job"]: row["bytes_billed"] for row in warehouse.rows(_DAILY_BYTES, since=midnight)}
    total = sum(billed.values())
    if total < share * ceiling:
        return
    tomorrow = midnight + timedelta(days=1)
    jobs = ", ".join(f"{job} {count:,}" for job, count in billed.items())
    raise DailyBytesError(
        f"BigQuery has billed {total:,} bytes today ({jobs}), and BIGQUERY_MAX_BYTES_PER_DAY is {ceiling:,}, of which "
        f"this run may begin below {share:.0%}. Raise BIGQUERY_MAX_BYTES_PER_DAY, or wait until {tomorrow:%Y-%m-%d} "
        "00:00 UTC: the scheduler's next call then goes on where the last run ended.",
        retry_after_seconds=(tomorrow - now).total_seconds(),
    )
