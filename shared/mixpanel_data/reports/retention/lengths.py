"""The buckets of a retention: how long they are, and when each cell is complete."""

from datetime import date, datetime, timedelta
from itertools import accumulate

from mixpanel_data.base.errors import RequestError
from mixpanel_data.configuration.reports.choices import Align, Counting
from mixpanel_data.configuration.reports.definitions import Retention
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.days import days_asked
from mixpanel_data.reports.relations.windows import Window, beginning, first_of

_DAY = timedelta(days=1)
# Page docs/reports/retention: day 1 is 24 to 48 hours since birth, week 1 days 7 to 14, month 1 days 30 to 60.
LENGTHS = {"day": _DAY, "week": 7 * _DAY, "month": 30 * _DAY}
"""How long a unit since birth is; that of the calendar is as long as the calendar says."""
# What nobody looks back on would still cost a clock of so many days.
_MOST_DAYS = 36_600


class Buckets:
    """The buckets of a definition, and the instants at which they end.

    Raises RequestError for buckets that reach over 36,600 days (100 years) ahead.
    """

    def __init__(self, definition: Retention, asking: Asking) -> None:
        self.ends = list(accumulate(definition.lengths))
        """The first unit after each bucket."""
        self._definition = definition
        self._asking = asking
        self._first, self._last = days_asked(definition)
        days = self.ends[-1] * LENGTHS[definition.unit].days
        if days > _MOST_DAYS:
            raise RequestError(f"The buckets reach {days} days ahead, and at most {_MOST_DAYS} can be: ask for fewer.")

    @property
    def window(self) -> Window:
        """From the first birth that there can be to the end of the last bucket of the last one."""
        cohort = first_of(self._last, self._definition.unit)
        return Window(beginning(self._first, self._asking.zone), self._end(cohort, self.ends[-1]))

    def is_complete(self, cohort: date, bucket: int) -> bool:
        """Whether a cell cannot change any more: its last possible return lies before now.

        Page docs/reports/retention, Incomplete Buckets. That is the end of the bucket for a user born at the end of the
        period, or of the range if that is earlier; on or after, it is the end of the last bucket.
        """
        is_open = self._definition.counting is Counting.ON_OR_AFTER
        return self._end(cohort, self.ends[-1 if is_open else bucket]) <= self._asking.now

    def _end(self, cohort: date, units: int) -> datetime:
        zone, unit = self._asking.zone, self._definition.unit
        if self._definition.align is Align.CALENDAR:
            return beginning(_later(cohort, units, unit), zone)
        born_before = min(_later(cohort, 1, unit), self._last + _DAY)
        return beginning(born_before, zone) + units * LENGTHS[unit]


def _later(first: date, count: int, unit: str) -> date:
    """The first day of the period that begins so many days, weeks or months later."""
    if unit != "month":
        return first + count * LENGTHS[unit]
    months = first.year * 12 + first.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)
