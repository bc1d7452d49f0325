"""A stand-in for Slack on this machine: Web API and incoming webhooks, as they answer and as they fail.

`with StandInSlack() as slack:` answers programs that have `slack.settings` in their environment, and shows its
channels to people at `slack.url`. Tests read the posted messages in `slack.messages` and the requests in `slack.calls`,
and queue faults in `slack.faults`.
"""

from mixpanel_data_standins.slack import faults
from mixpanel_data_standins.slack.server import Call, StandInSlack
from mixpanel_data_standins.slack.workspace import ALL_SCOPES, Body, Channel, Message

__all__ = ["ALL_SCOPES", "Body", "Call", "Channel", "Message", "StandInSlack", "faults"]
