"""Times and durations in words."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Times:
    """The words for times in a message that is written at `now`: in UTC, and in the project's zone where it differs.

    The reader's own zone is left out: people of several zones talk about one message, and logs and commands are in UTC.
    """

    now: datetime
    zone: ZoneInfo

    def at(self, at: datetime) -> str:
        """`03:12 UTC`, `03:12 UTC (04:12 Berlin)`, with the date unless it is today's in UTC."""
        return f"{clock(at, self.now)} UTC{self._here(at)}"

    def between(self, start: datetime, end: datetime) -> str:
        """`03:12 to 03:15 UTC`, with dates where they differ from today's, or from one another; in UTC alone."""
        is_one_day = start.astimezone(UTC).date() == end.astimezone(UTC).date()
        until = f"{end.astimezone(UTC):%H:%M}" if is_one_day else clock(end, self.now)
        return f"{clock(start, self.now)} to {until} UTC"

    def ago(self, at: datetime) -> str:
        """`24 min ago`."""
        return f"{duration(self.now - at)} ago"

    def _here(self, at: datetime) -> str:
        """The same time of day by the project's clock; empty where that is UTC."""
        here = at.astimezone(self.zone)
        if here.utcoffset() == timedelta(0):
            return ""
        return f" ({here:%H:%M} {self.zone.key.rpartition('/')[2].replace('_', ' ')})"


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
