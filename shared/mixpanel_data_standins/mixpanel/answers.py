"""What a client asks and what it is answered, before either is bytes on a connection."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from mixpanel_data_standins.mixpanel.faults import Fault
from mixpanel_data_standins.mixpanel.pieces import Fresh, Piece

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A request: its line, headers and body. A repeated parameter has its last value; header names are lower case."""

    method: str
    target: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def takes_gzip(self) -> bool:
        """Whether the client says that it takes gzip."""
        codings = (coding.partition(";") for coding in self.headers.get("accept-encoding", "").split(","))
        return any(
            name.strip().lower() == "gzip" and quality.replace(" ", "").rstrip("0.") != "q="
            for name, _, quality in codings
        )


def _nothing_to_do() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `done` is called once, at its end but before the client can know that it has all of it."""

    status: int
    pieces: Iterator[Piece]
    content_type: str = "text/plain"
    headers: Headers = ()
    fault: Fault | None = None
    done: Callable[[], None] = _nothing_to_do


class RefusalError(Exception):
    """The call is answered with an error: `text` stands in the project's form, or is `whole` as it is."""

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


def reason_of(status: int) -> str:
    """The words that stand after a status in an answer's first line."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
