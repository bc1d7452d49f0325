"""The use of slack-sdk: without its retries and its log, within a deadline, and with its errors as outcomes.

slack-sdk opens a connection for each request and closes it, so calls that run at once cannot disturb one another, and
no connection outlives a call.
"""

import logging
import math
import re
import socket
import ssl
import traceback
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any, Self
from urllib.error import HTTPError, URLError

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.clients.retries import http_date
from mixpanel_data.clients.slack.errors import not_sent
from mixpanel_data.clients.slack.outcomes import NotSent, Refused, Unknown

TIMEOUT_SECONDS = 15.0
NO_TIME = Refused("there was no time left to send it")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
# A timeout of 0 means none to a socket, and the remaining time can be almost 0.
_LEAST_SECONDS = 0.001
_REASON_CHARACTERS = 300
# slack-sdk logs errors, some of them with the URL. The outcome says it all.
_SILENT = logging.Logger("slack_sdk", logging.CRITICAL + 1)
# No connection was made, so no request was sent.
_UNREACHED = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)


def request_seconds(deadline: Deadline, most: float, requests: int = 1) -> float | None:
    """Return the timeout of each of several requests, so that all end by the deadline; None if no time is left."""
    left = deadline.left(math.inf)
    return max(_LEAST_SECONDS, min(most, left / requests)) if left > 0.0 else None


def options(timeout_seconds: float) -> dict[str, Any]:
    """Return the options of a slack-sdk client. Its timeout is declared as whole seconds; a socket takes fractions."""
    return {"timeout": timeout_seconds, "logger": _SILENT, "retry_handlers": []}


def clock_ahead(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return by how much our clock is ahead of Slack's, by the Date header of an answer; 0 without a readable one."""
    at = http_date(_header(headers, "date"))
    return timedelta(0) if at is None else max(timedelta(0), now - at)


def scopes(headers: Mapping[str, str]) -> frozenset[str] | None:
    """Return the scopes of the token, by the X-OAuth-Scopes header of an answer; None without one."""
    return frozenset(filter(None, re.split(r"[\s,]+", _header(headers, "x-oauth-scopes")))) or None


def _header(headers: Mapping[str, str], wanted: str) -> str:
    # slack-sdk hands over headers as a plain dict, with the names as they were sent.
    return next((str(value) for name, value in headers.items() if name.lower() == wanted), "")


def is_printable(text: str) -> bool:
    """True for ASCII without spaces. Any other character in a header or a URL raises an error that quotes the whole."""
    return _PRINTABLE.fullmatch(text) is not None


class Failures:
    """A `with` block in which slack-sdk may fail. Then `outcome` is what the failure means for the message.

    `secrets` are the texts that no outcome may show.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = [secret for secret in secrets if secret.strip("/")]
        self.outcome: NotSent = Unknown("Slack gave no answer")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        from slack_sdk.errors import SlackApiError, SlackClientError

        # slack-sdk raises an AttributeError for an answer of the wrong shape, such as a JSON list, and a LookupError
        # for an unknown charset.
        foreign = (SlackClientError, OSError, HTTPException, ValueError, LookupError, AttributeError)
        if not isinstance(error, foreign):
            return False
        if isinstance(error, SlackApiError):
            data = error.response.data
            answer = data if isinstance(data, Mapping) else {}
            self.outcome = not_sent(error.response.status_code, error.response.headers, answer)
        else:
            self.outcome = self._without_answer(error)
        # The error and slack-sdk's frames hold one another and the open connection. Let go of it now, not at some later
        # garbage collection.
        traceback.clear_frames(error.__traceback__)
        return True

    def _without_answer(self, error: BaseException) -> NotSent:
        if isinstance(error, HTTPError):
            with error:
                return not_sent(error.code, dict(error.headers), {})
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(error, URLError) and isinstance(reason, _UNREACHED):
            return Refused(f"Slack cannot be reached: {self._text(reason)}")
        return Unknown(f"Slack did not answer: {self._text(reason)}")

    def _text(self, error: object) -> str:
        """Return the text of a network error; other errors quote their arguments, secrets included."""
        if not isinstance(error, OSError):
            return type(error).__name__
        text = str(error) or type(error).__name__
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text[:_REASON_CHARACTERS]
