"""Options whose value is a point in time."""

from datetime import datetime

from mixpanel_data.base.errors import RequestError


def instant_of(option: str, text: str | None) -> datetime | None:
    """The value of an option as an instant in UTC; None if it is not given. Raises RequestError naming the option."""
    if text is None:
        return None
    from pydantic import TypeAdapter, ValidationError

    from mixpanel_data.base.parameters import Instant
    from mixpanel_data.configuration.base import complaints

    try:
        instant: datetime = TypeAdapter(Instant).validate_python(text)
    except ValidationError as error:
        raise RequestError(f"{option} is {text!r}: {complaints(error)}.") from error
    return instant
