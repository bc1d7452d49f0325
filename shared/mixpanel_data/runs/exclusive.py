"""Being the only run of a job at work."""

import contextlib
import logging
import time
from collections.abc import Iterator

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import WarehouseBusyError
from mixpanel_data.runs.run import Run

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
# Runs often wait for each other for a moment, which is not worth a word.
_QUIET_SECONDS = 1.0
# How long a call without a deadline waits.
_PATIENCE_SECONDS = 3600.0


@contextlib.contextmanager
def exclusive(run: Run, lease_seconds: float, *, wait_until: Deadline | None) -> Iterator[bool]:
    """Keep every other run of the job out while the block runs; yields whether this run is the one.

    If another run holds the lease, wait for it until the deadline and then raise WarehouseBusyError; with
    `wait_until` None yield False at once instead. A run that died holds its lease for up to `lease_seconds` on
    BigQuery and not at all on DuckDB. Every `publish` and `write` of the block fails once another run has taken over.
    """
    quiet, has_told = Deadline.after(_QUIET_SECONDS), False
    # Where the job has published, its row is there.
    looks_first = run.published <= 0
    patience = None if wait_until is None else Deadline.after(wait_until.left(_PATIENCE_SECONDS))
    while True:
        with run.warehouse.lease(run.job, run.run_id, lease_seconds, looks_first=looks_first) as lease:
            if lease is not None:
                with _held(run, lease):
                    yield True
                return
        if patience is None:
            yield False
            return
        looks_first = True
        if patience.left(_POLL_SECONDS) <= 0.0:
            raise WarehouseBusyError(f"Another run of {run.job} still holds the lease. Run this again later.")
        if not has_told and quiet.left(_POLL_SECONDS) <= 0.0:
            seconds = patience.left(_PATIENCE_SECONDS)
            log.warning(
                "another run of %s is at work; waiting for it, for %.0f s at most",
                run.job,
                seconds,
                extra={"wait_seconds": round(seconds, 1)},
            )
            has_told = True
        time.sleep(_POLL_SECONDS)


@contextlib.contextmanager
def _held(run: Run, lease: str) -> Iterator[None]:
    run.lease = lease
    try:
        yield
    finally:
        run.lease = ""
