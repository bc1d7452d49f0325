"""The owner of an event as a message calls them. An owner comes from the configuration alone."""

import re

from mixpanel_data.outbox.mrkdwn import NAME_SIZE, clean, code

_MEMBER = re.compile(r"(?=\w*\d)[UW][A-Z0-9]{7,20}", re.ASCII)
_GROUP = re.compile(r"(?=\w*\d)S[A-Z0-9]{7,20}", re.ASCII)


def mention(owner: str | None) -> str:
    """The owner as a mention, which notifies them; empty for an owner that is not the id of a member or group."""
    if not owner:
        return ""
    if _MEMBER.fullmatch(owner):
        return f"<@{owner}>"
    return f"<!subteam^{owner}>" if _GROUP.fullmatch(owner) else ""


def owner_mrkdwn(owner: str) -> str:
    """The owner as a mention where that is possible, else by name."""
    return mention(owner) or code(clean(owner, NAME_SIZE))
