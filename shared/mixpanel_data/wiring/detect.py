"""The detector with Slack."""

from mixpanel_data import detect
from mixpanel_data.clients.slack import BotSlack, Slack, WebhookSlack
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.files import events_config
from mixpanel_data.wiring.secrets import secret
from mixpanel_data.wiring.session import Call, Session


def run(request: detect.Request, session: Session, call: Call) -> detect.Result:
    """Run the detector. Raises ConfigError for a Slack credential of the wrong form, and what `detect.run` raises."""
    return detect.run(
        request,
        run_id=call.run_id,
        warehouse=session.warehouse.within(call.deadline),
        events=events_config(session.settings),
        options=detect.Options(
            default_channel=session.settings.slack_channel or "",
            lease_seconds=call.lease_seconds,
        ),
        slack=_slack(session.settings, call),
        clock=call.clock,
        deadline=call.deadline,
    )


def _slack(settings: Settings, call: Call) -> Slack | None:
    """A bot, else a webhook; None where neither is set."""
    token = secret(settings.slack_bot_token, settings)
    if token is not None:
        # slack-sdk appends a method's name to the base URL.
        base_url = f"{settings.slack_base_url}/" if settings.slack_base_url else None
        return BotSlack(token, base_url).within(call.deadline)
    url = secret(settings.slack_webhook_url, settings)
    return None if url is None else WebhookSlack(url).within(call.deadline)
