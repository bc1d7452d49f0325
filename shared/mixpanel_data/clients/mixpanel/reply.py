"""An answer of Mixpanel's whose body is still to be read."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import requests
import urllib3

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.clients.idle import IdleConnections
from mixpanel_data.clients.interruption import Interruption, interrupted_at
from mixpanel_data.clients.mixpanel.cancellation import Cancellation
from mixpanel_data.clients.retries import http_date

Sessions = IdleConnections[requests.Session]


@dataclass(slots=True)
class ServerClock:
    """What the answers so far say of Mixpanel's clock: `answered_at` is the Date of the last one that has it, UTC."""

    answered_at: datetime | None = None

    def note(self, headers: Mapping[str, str]) -> None:
        """Remember the Date of an answer."""
        self.answered_at = http_date(headers.get("Date", "")) or self.answered_at


class Reply:
    """The head of an answer, and the way to its body; a context manager that closes it.

    requests does not promise that threads can share a Session. No two do here: a session serves one request at a time,
    and goes back to the idle ones when its reply is closed. By then nothing can interrupt the reading of this body any
    more, and a body that was not read to its end has had its connection closed.
    """

    def __init__(
        self,
        response: requests.Response,
        session: requests.Session,
        sessions: Sessions,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> None:
        self._response = response
        self._session: requests.Session | None = session
        self._sessions = sessions
        self._deadline = deadline
        self._cancellation = cancellation
        self._interruption: Interruption | None = None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; their names in any case."""
        return self._response.headers

    @property
    def raw(self) -> urllib3.HTTPResponse:
        """The body as it arrives, to be read within `reading`."""
        raw: urllib3.HTTPResponse = self._response.raw
        return raw

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """End the reading of the body at the deadline, and when the call is cancelled."""
        with (
            interrupted_at(self._deadline, self._shut_down) as self._interruption,
            self._cancellation.interrupting(self._interruption.fire),
        ):
            yield

    def content(self) -> bytes:
        """Return the whole body, and close the reply. Raises requests.RequestException."""
        with self, self.reading():
            content: bytes = self._response.content
        return content

    def close(self) -> None:
        """Give the session back. A second time does nothing."""
        # A reader that stopped early may have left its `reading` open.
        if self._interruption is not None:
            self._interruption.disarm()
        self._response.close()
        session, self._session = self._session, None
        if session is not None:
            self._sessions.put(session)

    def _shut_down(self) -> None:
        """Wake the thread that reads. The connection may have ended by itself."""
        with contextlib.suppress(OSError, RuntimeError, ValueError):
            self.raw.shutdown()
