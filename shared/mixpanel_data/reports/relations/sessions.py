"""What Mixpanel's own sessions are: page docs/features/sessions."""

from datetime import timedelta

TIMEOUT = timedelta(minutes=30)
"""An event more than this after the last one begins a session; so does midnight of the zone."""

EXCLUDED = frozenset(
    {
        "$identify",
        "$create_alias",
        "$merge",
        "$hotshard_events",
        "$campaign_delivery",
        "$campaign_bounced",
        "$campaign_marked_spam",
        "$message_suppressed",
        "$unsubscribe",
        "$journey_entered",
    }
)
"""What belongs to no session: FAQ of the page."""


def begins_session(timeout: str) -> str:
    """Whether a session begins with an event, as an expression over its `micros` and its `day` on the zone's clock.

    `timeout` is in microseconds; the window `in_order` has the user's events by time, without those that are excluded.
    """
    return f"COALESCE(micros - LAG(micros) OVER in_order > {timeout} OR day > LAG(day) OVER in_order, TRUE)"
