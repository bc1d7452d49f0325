"""A process that collects a window once, in parts of 300 lines.

usage: collector_process.py MIXPANEL_URL DUCKDB_FILE FROM TO NOW
"""

import os
import resource
import sys
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from mixpanel_data import collect
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Mixpanel, Region
from mixpanel_data.collect import plan
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.warehouse.duckdb import DuckDBWarehouse
from mixpanel_data_standins.mixpanel.access import DEFAULT_ACCESS


def limit_files() -> None:
    """Let no file grow beyond MOST_FILE_BYTES, as on a full disk."""
    if most := os.environ.get("MOST_FILE_BYTES"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))


def main(url: str, path: str, start: str, end: str, now: str) -> None:
    """Collect into the file, with a clock that shows `now`."""
    plan.LINES_PER_PART = 300
    access, deadline = DEFAULT_ACCESS, Deadline.after(120)
    credentials = Credentials(Secret(access.secret), access.username, access.project_id)
    warehouse = DuckDBWarehouse(Path(path), dataset="mixpanel_data", events_table="mixpanel_events", create_tables=True)
    collect.run(
        collect.Request.model_validate({"from": start, "to": end}),
        run_id=uuid.uuid4().hex,
        mixpanel=Mixpanel(credentials, Region.US, url).within(deadline),
        warehouse=warehouse.within(deadline),
        events=EventsConfig.model_validate({"events": [{"name": "*"}]}),
        options=collect.Options(ZoneInfo("UTC"), 90, timedelta(hours=1), 730, None),
        clock=lambda: datetime.fromisoformat(now),
    )
    warehouse.close()


if __name__ == "__main__":
    limit_files()
    main(*sys.argv[1:])
