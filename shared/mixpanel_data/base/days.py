"""Days of the calendar, as the caller of a method names them."""

import re
from datetime import date

from mixpanel_data.base.errors import RequestError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def day_of(parameter: str, value: object) -> date:
    """The day that a parameter names: a date, the date of a datetime, or a text such as `2026-01-31`.

    Raises RequestError, naming the parameter.
    """
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if value is None:
        raise RequestError(f"{parameter} is missing. Give a day such as 2026-01-31.")
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        # Such as February 30.
        pass
    raise RequestError(f"{parameter} is {value!r}. Give a day of the calendar, such as 2026-01-31.")


def check_in_order(first: date, last: date) -> None:
    """Raise RequestError if the day of `from_date` comes after the day of `to_date`."""
    if first > last:
        raise RequestError(f"from_date is {first}, after to_date, which is {last}. Swap them.")
