"""The scopes that the app of a bot needs, and what to do about Slack's answers."""

import re

from mixpanel_data.clients.slack.outcomes import CannotLook, Found, LookLater, NotSent, Refused, Stored

POSTING, PICTURES = ("chat:write",), ("files:write",)
FINDING_PUBLIC, FINDING_PRIVATE = ("channels:read", "channels:history"), ("groups:read", "groups:history")
FINDING = (*FINDING_PUBLIC, *FINDING_PRIVATE)
SCOPES = (*POSTING, *PICTURES, *FINDING)
"""The scopes of the app; those for groups are for private channels."""

_NEEDED = re.compile(r"needs ([\w:.,]+)")


def add_scopes(scopes: str) -> str:
    """How the app gets scopes."""
    what = "the scopes" if "," in scopes else "the scope"
    return f"Add {what} {scopes} to the app under OAuth & Permissions, and install the app again."


def problem_of(outcome: NotSent | Stored | Found) -> str:
    """What is wrong, as Slack says it: its error code first."""
    match outcome:
        case Refused():
            return str(outcome)
        case None:
            return "nothing came of it"
        case CannotLook(reason) | LookLater(reason):
            return reason
        case _:
            return str(getattr(outcome, "reason", "")) or "Slack takes no more messages now"


def advice(problem: str, outcome: object, channel: str) -> str:
    """What to do about an answer of Slack's, by its error code. `channel` is empty over a webhook."""
    code, where = re.split(r"[\s:(]", problem, maxsplit=1)[0], channel or "the webhook's channel"
    if code == "missing_scope":
        needed = _NEEDED.search(problem)
        return add_scopes(needed[1] if needed else "that the step needs")
    if code == "not_in_channel":
        return f"Invite the bot: write /invite and its name in {where}."
    if code == "channel_not_found":
        return f"Check the name of {where}. If it is private, invite the bot there and add the scope groups:read."
    if isinstance(outcome, Refused):
        return f"{outcome.remedy}."
    return "Try again."
