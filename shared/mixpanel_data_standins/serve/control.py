"""The port on which a running `mp serve` takes faults, and the call of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, Self

from mixpanel_data.base.errors import MixpanelDataError, RequestError, UnavailableError
from mixpanel_data_standins.listener import Listener
from mixpanel_data_standins.posting import post
from mixpanel_data_standins.serve.faults import Fault, Kind

_PATH = "/faults"
_CALL_SECONDS = 10.0
Disturb = Callable[[Kind, str | None], Fault]


class Control:
    """Answers on a port of this machine for the duration of a `with`: POST /faults starts a fault with `disturb`.

    `seen_at` is where a person sees what comes of it, `speed` that of the traffic's clock.
    """

    def __init__(self, port: int, disturb: Disturb, seen_at: str, speed: float) -> None:
        self._listener = _Listener(("127.0.0.1", port), _Handler, "control")
        self._listener.answer = self._answer
        self._disturb = disturb
        self._seen_at = seen_at
        self._speed = speed

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._listener.address[1]

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._listener.stop()

    def _answer(self, body: bytes) -> tuple[int, Mapping[str, Any]]:
        try:
            fields = json.loads(body)
            fault = self._disturb(Kind(fields["kind"]), fields.get("event"))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            return 400, {"error": f"The body is not a fault: {error}."}
        except RequestError as error:
            return 400, {"error": str(error)}
        except UnavailableError as error:
            return 503, {"error": str(error)}
        return 201, {
            "fault": str(fault),
            "begins": f"{fault.begins:%H:%M}",
            "ends": f"{fault.ends:%H:%M}",
            "seconds": round((fault.ends - fault.begins).total_seconds() / self._speed),
            "seen_at": self._seen_at,
        }


class _Listener(Listener):
    answer: Callable[[bytes], tuple[int, Mapping[str, Any]]]


class _Handler(BaseHTTPRequestHandler):
    server: _Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, answer = self.server.answer(body) if self.path == _PATH else (404, {"error": f"POST to {_PATH}."})
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002, an override
        pass


@dataclass(frozen=True, slots=True)
class Begun:
    """A fault as a running `mp serve` began it; times are HH:MM by the traffic's clock, `seconds` real ones."""

    fault: str
    begins: str
    ends: str
    seconds: int
    seen_at: str


def begin(kind: Kind, event: str | None, port: int) -> Begun:
    """Start a fault in the traffic of the `mp serve` that listens on `port`.

    Raises UnavailableError if none does, or if another fault lasts, RequestError for a fault that it does not know.
    """
    try:
        status, answer = post(f"http://127.0.0.1:{port}{_PATH}", {"kind": kind, "event": event}, _CALL_SECONDS)
        fields = json.loads(answer)
        if status == 201:
            return Begun(**fields)
        refusal = fields["error"]
    except (MixpanelDataError, ValueError, LookupError, TypeError) as error:
        raise UnavailableError(
            f"No `mp serve` answers on port {port}. Start one in another terminal, or name its port with --port."
        ) from error
    raise (UnavailableError if status == 503 else RequestError)(refusal)
