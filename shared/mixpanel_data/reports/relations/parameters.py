"""The values of a statement, each under a name of its own."""

from datetime import timedelta
from typing import Any

from mixpanel_data.warehouse.base import Value

_MICROSECOND = timedelta(microseconds=1)


class Parameters:
    """Collects the values that a statement is given; equal values of one type share a name."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, Any], str] = {}
        self.types: dict[str, str] = {}
        self.values: dict[str, Value] = {}

    def add(self, type_: str, value: Value) -> str:
        """Return `@name` for a value of a GoogleSQL type."""
        key = (type_, tuple(value) if isinstance(value, list) else value)
        name = self._names.setdefault(key, f"value_{len(self._names) + 1}")
        self.types[name] = type_
        self.values[name] = value
        return f"@{name}"

    def add_length(self, length: timedelta) -> str:
        """Return `@name` for a length of time, an INT64 of microseconds."""
        return self.add("INT64", length // _MICROSECOND)
