"""The alerts can fire: the log lines of the functions, seen by the metrics and policies that Terraform plans."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.cloud_logging import Entry, Point, entry, matches, points
from infra.terraform import ROOT, Plan, copied, plan
from mixpanel_data_standins.mixpanel import Access, StandInMixpanel
from mixpanel_data_standins.mixpanel import faults as mixpanel_faults
from mixpanel_data_standins.slack import StandInSlack, faults
from support.detector_world import MINUTE
from support.engines import DuckDB
from support.function_folders import client_of
from support.published_counts import publish_counts
from support.published_events import visit
from support.settable_clock import SettableClock
from support.user_sync_world import UserSyncWorld

pytestmark = pytest.mark.terraform

ACCESS = Access(username="robot.1", secret="s3cret-of-ours")
CHANNELS = ["projects/acme-data/notificationChannels/1"]
VISIT = {"name": "Visit", "alert_threshold": 30, "baseline": False, "silence": False}
Write = Callable[[str], list[Entry]]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of an installation with an existing notification channel."""
    return plan(copied(tmp_path_factory.mktemp("terraform")), alert_email=None, notification_channels=CHANNELS)


@pytest.fixture
def mixpanel(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInMixpanel]:
    with StandInMixpanel([], access=ACCESS) as running:
        monkeypatch.setenv("MIXPANEL_BASE_URL", running.url)
        monkeypatch.setenv("MIXPANEL_PROJECT_ID", ACCESS.project_id)
        monkeypatch.setenv("MIXPANEL_SERVICE_ACCOUNT", ACCESS.username)
        monkeypatch.setenv("MIXPANEL_SERVICE_ACCOUNT_SECRET", ACCESS.secret)
        yield running


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInSlack]:
    for name in ("SLACK_BOT_TOKEN", "SLACK_BASE_URL", "SLACK_CHANNEL", "SLACK_WEBHOOK_URL"):
        monkeypatch.delenv(name, raising=False)
    with StandInSlack(["alerts"]) as running:
        for name, value in running.settings.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DuckDB:
    """A warehouse whose last good collection was two hours ago."""
    monkeypatch.setenv("WAREHOUSE", f"duckdb:///{tmp_path}/warehouse0.duckdb")
    monkeypatch.setenv("EVENTS_CONFIG", json.dumps({"events": [VISIT]}))
    engine = DuckDB(tmp_path)
    then = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=2)
    publish_counts(engine, {("Visit", then - 9 * MINUTE): 40}, then, run_id="collector-1", read_until=then)
    return engine


@pytest.fixture
def write(capsys: pytest.CaptureFixture[str]) -> Write:
    """Calls a function, and returns its log lines as entries of Cloud Logging."""

    def written(name: str) -> list[Entry]:
        client = client_of(name)
        capsys.readouterr()
        client.post("/", data=b"{}")
        return [entry(json.loads(line), name) for line in capsys.readouterr().out.splitlines()]

    return written


def measured(planned: Plan, name: str, entries: list[Entry]) -> list[Point]:
    """The points that a metric takes from log entries."""
    return [*points(planned.values("google_logging_metric")[f'metric["{name}"]'], entries)]


def condition(planned: Plan, policy: str, kind: str = "condition_threshold") -> Mapping[str, Any]:
    """The only condition of a policy."""
    (only,) = planned.values("google_monitoring_alert_policy")[policy]["conditions"]
    (found,) = only[kind]
    return dict(found)


def seen(planned: Plan, policy: str, entries: list[Entry], kind: str = "condition_threshold") -> list[float]:
    """The values that a policy sees in log entries."""
    every = [one for name in names(planned) for one in measured(planned, name, entries)]
    return [one.value for one in every if matches(condition(planned, policy, kind)["filter"], one.series)]


def names(planned: Plan) -> list[str]:
    return [one["name"].removeprefix("mixpanel_data_") for one in planned.values("google_logging_metric").values()]


def labels(found: list[Point]) -> list[Mapping[str, str]]:
    return [one.series["metric"]["labels"] for one in found]


@pytest.mark.usefixtures("engine", "slack", "mixpanel")
def test_a_good_run_is_counted_and_measured_once(planned: Plan, write: Write) -> None:
    for job in ("collector", "detector"):
        entries = write(job)
        assert labels(measured(planned, "runs", entries)) == [{"job": job, "status": "ok"}]
        (seconds,) = measured(planned, "run_seconds", entries)
        (lag,) = measured(planned, "run_lag", entries)
        assert 0.0 <= seconds.value <= lag.value < 60.0
        assert labels([seconds, lag]) == [{"job": job}] * 2
        assert seen(planned, f'job_fails["{job}"]', entries) == []


def test_what_a_run_was_billed_is_measured_for_its_job_and_shown_on_the_dashboard(planned: Plan) -> None:
    line = {"severity": "INFO", "event": "run_finished", "job": "collector", "status": "ok", "bytes_billed": 41_943_040}
    entries = [entry(one, "collector") for one in (line, {**line, "bytes_billed": 0}, {**line, "status": "error"})]
    found = measured(planned, "run_bytes_billed", entries)
    assert [one.value for one in found] == [41_943_040, 41_943_040]
    assert labels(found) == [{"job": "collector"}] * 2
    (dashboard,) = planned.values("google_monitoring_dashboard").values()
    widgets = json.loads(dashboard["dashboard_json"])["gridLayout"]["widgets"]
    queries = [one["xyChart"]["dataSets"][0]["timeSeriesQuery"].get("prometheusQuery", "") for one in widgets]
    name = "logging_googleapis_com:user_mixpanel_data_run_bytes_billed_sum"
    assert [query.startswith(f"sum by (job) (increase({name}{{") for query in queries if query] == [True]


