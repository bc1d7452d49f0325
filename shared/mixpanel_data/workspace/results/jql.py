"""What a JQL script emits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixpanel_data.workspace.results.base import Table


@dataclass(frozen=True)
class JQLResult(Table):
    """What a script emitted: any JSON values.

    `df` has a row for each value, or, where a list of objects is the only value, for each of its objects. An object
    gives a column for each key; those of a `groupBy` (`{"key": […], "value": …}`) give `key_0`, `key_1`, … and `value`,
    or `value_0`, … where there are several reducers. Any other value stands in a column `value`.
    """

    raw: list[Any]

    def records(self) -> list[dict[str, Any]]:
        return [_row(row) for row in (self.raw[0] if _is_list_of_objects(self.raw) else self.raw)]


def _is_list_of_objects(raw: list[Any]) -> bool:
    """Whether one list holds the rows, as a reducer such as `percentiles` emits them."""
    return len(raw) == 1 and isinstance(raw[0], list) and all(isinstance(row, Mapping) for row in raw[0])


def _row(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {"value": value}
    if not isinstance(value.get("key"), list):
        return dict(value)
    others = {key: one for key, one in value.items() if key not in ("key", "value")}
    values = value.get("value")
    spread = _numbered("value", values) if isinstance(values, list) else {"value": values}
    return {**_numbered("key", value["key"]), **spread, **others}


def _numbered(name: str, values: list[Any]) -> dict[str, Any]:
    return {f"{name}_{number}": value for number, value in enumerate(values)}
