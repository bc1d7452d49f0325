"""The detector with Slack."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from mixpanel_data import detect
from mixpanel_data.base import logs
from mixpanel_data.clients.slack import BotSlack, Slack, WebhookSlack
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.wiring.files import events_config
from mixpanel_data.wiring.origin import origin
from mixpanel_data.wiring.secrets import secret
from mixpanel_data.wiring.session import Call, Session

if TYPE_CHECKING:
    from mixpanel_data.detect.trial import Trial


def run(request: detect.Request, session: Session, call: Call) -> "detect.Result | Trial":
    """Run the detector or, with `test_alert`, a trial.

    Raises ConfigError for a Slack credential of the wrong form, and what `detect.run` and `run_trial` raise.
    """
    if request.test_alert:
        # The trial's lines tell of invented events and runs, and monitoring would count them as real ones.
        with logs.silenced():
            return run_trial(None, session, call)
    return detect.run(
        request,
        run_id=call.run_id,
        warehouse=session.warehouse.within(call.deadline, detect.Request.job),
        events=events_config(session.settings),
        options=_options(session.settings, call),
        slack=_slack(session.settings, call),
        clock=call.clock,
        deadline=call.deadline,
    )


def run_trial(channel: str | None, session: Session, call: Call) -> "Trial":
    """Send a test alert to a channel, by default to SLACK_CHANNEL. It needs no warehouse, and leaves nothing in one.

    Raises ConfigError for a credential or channel that is missing or of the wrong form.
    """
    from mixpanel_data.detect import trial

    options = _options(session.settings, call)
    with _invented(session.settings) as warehouse:
        return trial.run(
            run_id=call.run_id,
            warehouse=warehouse.within(call.deadline),
            events=events_config(session.settings),
            options=replace(options, default_channel=channel or options.default_channel),
            slack=_slack(session.settings, call),
            clock=call.clock,
            deadline=call.deadline,
        )


@contextmanager
def _invented(settings: Settings) -> Iterator[Warehouse]:
    """An empty dataset in a temporary file. For its sake the detector's bundle has DuckDB, which no run imports."""
    from mixpanel_data.warehouse.duckdb import DuckDBWarehouse, temporary_folder

    with (
        temporary_folder() as folder,
        closing(
            DuckDBWarehouse(
                folder / "invented.duckdb",
                dataset=settings.bigquery_dataset,
                events_table=settings.bigquery_table,
                create_tables=True,
                memory_limit=settings.duckdb_memory_limit,
            )
        ) as warehouse,
    ):
        yield warehouse


def _options(settings: Settings, call: Call) -> detect.Options:
    return detect.Options(
        default_channel=settings.slack_channel or "",
        lease_seconds=call.lease_seconds,
        time_zone=settings.mixpanel_timezone,
        origin=origin(settings),
    )


def _slack(settings: Settings, call: Call) -> Slack | None:
    """A bot, else a webhook; None where neither is set."""
    token = secret(settings.slack_bot_token, settings)
    if token is not None:
        # slack-sdk appends a method's name to the base URL.
        base_url = f"{settings.slack_base_url}/" if settings.slack_base_url else None
        return BotSlack(token, base_url, clock=call.clock).within(call.deadline)
    url = secret(settings.slack_webhook_url, settings)
    return None if url is None else WebhookSlack(url).within(call.deadline)
