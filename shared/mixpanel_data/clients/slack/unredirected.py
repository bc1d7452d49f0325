"""slack-sdk's clients as they follow no redirect: it would lead the token to whatever host an answer names.

slack-sdk has no option for that, so that the methods that open its requests are replaced. They are not public; a test
with a redirecting server fails where a release no longer calls them.
"""

import logging
import ssl
from http.client import HTTPMessage
from typing import IO, Any
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

import slack_sdk
from slack_sdk.web.file_upload_v2_result import FileUploadV2Result
from slack_sdk.webhook import WebhookClient as _WebhookClient
from slack_sdk.webhook import WebhookResponse


class WebClient(slack_sdk.WebClient):
    """A client of the Web API. A redirect is an answer with its status, and nothing is sent to where it leads."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:  # noqa: ARG002
        status, headers, body = _answer(req, self.timeout, self.proxy, self.ssl)
        # As in slack-sdk, which takes gzip for the file that one of its methods downloads.
        is_file = headers.get_content_type() == "application/gzip"
        return {"status": status, "headers": headers, "body": body if is_file else _text(headers, body)}

    def _upload_file(
        self,
        *,
        url: str,
        data: bytes,
        logger: logging.Logger,  # noqa: ARG002
        timeout: int,
        proxy: str | None,
        ssl: ssl.SSLContext | None,
    ) -> FileUploadV2Result:
        request = Request(url, data, method="POST")  # noqa: S310 - the opener knows http and https alone
        status, headers, body = _answer(request, timeout, proxy, ssl)
        return FileUploadV2Result(status=status, body=_text(headers, body))


class WebhookClient(_WebhookClient):
    """A client of a webhook. A redirect is an answer with its status, and nothing is sent to where it leads."""

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        status, headers, body = _answer(req, self.timeout, self.proxy, self.ssl)
        return WebhookResponse(url=url, status_code=status, body=_text(headers, body), headers=headers)  # type: ignore[arg-type]


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow none: the redirect is then raised as an HTTPError."""


def _answer(
    request: Request, timeout: float, proxy: str | None, context: ssl.SSLContext | None
) -> tuple[int, HTTPMessage, bytes]:
    """The status, headers and body of the answer. Raises urllib's errors, HTTPError for a status outside 200 to 299."""
    with _opener(proxy, context).open(request, timeout=timeout) as answer:
        return answer.status, answer.headers, answer.read()


def _text(headers: HTTPMessage, body: bytes) -> str:
    return body.decode(headers.get_content_charset() or "utf-8")


def _opener(proxy: str | None, context: ssl.SSLContext | None) -> OpenerDirector:
    """Opens http:// and https:// alone: an answer names the address that a file is sent to."""
    opener = OpenerDirector()
    for handler in (
        # Without a proxy of the client's, that of the environment, as urllib does it.
        ProxyHandler({"http": proxy, "https": proxy} if proxy else None),
        HTTPHandler(),
        HTTPSHandler(context=context),
        UnknownHandler(),
        HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(),
        _NoRedirects(),
    ):
        opener.add_handler(handler)
    return opener
