"""The work that the function's own process does in a collection when the warehouse is BigQuery.

usage: bigquery_upload.py URL FROM_DATE LAST_DATE SINK_URL; prints lines, seconds and peak resident MB as JSON.
"""

import json
import resource
import sys
import time
from datetime import date

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.clients.mixpanel import ExportQuery
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.collect import mixpanel_client
from mixpanel_data.wiring.session import Session


def main() -> None:
    """Export and upload one window in one stream."""
    url, first, last, sink = sys.argv[1:]
    settings = Settings.from_env(
        {
            "MIXPANEL_BASE_URL": url,
            "MIXPANEL_API_SECRET": "stand-in-project-secret",
            "GCP_PROJECT_ID": "bench",
            "BIGQUERY_EMULATOR_HOST": sink,
            "CREATE_TABLES": "false",
        }
    )
    with Session(settings) as session:
        part = session.warehouse.staging("bench", 1)
        started = time.monotonic()
        stream = (
            mixpanel_client(settings)
            .within(Deadline())
            .export(ExportQuery(date.fromisoformat(first), date.fromisoformat(last)))
        )
        part.load(stream)
        seconds = time.monotonic() - started
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"lines": stream.lines, "seconds": seconds, "peak_mb": peak_mb}))


if __name__ == "__main__":
    main()
