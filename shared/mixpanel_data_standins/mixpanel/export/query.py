"""The parameters of an export call, checked as Mixpanel checks them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from mixpanel_data_standins.mixpanel import where
from mixpanel_data_standins.mixpanel.answers import RefusalError
from mixpanel_data_standins.mixpanel.project import Behaviour

MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Query:
    """The rows that a call asks for, and their form; days as the project counts them, both included."""

    first_day: date
    last_day: date
    events: tuple[str, ...] | None
    where: Callable[[where.Event], bool] | None
    time_in_ms: bool
    limit: int | None


def read_query(parameters: Mapping[str, str], today: date, behaviour: Behaviour) -> Query:
    """The parameters as a query. RefusalError 400 names the first wrong parameter."""
    first, last = (_day(parameters, name) for name in ("from_date", "to_date"))
    if last > today:
        raise RefusalError(400, f"to_date cannot be later than today ({today})")
    if first > last:
        raise RefusalError(400, f"from_date {first} is after to_date {last}")
    return Query(
        first_day=first,
        last_day=last,
        events=_events(parameters.get("event")),
        where=_where(parameters.get("where"), behaviour),
        time_in_ms=_flag(parameters, "time_in_ms"),
        limit=_limit(parameters.get("limit")),
    )


def bad_where(error: where.ExpressionError) -> RefusalError:
    """The refusal of an expression that cannot be parsed, or not be applied to a row."""
    return RefusalError(400, f"Error in where: {error}")


def _day(parameters: Mapping[str, str], name: str) -> date:
    text = parameters.get(name, "")
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise RefusalError(400, f"Error in {name}: invalid date {text!r}, use YYYY-MM-DD")


def _events(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise RefusalError(400, f"Error in event: {text!r} is not a JSON array of event names")
    return tuple(names)


def _where(text: str | None, behaviour: Behaviour) -> Callable[[where.Event], bool] | None:
    if text is None:
        return None
    if behaviour.refuse_where:
        raise RefusalError(400, "Error in where: selectors are not supported here")
    try:
        return where.compile_where(text)
    except where.ExpressionError as error:
        raise bad_where(error) from error


def _flag(parameters: Mapping[str, str], name: str) -> bool:
    text = parameters.get(name, "false").lower()
    if text not in ("true", "false", "1", "0"):
        raise RefusalError(400, f"Error in {name}: {text!r} is neither true nor false")
    return text in ("true", "1")


def _limit(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII) or not 0 < int(text) <= MOST_ROWS:
        raise RefusalError(400, f"Error in limit: {text!r} is not a number from 1 to {MOST_ROWS}")
    return int(text)
