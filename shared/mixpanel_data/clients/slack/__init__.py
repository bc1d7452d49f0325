"""The Slack client: a bot or an incoming webhook that posts messages, and what became of each message.

`BotSlack` and `WebhookSlack` serve any number of calls; `within(deadline)` returns the same client for one call.
"""

from mixpanel_data.clients.slack.bot import BotSlack
from mixpanel_data.clients.slack.contract import Body, Slack
from mixpanel_data.clients.slack.outcomes import (
    CannotLook,
    Cause,
    Found,
    Limited,
    LookLater,
    NotSent,
    Outcome,
    Refused,
    Sent,
    Stored,
    Unknown,
)
from mixpanel_data.clients.slack.webhook import WebhookSlack

__all__ = [
    "Body",
    "BotSlack",
    "CannotLook",
    "Cause",
    "Found",
    "Limited",
    "LookLater",
    "NotSent",
    "Outcome",
    "Refused",
    "Sent",
    "Slack",
    "Stored",
    "Unknown",
    "WebhookSlack",
]
