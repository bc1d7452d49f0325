"""How many jobs of BigQuery a run of the detector starts: each costs 10 MB at least, 288 times a day."""

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from mixpanel_data import detect as detector
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import WebhookSlack
from mixpanel_data.runs import Origin
from support.detector_world import MINUTE, START, with_options
from support.engines import EMULATOR_HOST, PROJECT, BigQuery, opened
from support.events_configs import enabled
from support.published_counts import publish_counts

pytestmark = [pytest.mark.bigquery, pytest.mark.skipif(not EMULATOR_HOST, reason="there is no emulator")]

OPTIONS = with_options(origin=Origin("1", "mixpanel_events"))


class Billed:
    """A dataset of the emulator in which the detector runs, with a client beside it to look at jobs."""

    def __init__(self) -> None:
        from google.api_core.client_options import ClientOptions
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import bigquery

        self.engine = BigQuery()
        self.now = START
        self.client: Any = bigquery.Client(
            project=PROJECT,
            location="US",
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options=ClientOptions(api_endpoint=EMULATOR_HOST),
        )

    def collect(self, minutes: int) -> None:
        """So many minutes pass, with an event each, and the collector reads them."""
        counts = {("Visit", self.now + number * MINUTE): 1 for number in range(minutes)}
        self.now += minutes * MINUTE
        publish_counts(self.engine, counts, self.now, run_id=f"collector-{uuid.uuid4()}", read_until=self.now)

    def jobs(self, after: timedelta) -> Counter[str]:
        """Run the detector so much later; the steps of the jobs that it started."""
        self.now += after
        known = {job.job_id for job in self.client.list_jobs(max_results=1000)}
        with opened(self.engine) as warehouse:
            detector.run(
                detector.Request(),
                run_id=f"detector-{uuid.uuid4()}",
                warehouse=warehouse.within(Deadline(), "detector"),
                events=enabled(),
                options=OPTIONS,
                # It is never called: there is nothing to tell.
                slack=WebhookSlack(Secret("https://hooks.example.com/services/none")),
                clock=lambda: self.now,
                deadline=Deadline(),
            )
        started = [job for job in self.client.list_jobs(max_results=1000) if job.job_id not in known]
        return Counter(job.labels["step"] for job in started if job.labels.get("job") == "detector")


@pytest.fixture
def billed() -> Iterator[Billed]:
    made = Billed()
    yield made
    made.client.close()


def test_a_run_with_nothing_to_judge_asks_once_and_writes_one_row(billed: Billed) -> None:
    billed.collect(30)
    billed.jobs(after=MINUTE)
    assert billed.jobs(after=5 * MINUTE) == {"detect_findings_standing_sql": 1, "whole": 1}


def test_a_run_that_finds_nothing_takes_no_lease_and_asks_each_table_once(billed: Billed) -> None:
    billed.collect(30)
    billed.jobs(after=MINUTE)
    billed.collect(10)
    of_names = ("names", "recent_minutes", "selections")
    asked = [
        "detect_findings_standing_sql",
        "runs_opening_sql",
        *(f"detect_findings_learning_{name}_sql" for name in of_names),
        "detect_findings_delays_sql",
        "detect_incidents_incidents_sql",
        "detect_messages_messages_sql",
    ]
    assert billed.jobs(after=MINUTE) == Counter([*asked, "whole"])
