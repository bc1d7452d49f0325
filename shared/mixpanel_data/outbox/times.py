"""Times and durations in words."""

from datetime import UTC, date, datetime, timedelta

_MINUTE = timedelta(minutes=1)


def duration(span: timedelta) -> str:
    """`3 min`, `2 h 5 min`, `1 d 3 h`: the two largest units, whole minutes."""
    minutes = max(0, round(span / _MINUTE))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = [(days, "d"), (hours, "h"), (minutes if not days else 0, "min")]
    return " ".join(f"{number} {unit}" for number, unit in units if number) or "0 min"


def clock(at: datetime, now: datetime) -> str:
    """The time of day, UTC, with the date unless it is today's; for plain text."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at.day} {at:%b %H:%M}"


def local_time(at: datetime) -> str:
    """mrkdwn that Slack shows in the reader's own time zone; in UTC where it cannot."""
    fallback = f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}^{fallback}>"


def day_of_year(day: date) -> str:
    """`3 Mar 2026`."""
    return f"{day.day} {day:%b %Y}"
