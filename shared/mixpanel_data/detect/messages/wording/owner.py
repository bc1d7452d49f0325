"""The owner of an event, whom an alert calls, and the runbook it links to. Both come from the configuration alone."""

import re

from mixpanel_data.configuration.events import Event
from mixpanel_data.detect.messages.wording.mrkdwn import NAME_SIZE, clean, code, escaped

_MEMBER = re.compile(r"(?=\w*\d)[UW][A-Z0-9]{7,20}", re.ASCII)
_GROUP = re.compile(r"(?=\w*\d)S[A-Z0-9]{7,20}", re.ASCII)
_LINK_SIZE = 1_000


def mention(entry: Event | None) -> str:
    """The owner as a mention, which notifies them; empty for an owner that is not the id of a member or group."""
    owner = entry.owner if entry and entry.owner else ""
    if _MEMBER.fullmatch(owner):
        return f"<@{owner}>"
    return f"<!subteam^{owner}>" if _GROUP.fullmatch(owner) else ""


def owner_and_runbook(entry: Event | None, *, is_open: bool) -> str | None:
    """The owner, who is called only while the incident lasts, and the runbook, as mrkdwn; None without either."""
    parts = []
    if entry and entry.owner and (is_open or not mention(entry)):
        parts.append(f"Owner: {mention(entry) or code(clean(entry.owner, NAME_SIZE))}")
    if entry and entry.runbook_url:
        url = escaped(entry.runbook_url)
        is_short = len(url) <= _LINK_SIZE
        parts.append(f"<{url}|Runbook>" if is_short else "Runbook: its address is too long for a message")
    return " · ".join(parts) or None
