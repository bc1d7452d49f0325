"""The raw export as it arrives: passed on byte for byte, and proven to be complete.

Mixpanel answers 200 before it knows whether it can finish, so only the bytes can tell. An export is complete if the
transfer and its gzip stream ended properly, the last byte ends a line, and the last line is not a notice of failure.
The transfer or the gzip stream must have a marked end: text that the end of the connection ends may lack any number
of lines.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Self

import urllib3

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import IncompleteExportError
from mixpanel_data.clients.mixpanel.cancellation import Cancellation
from mixpanel_data.clients.mixpanel.lines import Observer, Quoter, SafetyCheck
from mixpanel_data.clients.mixpanel.reply import Reply
from mixpanel_data.clients.retries import http_date

_READ_BYTES = 64 * 1024
# A notice of failure may be cut off, and then it is not JSON: `"error"` without an `"event"` before it.
_ERROR_OBJECT = re.compile(rb'\s*\{(?:(?!"event").)*"error"', re.DOTALL)
_ERROR_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """The days from first to last, both inclusive, as the project counts days.

    `events` None asks for all names; `where` is an expression of Mixpanel's segmentation language.
    """

    first_day: date
    last_day: date
    events: tuple[str, ...] | None = None
    where: str | None = None

    def parameters(self) -> dict[str, str]:
        """Return the query parameters of `GET /api/2.0/export`."""
        parameters = {"from_date": self.first_day.isoformat(), "to_date": self.last_day.isoformat()}
        if self.events is not None:
            parameters["event"] = json.dumps(self.events)
        if self.where is not None:
            parameters["where"] = self.where
        return parameters


class ExportStream:
    """The body of an export, a `ByteStream`; a context manager that closes the connection.

    Iterating raises IncompleteExportError unless the export is complete, UnsafeBytesError if a line has to be quoted
    and `is_quoting` is off, and DeadlineError when the time is up. `bytes` counts the bytes received. `answered_at` is
    the start of the answer by Mixpanel's own clock, in whole seconds UTC; None if it does not say.
    """

    def __init__(
        self,
        reply: Reply,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
        is_quoting: bool,
        without_secrets: Callable[[str], str] = str,
    ) -> None:
        # Imported here, so that a function without exports needs no ISA-L.
        from mixpanel_data.clients.mixpanel.gzip_stream import Inflater

        self._reply = reply
        self._deadline = deadline
        self._cancellation = cancellation
        self._without_secrets = without_secrets
        self._is_quoting = is_quoting
        self._received = Observer()
        self._passed = Observer() if is_quoting else self._received
        self._is_packed = reply.headers.get("Content-Encoding", "").lower() == "gzip"
        # An unreadable length counts for nothing: urllib3 then reads the body to the end of the connection.
        self._has_marked_end = reply.raw.chunked or reply.raw.length_remaining is not None
        self._inflater = Inflater()
        self.answered_at = http_date(reply.headers.get("Date", ""))
        self.is_gzip = self._is_packed or is_quoting
        self.bytes = 0

    @property
    def lines(self) -> int:
        """The number of lines passed on so far."""
        return self._passed.lines

    @property
    def longest_line(self) -> int:
        """The bytes of the longest line so far, or a little more."""
        return self._passed.longest_line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reply.close()

    def __iter__(self) -> Iterator[bytes]:
        with self._reply:
            yield from self._packed() if self._is_quoting else self._as_sent()

    def text(self) -> Iterator[bytes]:
        with self._reply:
            yield from self._quoted() if self._is_quoting else self._inflated()

    def _as_sent(self) -> Iterator[bytes]:
        # The text is only looked at: packing it again would cost twice what inflating it does.
        check = SafetyCheck()
        for chunk in self._chunks():
            for text in self._text_of(chunk):
                check.look(text)
            yield chunk
        self._check_complete()

    def _inflated(self) -> Iterator[bytes]:
        check = SafetyCheck()
        for chunk in self._chunks():
            for text in self._text_of(chunk):
                check.look(text)
                yield text
        self._check_complete()

    def _packed(self) -> Iterator[bytes]:
        from mixpanel_data.clients.mixpanel.gzip_stream import packed

        return packed(self._quoted())

    def _quoted(self) -> Iterator[bytes]:
        quoter = Quoter()
        for chunk in self._chunks():
            for text in self._text_of(chunk):
                lines = quoter.feed(text)
                self._passed.see(lines)
                yield lines
        self._check_complete()

    def _chunks(self) -> Iterator[bytes]:
        raw = self._reply.raw
        # With any other coding in front of `chunked`, http.client passes the frames of the chunks on as text and does
        # not notice a missing end.
        coding = raw.headers.get("Transfer-Encoding", "chunked")
        if coding.lower() != "chunked":
            raise _incomplete(f"its transfer coding is {coding!r}, which this client cannot decode")
        with self._reply.reading():
            while chunk := self._next_chunk(raw):
                self.bytes += len(chunk)
                yield chunk

    def _next_chunk(self, raw: urllib3.HTTPResponse) -> bytes:
        """Return the bytes that have arrived, however long their HTTP chunk is, so that the deadline is checked between
        them; nothing at the end."""
        self._check_not_ended()
        try:
            chunk = raw.read1(_READ_BYTES, decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            self._check_not_ended()
            raise _incomplete(f"the connection broke: {error}") from error
        self._check_not_ended()
        return chunk

    def _check_not_ended(self) -> None:
        """Raise if this side has ended the reading; the connection then looks like one that ended by itself."""
        if self._cancellation.is_set:
            raise _incomplete("this call was cancelled")
        self._deadline.check("the export had arrived")

    def _text_of(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the text of a chunk, and take note of its lines."""
        if not self._is_packed:
            self._received.see(chunk)
            yield chunk
            return
        from mixpanel_data.clients.mixpanel.gzip_stream import BrokenGzipError

        try:
            for text in self._inflater.inflate(chunk):
                self._received.see(text)
                yield text
        except BrokenGzipError as error:
            raise _incomplete(f"its gzip stream is broken: {error}") from error

    def _is_empty(self) -> bool:
        """True if the server announced an empty body. A connection that ends early announces nothing."""
        return self.bytes == 0 and self._has_marked_end

    def _check_complete(self) -> None:
        """Raise IncompleteExportError unless the bytes prove that all lines are there."""
        if self._is_packed and not self._inflater.is_at_end and not self._is_empty():
            raise _incomplete("its gzip stream is cut off")
        if not self._received.ends_with_newline:
            raise _incomplete("its last line does not end with a newline")
        self._check_last_line(self._received.last_line())
        if not (self._is_packed or self._has_marked_end):
            raise _incomplete("it has neither a length nor chunks nor gzip, so nothing proves that it is complete")

    def _check_last_line(self, last: bytes) -> None:
        """Raise IncompleteExportError if the last line is a notice of failure: text, or JSON that may be cut off."""
        document = _object(last)
        if document is None and last.rstrip(b'" \t').endswith(b"terminated early"):
            raise _incomplete("Mixpanel terminated it early")
        if _ERROR_OBJECT.match(last) if document is None else "error" in document and "event" not in document:
            text = self._without_secrets(last.decode(errors="replace"))
            raise _incomplete(f"it ends with an error: {text[:_ERROR_CHARACTERS]}")


def _object(line: bytes) -> dict[str, object] | None:
    """Return the line as a JSON object; None if it is anything else."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _incomplete(reason: str) -> IncompleteExportError:
    return IncompleteExportError(f"The export is incomplete: {reason}. Nothing of it was published; request it again.")
