"""What a report answers: its figures, and everything that a reader needs to get them again."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mixpanel_data.reports.answers.answering import Part

if TYPE_CHECKING:
    import pandas as pd

_ROWS = "rows"
# The figures of paths are nodes and links, and the paths themselves as rows.
_PATHS = "paths"
_OF_A_PART = ("from_date", "to_date", "segment", _ROWS, _PATHS)


@dataclass(frozen=True)
class Answer:
    """The answer to one definition.

    `definition` is in JSON values and `version` the SHA-256 of its canonical form; `name` is that of a saved
    definition. `source` says which table of which warehouse was read. `from_date` and `to_date` are days of `timezone`,
    both inclusive; both are None for what is asked without days. `as_of` is the moment, in UTC, of dynamic segments.
    `segments` has the version of each named segment that was used. `parts` has the figures of each period and segment,
    the days asked for first.
    """

    report: str
    definition: Mapping[str, Any]
    version: str
    name: str | None
    source: str
    as_of: datetime
    from_date: date | None
    to_date: date | None
    timezone: str
    segments: Mapping[str, str]
    parts: tuple[Part, ...]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of all parts in one list; those of `paths` are the most frequent paths.

        Where there are several periods, each row begins with `from_date` and `to_date`; where there are several
        segments side by side, with `users_of`, the name of the segment, or what the definition has without one.
        """
        return [{**self._place(part), **row} for part in self.parts for row in _rows(part)]

    @property
    def summary(self) -> list[dict[str, Any]]:
        """For each part what it has beside its rows: totals, numbers of segments, and the like."""
        return [
            {**self._place(part), **{name: value for name, value in part.items() if name not in _OF_A_PART}}
            for part in self.parts
        ]

    # A cached property writes past the frozen fields, and nothing compares or prints what it holds.
    @cached_property
    def df(self) -> "pd.DataFrame":
        """The rows as a DataFrame with a fresh index, made once."""
        import pandas as pd

        names = dict.fromkeys(name for row in self.rows for name in row)
        return pd.DataFrame(self.rows, columns=list(names))

    def to_dict(self) -> dict[str, Any]:
        """All fields in JSON values: days as 2026-01-31, instants as ISO 8601 in UTC, an infinite number as None."""
        return {each.name: _plain(getattr(self, each.name)) for each in fields(self)}

    def _place(self, part: Part) -> dict[str, Any]:
        return dict(self._places(part))

    def _places(self, part: Part) -> Iterator[tuple[str, Any]]:
        if len({(each["from_date"], each["to_date"]) for each in self.parts}) > 1:
            yield from (("from_date", part["from_date"]), ("to_date", part["to_date"]))
        if part["segment"] is not None:
            segment = self.definition["segments"][part["segment"]]
            yield "users_of", segment.get("segment", segment)


def _rows(part: Part) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = part[_ROWS] if _ROWS in part else part[_PATHS]
    return rows


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
