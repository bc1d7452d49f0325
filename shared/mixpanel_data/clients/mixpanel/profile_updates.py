"""A user's totals as the JSON record that Mixpanel's /engage takes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from mixpanel_data.base.secret import Secret
from mixpanel_data.base.user_totals import Refusal, User, UserValue

_MOST_RECORD_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Update:
    """The record of one user, as it stands in a request."""

    distinct_id: str
    text: bytes


def update_of(user: User, token: Secret, properties: Mapping[str, str]) -> Update | Refusal:
    """Return the record that sets a user's properties; a Refusal where Mixpanel could not take it."""
    distinct_id = str(user["distinct_id"])
    if not distinct_id:
        return Refusal(distinct_id, "distinct_id is empty, but a profile requires one")
    record = {
        "$token": token.reveal(),
        "$distinct_id": distinct_id,
        # Otherwise Mixpanel would take the place and the time of this request for those of the user's last visit.
        "$ip": "0",
        "$ignore_time": True,
        "$set": {name: _value(user[column]) for column, name in properties.items()},
    }
    try:
        text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return Refusal(distinct_id, "a value holds a lone surrogate, which UTF-8 cannot encode")
    if len(text) > _MOST_RECORD_BYTES:
        return Refusal(distinct_id, f"the update has {len(text)} bytes; Mixpanel accepts at most {_MOST_RECORD_BYTES}")
    return Update(distinct_id, text)


def _value(value: UserValue) -> str | int | bool | float | None:
    """Return a value as Mixpanel's JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
