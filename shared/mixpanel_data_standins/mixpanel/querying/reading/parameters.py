"""The parameters of a query, checked as Mixpanel checks them: those of the URL, under those of the body."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from mixpanel_data_standins.mixpanel.answers import RefusalError, Request

FIRST_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters by name: text, or the value of a JSON body. A wrong one is a RefusalError 400 when it is read."""

    given: Mapping[str, object]

    def text(self, name: str) -> str | None:
        """The text; None without it. A number of a JSON body is text, too."""
        value = self.given.get(name)
        if value is None:
            return None
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
        raise wrong(name, value, "text")

    def required(self, name: str) -> str:
        """The text, which must be there."""
        text = self.text(name)
        if not text:
            raise RefusalError(400, f"missing required parameter: {name}")
        return text

    def choice(self, name: str, allowed: Sequence[str], otherwise: str | None = None) -> str:
        """One of the allowed texts; without the parameter `otherwise`, or a refusal where that is None."""
        text = self.required(name) if otherwise is None else self.text(name) or otherwise
        if text not in allowed:
            raise wrong(name, text, f"one of {', '.join(allowed)}")
        return text

    def number(self, name: str, otherwise: int, most: int) -> int:
        """A whole number from 1 to `most`; without the parameter `otherwise`."""
        text = self.text(name)
        if text is None:
            return otherwise
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not 1 <= int(text) <= most:
            raise wrong(name, text, f"a number from 1 to {most}")
        return int(text)

    def id(self, name: str) -> int:
        """A number that names something saved."""
        text = self.required(name)
        if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
            raise wrong(name, text, "a number")
        return int(text)

    def flag(self, name: str, *, otherwise: bool) -> bool:
        """True or false; without the parameter `otherwise`."""
        value = self.given.get(name)
        if value is None or isinstance(value, bool):
            return otherwise if value is None else value
        if str(value).lower() not in ("true", "false", "1", "0"):
            raise wrong(name, value, "true or false")
        return str(value).lower() in ("true", "1")

    def strings(self, name: str) -> list[str] | None:
        """A JSON array of texts; None without it."""
        found = self.json(name)
        if found is None:
            return None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise wrong(name, self.given.get(name), "a JSON array of strings")
        return found

    def json(self, name: str) -> object:
        """A JSON value, as text or as part of a JSON body; None without it."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise wrong(name, value, "JSON") from None

    def day(self, name: str) -> date:
        """A day YYYY-MM-DD, which must be there."""
        text = self.required(name)
        try:
            day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
        except ValueError:
            day = None
        if day is None:
            raise RefusalError(400, f"Error in {name}: invalid date {text!r}, use YYYY-MM-DD")
        if day.year < FIRST_YEAR:
            raise RefusalError(400, f"Error in {name}: invalid date, bad year: {day.year}")
        return day

    def days(self, first: str = "from_date", last: str = "to_date") -> tuple[date, date]:
        """The first and the last day, both included."""
        start, end = self.day(first), self.day(last)
        if start > end:
            raise RefusalError(400, f"{first} {start} is after {last} {end}")
        return start, end

    def refuse(self, *names: str) -> None:
        """Refuse parameters that Mixpanel has and the stand-in does not serve."""
        for name in names:
            if self.given.get(name) not in (None, ""):
                raise RefusalError(400, f"the stand-in does not serve the parameter {name}")


def parameters_of(request: Request) -> Parameters:
    """The parameters of a request; those of a JSON body win over the others. RefusalError 400 for another body."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Parameters(request.parameters)
    try:
        document = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise RefusalError(400, "request body is not a JSON object")
    return Parameters({**request.parameters, **document})


def wrong(name: str, value: object, expected: str) -> RefusalError:
    """The refusal of a parameter's value."""
    return RefusalError(400, f"Invalid value for {name}: {value!r}, must be {expected}")
