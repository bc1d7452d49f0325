"""The answers of the query API, checked as far as a caller relies on their shape.

Each function returns what an answer holds, or raises QueryError if the answer has another shape.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixpanel_data.base.errors import QueryError

_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers by name and date.

    `dates` are all dates of the answer, ascending, as Mixpanel writes them: `2026-01-31`, or with a time where the unit
    is shorter than a day. `values` has a number for each name and date; the names are in the order of the answer.
    """

    dates: tuple[str, ...]
    values: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A number for each date, ascending. `computed_at` is Mixpanel's text, or None if the answer has none."""

    results: Mapping[str, float]
    computed_at: str | None = None


@dataclass(frozen=True, slots=True)
class EngagePage:
    """A page of profiles: `profiles` are the raw objects. `total` counts those of all pages, right only on page 0."""

    page: int
    page_size: int
    total: int
    session_id: str
    profiles: list[Mapping[str, Any]]


def document_of(text: str) -> Any:
    """The JSON value of a body; NaN and Infinity, which JSON does not have, become null."""
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        shown = " ".join(text.split())[:_SHOWN_CHARACTERS] or "(no text)"
        raise QueryError(f"The answer is not Mixpanel's: {shown}. Check MIXPANEL_BASE_URL if it is set.") from error


def mapping(document: object, *path: str) -> Mapping[str, Any]:
    """The JSON object at a path of keys."""
    found = _at(document, *path)
    if not isinstance(found, Mapping):
        raise _unexpected(document, f"no object {_spelled(path)}")
    return found


def rows(document: object, *path: str) -> list[Mapping[str, Any]]:
    """The list of JSON objects at a path of keys."""
    found = items(document, *path)
    if not all(isinstance(item, Mapping) for item in found):
        raise _unexpected(document, f"something other than objects {_spelled(path)}")
    return found


def texts(document: object, *path: str) -> list[str]:
    """The list at a path of keys, each of its values as text."""
    return [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in items(document, *path)]


def items(document: object, *path: str) -> list[Any]:
    """The list at a path of keys."""
    found = _at(document, *path)
    if not isinstance(found, list):
        raise _unexpected(document, f"no list {_spelled(path)}")
    return found


def series(document: object) -> Series:
    """Series of counts. A date that a name lacks stands for 0, as Mixpanel leaves zeros out."""
    values = {name: _numbers(document, by_date) for name, by_date in mapping(document, "data", "values").items()}
    named = {str(day) for day in items(document, "data", "series")}
    dates = tuple(sorted(named.union(*values.values())))
    filled = {name: {day: by_date.get(day, 0) for day in dates} for name, by_date in values.items()}
    return Series(dates, filled)


def numbers(document: object) -> Numbers:
    """A number for each date, without dates that have no event: Mixpanel leaves them out, or sends a null."""
    by_date = mapping(document, "results")
    found = _numbers(document, {day: value for day, value in by_date.items() if value is not None})
    computed_at = mapping(document).get("computed_at")
    return Numbers(dict(sorted(found.items())), computed_at if isinstance(computed_at, str) else None)


def counts(document: object, *path: str) -> dict[str, list[int]]:
    """A list of counts for each date, the dates ascending; a null is 0."""
    found = mapping(document, *path)
    if not all(isinstance(row, list) and all(map(_is_number_or_null, row)) for row in found.values()):
        raise _unexpected(document, f"something other than lists of numbers {_spelled(path)}")
    return {day: [int(count or 0) for count in row] for day, row in sorted(found.items())}


def engage_page(document: object) -> EngagePage:
    """A page of profiles. A page that does not say its size has Mixpanel's usual one, 1,000."""
    page = mapping(document)
    profiles = rows(document, "results")
    try:
        return EngagePage(
            page=int(page.get("page") or 0),
            page_size=int(page.get("page_size") or 1000),
            total=int(page.get("total") or 0),
            session_id=str(page.get("session_id") or ""),
            profiles=profiles,
        )
    except (TypeError, ValueError) as error:
        raise _unexpected(document, "a page that is not numbered") from error


def number(row: Mapping[str, Any], key: str) -> float:
    """The number at a key; 0 where it is missing or null."""
    value = row.get(key)
    if value is None:
        return 0
    if not _is_number(value):
        raise _unexpected(row, f"no number in {key!r}")
    found: float = value
    return found


def id_number(row: Mapping[str, Any], key: str) -> int:
    """The whole number at a key, as the id of an object."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _unexpected(row, f"no whole number in {key!r}")
    return value


def _at(document: object, *path: str) -> object:
    found = document
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _numbers(document: object, by_date: object) -> dict[str, float]:
    if not isinstance(by_date, Mapping) or not all(map(_is_number_or_null, by_date.values())):
        raise _unexpected(document, "something other than numbers by date")
    return {day: value or 0 for day, value in by_date.items()}


def _is_number_or_null(value: object) -> bool:
    return value is None or _is_number(value)


def _is_number(value: object) -> bool:
    # JSON has numbers that no float can hold: 1e999 would be read as infinity.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max


def _spelled(path: tuple[str, ...]) -> str:
    return f"in {'.'.join(path)!r}" if path else "at all"


def _unexpected(document: object, what: str) -> QueryError:
    text = json.dumps(document, ensure_ascii=False, default=str)[:_SHOWN_CHARACTERS]
    return QueryError(
        f"The answer is not what Mixpanel's query API sends: it has {what}. Check MIXPANEL_BASE_URL if it is set. "
        f"The answer: {text}"
    )
