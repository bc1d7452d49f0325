"""The words of notices: the collector is late or has caught up, a channel cannot be reached."""

from datetime import datetime

from mixpanel_data.outbox.blocks import Body, body, header, section
from mixpanel_data.outbox.mrkdwn import NAME_SIZE, clean, code
from mixpanel_data.outbox.times import duration, local_time

_ADVICE = {
    "channel_not_found": "The channel does not exist, or it is private and the app is not in it: correct "
    "`alert_channel`, or invite the app there.",
    "not_in_channel": "The app is not in it: invite it there (`/invite`), or name another `alert_channel`.",
    "is_archived": "It is archived: unarchive it, or name another `alert_channel`.",
}


def collector_late(read_until: datetime, now: datetime) -> Body:
    """The collector has read no further than `read_until`, so that drops and silences are not being judged."""
    head = f"⏳ The collector is {duration(now - read_until)} late: drops and silences are not being judged"
    text = (
        f"It has not read any event after {local_time(read_until)} from Mixpanel, so that events that seem to be "
        "missing may only be late. Rises are still reported as events arrive.\n"
        "`mp runs` shows the collector's last runs. Another message follows when it has caught up."
    )
    return body(head, [header(head), section(text)])


def collector_caught_up(read_until: datetime, late_since: datetime, now: datetime) -> Body:
    """Drops and silences are being judged again, those in the time between included."""
    lasted = duration(now - late_since)
    head = f"✅ The collector has caught up: drops and silences are being judged again, after {lasted}"
    text = f"It has read up to {local_time(read_until)}. Drops and silences in the time between are judged as well."
    return body(head, [header(head), section(text)])


def channel_unreachable(channel: str, reason: str, given_up: int) -> Body:
    """Messages to a channel cannot be delivered: Slack's reason, the remedy, and how many messages were given up."""
    named, why = clean(channel, NAME_SIZE), clean(reason, NAME_SIZE)
    advice = _ADVICE.get(reason, "The detector's log has Slack's full answer.")
    lost = "One message was given up." if given_up == 1 else f"{given_up:,} messages were given up."
    head = f"⚠️ Alerts do not reach {named}: {why}"
    text = f"Slack refuses messages to {code(named)} with {code(why)}. {advice}\n{lost}"
    return body(head, [header(head), section(text)])
