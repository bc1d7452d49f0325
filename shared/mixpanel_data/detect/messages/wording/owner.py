"""The owner of an event, whom an alert calls, and the runbook it links to. Both come from the configuration alone."""

from mixpanel_data.configuration.events import Event
from mixpanel_data.outbox.mrkdwn import escaped
from mixpanel_data.outbox.owners import mention, owner_mrkdwn

_LINK_SIZE = 1_000


def owner_and_runbook(entry: Event | None, *, is_open: bool) -> str | None:
    """The owner, who is called only while the incident lasts, and the runbook, as mrkdwn; None without either."""
    parts = []
    if entry and entry.owner and (is_open or not mention(entry.owner)):
        parts.append(f"Owner: {owner_mrkdwn(entry.owner)}")
    if entry and entry.runbook_url:
        url = escaped(entry.runbook_url)
        is_short = len(url) <= _LINK_SIZE
        parts.append(f"<{url}|Runbook>" if is_short else "Runbook: its address is too long for a message")
    return " · ".join(parts) or None
