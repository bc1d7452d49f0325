"""What a refusal of the query API means: the advice that queries need, and until when a 429 holds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mixpanel_data.base.errors import MixpanelDataError, NotFoundError, QueryError
from mixpanel_data.clients.mixpanel.errors import Remedies, error_of, rate_limit_error, renewal_seconds, sentence_of
from mixpanel_data.clients.mixpanel.region import Region

# For a 429 that names no time: it says that too many queries run at once, or it says nothing, as of a busy server.
_AT_ONCE_SECONDS = 10.0
_UNSAID_SECONDS = 60.0
_UNCAUGHT = re.compile(r"Uncaught exception\s*(.+)", re.DOTALL)
_TRACE = re.compile(r"\n\s*Stack trace:", re.IGNORECASE)
# What a query names by its number and the project does not have.
_MISSING = re.compile(r"\b(funnel|bookmark|cohort)(?:_id)?\b.*(?:does not exist|not found)", re.IGNORECASE)
_WHERE_TO_LOOK = {
    "funnel": "`mp funnels` lists those that there are.",
    "cohort": "`mp cohorts` lists those that there are.",
    "bookmark": "The address of a report in Mixpanel has its number.",
}
_POSITION = re.compile(r"<anonymous>:(\d+)(?::(\d+))?")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer other than 200: `text` is what it says on one line, without secrets."""

    status: int
    text: str
    headers: Mapping[str, str]

    def __str__(self) -> str:
        return sentence_of(self.status, self.text)


def remedies(region: Region) -> Remedies:
    """The advice for the refusals of this API."""
    return Remedies(
        limited="The quota is shared by everyone who queries this project.",
        unauthenticated=f"Check the user name, the secret, the project's number and the region ({region}).",
        forbidden="Check the project's number and the role of the service account.",
        refused="Check the names, ids, days and expressions of the query.",
        excluded="The plan of this project does not include the query API. Exports still work: fetch the events with "
        "`mp fetch events` and ask your questions with `mp sql`.",
    )


def error_of_refusal(refusal: Refusal, remedies: Remedies, now: datetime) -> MixpanelDataError:
    """The error that a refusal means. A RateLimitError says from which moment the query may be tried again."""
    if refusal.status == 429:
        return rate_limit_error(f"{refusal} {remedies.limited}", _seconds_to_wait(refusal), now)
    if refusal.status == 403 and "date range" in refusal.text.lower():
        return QueryError(
            f"{refusal} The project's plan limits how far back a query may look. Ask for later days, or try to "
            "fetch the earlier ones with `mp fetch events`."
        )
    if refusal.status in (400, 404) and (kind := _MISSING.search(refusal.text)):
        return NotFoundError(f"{refusal} {_WHERE_TO_LOOK[kind[1].lower()]}")
    return error_of(refusal.status, refusal.text, refusal.headers, remedies)


def jql_error(refusal: Refusal, raw: str, script: str) -> QueryError | None:
    """The error of a refusal that only JQL queries get; None for any other refusal.

    `raw` is the text of the answer with its line breaks, without secrets.
    """
    if refusal.status in (404, 410):
        return QueryError(
            f"{refusal} JQL is gone from this project; Mixpanel has been retiring it since 2025. "
            "Fetch the events with `mp fetch events` and query them with `mp sql`, or use "
            "segmentation, funnels and retention."
        )
    if refusal.status == 412:
        return QueryError(f"The JQL script failed{_script_error(raw, script)}. Correct the script.")
    return None


def _seconds_to_wait(refusal: Refusal) -> float:
    seconds = renewal_seconds(refusal.headers)
    if seconds is not None:
        return seconds
    is_about_running = "queries running concurrently" in refusal.text and "in the last hour" not in refusal.text
    return _AT_ONCE_SECONDS if is_about_running else _UNSAID_SECONDS


def _script_error(raw: str, script: str) -> str:
    """The place and the reason of a script's error, as the end of "The JQL script failed".

    Mixpanel shows the line that failed, but its number counts lines that Mixpanel puts before the script. So this looks
    for the line in the script.
    """
    uncaught = _UNCAUGHT.search(raw)
    text = uncaught[1] if uncaught else raw
    trace = _TRACE.search(text)
    reason, *shown = (text[: trace.start()] if trace else text).splitlines() or [""]
    line = next((one.strip() for one in shown if one.strip(" ^\t")), "")
    place = _place(line, script) if line else _position(text)
    return f"{place}: {reason.strip() or '(no text)'}"


def _place(line: str, script: str) -> str:
    numbers = [number for number, one in enumerate(script.splitlines(), start=1) if one.strip() == line]
    return f" in line {numbers[0]}, `{line}`" if len(numbers) == 1 else f" in `{line}`"


def _position(text: str) -> str:
    found = _POSITION.search(text)
    return f" in line {found[1]}" if found else ""
