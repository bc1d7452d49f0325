"""A stand-in for Slack on this machine: Web API and incoming webhooks, as they answer and as they fail.

`with StandInSlack() as slack:` answers at `slack.settings` and shows its channels at `slack.url`; `slack.messages` is
what was posted, `slack.faults` what goes wrong with the next calls, `slack.calls` what was asked.
"""

from mixpanel_data_standins.slack import faults
from mixpanel_data_standins.slack.server import Call, StandInSlack
from mixpanel_data_standins.slack.workspace import ALL_SCOPES, Body, Channel, Message

__all__ = ["ALL_SCOPES", "Body", "Call", "Channel", "Message", "StandInSlack", "faults"]
