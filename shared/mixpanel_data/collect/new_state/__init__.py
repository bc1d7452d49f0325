"""Beginning anew with another project or events table: what is kept beside the events follows the events table."""

import logging
from datetime import datetime

from mixpanel_data import runs
from mixpanel_data.exports.reading import ALL_TIME
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import statement

log = logging.getLogger(__name__)

_ALL_TIME = {"window_start": "TIMESTAMP", "window_end": "TIMESTAMP"}
_STATEMENTS = (
    statement("collect/new_state/announce_days.sql", run_id="STRING", now="TIMESTAMP", **_ALL_TIME),
    statement("collect/new_state/delete_minutes.sql", **_ALL_TIME),
    statement("collect/new_state/count_minutes.sql", now="TIMESTAMP", **_ALL_TIME),
    statement("collect/new_state/forget_baselines.sql"),
    statement("collect/new_state/forget_delays.sql"),
)


def begin(warehouse: Warehouse, run_id: str, job: str, origin: runs.Origin, now: datetime) -> None:
    """Begin a new state if the present one belongs to another origin; a repeat changes nothing.

    Events stay, in both tables. The counts of minutes become those of the events table, every day of the old counts and
    of the new ones is announced to the other jobs, which then follow, and the next reading of arrivals is a first one.
    Raises what the warehouse raises.
    """
    before = runs.other_origin(warehouse, origin)
    if before is None:
        return
    bounds = {"window_start": ALL_TIME.start, "window_end": ALL_TIME.end}
    runs.begin_anew(warehouse, run_id, job, origin, _STATEMENTS, now=now, **bounds)
    log.warning("a new state for %s replaced that of %s; no event was deleted", origin, before)
