"""The words of notices: the collector is late or has caught up, a channel cannot be reached."""

from datetime import datetime

from mixpanel_data.outbox.blocks import Body, body, header, section
from mixpanel_data.outbox.mrkdwn import NAME_SIZE, clean, code
from mixpanel_data.outbox.times import Times, duration

_ADVICE = {
    "channel_not_found": "The channel does not exist, or it is private and the app is not in it: correct "
    "`alert_channel`, or invite the app there.",
    "not_in_channel": "The app is not in it: invite it there (`/invite`), or name another `alert_channel`.",
    "is_archived": "It is archived: unarchive it, or name another `alert_channel`.",
}


def collector_late(read_until: datetime, times: Times) -> Body:
    """The collector has read no further than `read_until`, so that drops and silences are not being judged."""
    head = f"⏳ The collector is {duration(times.now - read_until)} late: drops and silences are not being judged"
    text = (
        f"🔴 *Now: still late.* It has read nothing that happened after {times.at(read_until)}.\n"
        "Events that seem to be missing may only be late. Rises are still reported as their events arrive."
    )
    steps = (
        "*Next*\n• `mp runs` shows the collector's last runs and their errors\n"
        "• `mp collect` runs it once more\n• Another message follows when it has caught up"
    )
    return body(head, [header(head), section(text), section(steps)])


def collector_caught_up(read_until: datetime, late_since: datetime, times: Times) -> Body:
    """Drops and silences are being judged again, those in the time between included."""
    lasted = duration(times.now - late_since)
    head = f"✅ The collector has caught up: drops and silences are being judged again, after {lasted}"
    text = (
        f"It has read up to {times.at(read_until)}. Drops and silences in the time between are judged as well.\n"
        "*Nothing to do now*"
    )
    return body(head, [header(head), section(text)])


def channel_unreachable(channel: str, reason: str, given_up: int) -> Body:
    """Messages to a channel cannot be delivered: Slack's reason, the remedy, and how many messages were given up."""
    named, why = clean(channel, NAME_SIZE), clean(reason, NAME_SIZE)
    advice = _ADVICE.get(reason, "The detector's log has Slack's full answer.")
    lost = "1 message was given up." if given_up == 1 else f"{given_up:,} messages were given up."
    head = f"⚠️ Alerts do not reach {named}: {why}"
    text = f"Slack refuses messages to {code(named)} with {code(why)}. {lost}\n*Next*\n• {advice}"
    return body(head, [header(head), section(text)])
