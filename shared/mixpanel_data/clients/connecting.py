"""Why a server did not answer, without the words of the libraries between it and us."""

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests


def reason_of(error: requests.RequestException) -> str:
    """The reason in a few words, with the server where a connection to it failed."""
    server = _server(error)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return f"the certificate of {server} is not trusted: {cause.reason or cause}"
        if isinstance(cause, socket.gaierror):
            return f"the name of {server} is not known here. Check the network, and the server's address"
        if isinstance(cause, ConnectionRefusedError):
            return f"{server} refuses connections. Check the network, and the server's address"
        if isinstance(cause, ConnectionResetError):
            return f"{server} ended the connection"
        if isinstance(cause, TimeoutError):
            return f"{server} took too long"
        if isinstance(cause, OSError) and cause.strerror and not isinstance(cause, requests.RequestException):
            return f"{server}: {cause.strerror}"
    return f"{server} took too long" if isinstance(error, requests.Timeout) else str(error)


def _server(error: requests.RequestException) -> str:
    """The other side of the connection that failed."""
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy (HTTPS_PROXY)"
    return urlsplit(str(error.request.url)).netloc if error.request is not None else "the server"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it: urllib3 keeps that in arguments, in `reason`, and as cause and context."""
    seen: set[int] = set()
    ahead: list[object] = [error]
    while ahead:
        each = ahead.pop(0)
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            ahead += [*each.args, getattr(each, "reason", None), each.__cause__, each.__context__]
