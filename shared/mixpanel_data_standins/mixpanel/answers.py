"""Requests and answers, before they are bytes on a connection."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from mixpanel_data_standins.mixpanel.events.pieces import Fresh, Piece
from mixpanel_data_standins.mixpanel.faults import Fault, Status

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A request: its line, headers and body; header names are in lower case.

    Parameters are those of the URL, under those of a form in the body; the last value of each counts."""

    method: str
    target: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def takes_gzip(self) -> bool:
        """Whether the client accepts gzip."""
        codings = (coding.partition(";") for coding in self.headers.get("accept-encoding", "").split(","))
        return any(
            name.strip().lower() == "gzip" and quality.replace(" ", "").rstrip("0.") != "q="
            for name, _, quality in codings
        )


def _nothing_to_do() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `done` is called once, at its end, but before the client can see that the answer is complete."""

    status: int
    pieces: Iterator[Piece]
    content_type: str = "text/plain"
    headers: Headers = ()
    fault: Fault | None = None
    done: Callable[[], None] = _nothing_to_do


class RefusalError(Exception):
    """The call is answered with an error: `text` in the project's form, or as the whole body with `whole`."""

    def __init__(self, status: int, text: str, headers: Headers = (), *, whole: bool = False) -> None:
        super().__init__(text)
        self.status, self.text, self.headers, self.whole = status, text, headers, whole

    def answer(self, request: Request, form: str) -> Answer:
        """The refusal in the form that `Behaviour.error_form` names."""
        body = self.text if self.whole else _FORMS[form](request, self.text)
        kind = "application/json" if body.startswith("{") else "text/plain"
        return Answer(self.status, iter([Fresh(body.encode())]), kind, self.headers)


_FORMS: Mapping[str, Callable[[Request, str], str]] = {
    "error": lambda _request, text: json.dumps({"error": text}),
    "request": lambda request, text: json.dumps({"request": request.target, "error": text}),
    "text": lambda _request, text: text,
}


def refusal_of(fault: Status) -> RefusalError:
    """The refusal that a fault asks for."""
    retry_after = (("Retry-After", fault.retry_after),) if fault.retry_after is not None else ()
    return RefusalError(fault.status, fault.body, retry_after, whole=True)


def reason_of(status: int) -> str:
    """The reason phrase of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
