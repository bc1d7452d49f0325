"""The check that every alert has a Slack channel to go to, before anything is judged."""

import logging

from mixpanel_data.base.errors import ConfigError, listed
from mixpanel_data.clients.slack import Slack
from mixpanel_data.configuration.events import EventsConfig

log = logging.getLogger(__name__)


def check_channels(events: EventsConfig, default_channel: str, slack: Slack | None) -> None:
    """Raise ConfigError for an enabled event without a channel; warn of everything that a webhook cannot do."""
    if slack is None:
        log.warning(
            "neither SLACK_BOT_TOKEN nor SLACK_WEBHOOK_URL is set: incidents are recorded, and nobody is alerted"
        )
    elif slack.can_update:
        _check_bot(events, default_channel)
    else:
        _warn_of_webhook(events)


def _check_bot(events: EventsConfig, default_channel: str) -> None:
    for position, event in enumerate(events.events):
        if event.enabled and not (event.alert_channel or default_channel):
            raise ConfigError(
                f"events[{position}] ({event.name!r}) has no alert_channel and SLACK_CHANNEL is not set. "
                "Set one of them."
            )


def _warn_of_webhook(events: EventsConfig) -> None:
    with_channel = [event.name for event in events.events if event.enabled and event.alert_channel]
    if with_channel:
        log.warning(
            "a webhook posts to its own channel only, so the alert_channel of %s is ignored: set SLACK_BOT_TOKEN",
            listed(with_channel),
        )
    log.warning("over a webhook a message whose answer is lost is sent again: set SLACK_BOT_TOKEN")
