"""Rows on their way into the warehouse: one JSON text each, because no engine takes an array of rows as a parameter."""

import json
from collections.abc import Mapping
from datetime import datetime


def json_row(fields: Mapping[str, str | datetime | None]) -> str:
    """A row's fields as JSON text, None left out, times as ISO 8601.

    Numbers come as text: so no engine reads one as another number on the way.
    """
    texts = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}
    return json.dumps({name: value for name, value in texts.items() if value is not None}, ensure_ascii=False)