@pytest.mark.usefixtures("engine")
def test_the_alert_on_failing_runs_fires_at_the_third_failure(
    planned: Plan, write: Write, mixpanel: StandInMixpanel
) -> None:
    mixpanel.faults.permanent = mixpanel_faults.Status(402)
    threshold = condition(planned, 'job_fails["collector"]')["threshold_value"]
    entries = [one for _ in range(2) for one in write("collector")]
    assert sum(seen(planned, 'job_fails["collector"]', entries)) <= threshold
    entries += write("collector")
    assert sum(seen(planned, 'job_fails["collector"]', entries)) > threshold
    assert seen(planned, 'job_fails["detector"]', entries) == []
    assert measured(planned, "run_lag", entries) == []


@pytest.mark.usefixtures("engine", "slack", "mixpanel")
def test_the_alert_on_a_late_job_fires_until_the_job_has_run_well(planned: Plan, write: Write) -> None:
    policy = 'job_is_late["collector"]'
    threshold = condition(planned, policy)["threshold_value"]
    (age,) = seen(planned, policy, write("detector"))
    assert 7200.0 <= age < 7400.0
    assert age > threshold
    write("collector")
    (age,) = seen(planned, policy, write("detector"))
    assert age < threshold


@pytest.mark.usefixtures("engine", "slack", "mixpanel")
def test_only_a_detector_that_has_reported_counts_as_present(
    planned: Plan, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, kind = "detector_is_absent", "condition_absent"
    assert seen(planned, policy, write("detector"), kind) != []
    assert seen(planned, policy, write("collector"), kind) == []
    monkeypatch.setenv("EVENTS_CONFIG", "not JSON")
    assert seen(planned, policy, write("detector"), kind) == []


def test_the_alert_on_failed_deliveries_fires_when_slack_fails(
    planned: Plan, write: Write, engine: DuckDB, slack: StandInSlack
) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    publish_counts(engine, {("Visit", now - 9 * MINUTE): 40}, now, run_id="collector-2", read_until=now)
    # One for the picture, and one for the message.
    for _ in range(2):
        slack.faults.append(faults.Status(500))
    policy = 'delivery_fails["slack_delivery_failed"]'
    threshold = condition(planned, policy)["threshold_value"]
    assert sum(seen(planned, policy, write("detector"))) > threshold
    assert seen(planned, policy, write("detector")) == []


def test_the_alert_on_failed_deliveries_fires_when_a_target_of_the_user_sync_is_away(
    planned: Plan, write: Write, engine: DuckDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics: dict[str, Any] = {"counters": {"visits": {"event": "Visit"}}, "sync": {"postgres": {"table": "users"}}}
    monkeypatch.setenv("USER_METRICS_CONFIG", json.dumps(metrics))
    world = UserSyncWorld(engine, metrics)
    world.clock = SettableClock(datetime.now(UTC))
    world.bring(visit("ann", f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d} 10:00:00"))
    # Nobody listens on port 1.
    monkeypatch.setenv("POSTGRES_URL", "postgresql://u:p@127.0.0.1:1/d")
    policy = 'delivery_fails["user_sync_delivery_failed"]'
    threshold = condition(planned, policy)["threshold_value"]
    entries = write("incremental-user-sync")
    assert sum(seen(planned, policy, entries)) > threshold
    assert seen(planned, 'delivery_fails["slack_delivery_failed"]', entries) == []
    monkeypatch.setenv("USER_METRICS_CONFIG", json.dumps({**metrics, "sync": {}}))
    assert seen(planned, policy, write("incremental-user-sync")) == []


def test_every_metric_selects_log_lines_that_the_library_writes(planned: Plan) -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "shared").rglob("*.py"))
    for metric in planned.values("google_logging_metric").values():
        (event,) = re.findall(r'jsonPayload\.event=("[a-z_]+")', metric["filter"])
        assert f'"event": {event}' in code


def test_every_policy_waits_until_its_metric_is_known(planned: Plan) -> None:
    policies = [one for one in planned.configuration if one["type"] == "google_monitoring_alert_policy"]
    assert len(policies) == 4
    assert all("time_sleep.metrics_known" in one.get("depends_on", []) for one in policies)


def test_every_policy_watches_one_of_our_metrics_and_notifies_the_channels(planned: Plan) -> None:
    policies = planned.values("google_monitoring_alert_policy")
    for name, policy in policies.items():
        assert policy["notification_channels"] == CHANNELS
        assert policy["enabled"]
        kind = "condition_absent" if name == "detector_is_absent" else "condition_threshold"
        looked_at = condition(planned, name, kind)["filter"]
        assert any(f'user/mixpanel_data_{metric}"' in looked_at for metric in names(planned))
    assert 'job_is_late["detector"]' not in policies


@pytest.mark.parametrize(
    "broken", ['jsonPayload.event!="x"', 'jsonPayload.a="x" OR jsonPayload.b="y"', "jsonPayload.a:x"]
)
def test_a_filter_that_the_tests_cannot_judge_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match="known here"):
        matches(broken, {})
