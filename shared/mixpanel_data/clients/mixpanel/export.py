"""The raw export as it arrives: passed on byte for byte, and proven whole.

Mixpanel answers 200 before it knows whether it can finish, so that only the bytes tell: an export is whole if the
transfer and its gzip stream ended properly, the last byte ends a line, and the last line is no notice of failure. One
of the two must have an end to see: text that the end of the connection ends may lack any number of lines.
"""

import json
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Self

import requests
import urllib3
from isal import isal_zlib

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import IncompleteExportError
from mixpanel_data.clients.mixpanel.cancellation import Cancellation, bounded
from mixpanel_data.clients.mixpanel.lines import Observer, Quoter, SafetyCheck

_READ_BYTES = 64 * 1024
# Inflated text of this many packed bytes stays in the processor's cache while it is looked at: twice as fast.
_INFLATE_BYTES = 4 * 1024
_GZIP = 31
_ERROR_OBJECT = re.compile(rb'\s*\{(?:(?!"event").)*"error"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """Days first to last, both inclusive, as the project counts days; `events` None: all; `where` an expression."""

    first_day: date
    last_day: date
    events: tuple[str, ...] | None = None
    where: str | None = None

    def parameters(self) -> dict[str, str]:
        """The query parameters of `GET /api/2.0/export`."""
        parameters = {"from_date": self.first_day.isoformat(), "to_date": self.last_day.isoformat()}
        if self.events is not None:
            parameters["event"] = json.dumps(self.events)
        if self.where is not None:
            parameters["where"] = self.where
        return parameters


class ExportStream:
    """The body of an export, a `ByteStream`.

    Iterating raises IncompleteExportError unless it is whole, UnsafeBytesError if a line must be quoted and
    `is_quoting` is off, and DeadlineError when the time is up. `bytes` counts what was received.
    """

    def __init__(
        self,
        response: requests.Response,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
        is_quoting: bool,
        told: Callable[[str], str] = str,
    ) -> None:
        """`cancellation` ends the reading from outside; `told` is what takes secrets out of what a server says."""
        self._response = response
        self._deadline = deadline
        self._cancellation = cancellation
        self._told = told
        self._is_quoting = is_quoting
        self._received = Observer()
        self._passed = Observer() if is_quoting else self._received
        self._is_packed = response.headers.get("Content-Encoding", "").lower() == "gzip"
        # A length that is no number counts for nothing: the transfer is then read to the end of the connection.
        self._has_marked_end = response.raw.chunked or response.raw.length_remaining is not None
        self._inflating = isal_zlib.decompressobj(_GZIP)
        self.is_gzip = self._is_packed or is_quoting
        self.bytes = 0

    @property
    def lines(self) -> int:
        """Lines passed on so far."""
        return self._passed.lines

    @property
    def longest_line(self) -> int:
        """Bytes of the longest line so far, or a little more."""
        return self._passed.longest_line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()

    def __iter__(self) -> Iterator[bytes]:
        with self._response:
            yield from self._packed() if self._is_quoting else self._as_sent()

    def text(self) -> Iterator[bytes]:
        with self._response:
            yield from self._quoted() if self._is_quoting else self._inflated()

    def _as_sent(self) -> Iterator[bytes]:
        check = SafetyCheck()
        for chunk in self._chunks():
            for text in self._inflate(chunk):
                check.look(text)
            yield chunk
        self._prove()

    def _inflated(self) -> Iterator[bytes]:
        check = SafetyCheck()
        for chunk in self._chunks():
            for text in self._inflate(chunk):
                check.look(text)
                yield text
        self._prove()

    def _packed(self) -> Iterator[bytes]:
        packing = isal_zlib.compressobj(level=1, wbits=_GZIP)
        for lines in self._quoted():
            if packed := packing.compress(lines):
                yield packed
        yield packing.flush()

    def _quoted(self) -> Iterator[bytes]:
        quoter = Quoter()
        for chunk in self._chunks():
            for text in self._inflate(chunk):
                lines = quoter.feed(text)
                self._passed.see(lines)
                yield lines
        self._prove()

    def _chunks(self) -> Iterator[bytes]:
        raw: urllib3.HTTPResponse = self._response.raw
        # Whatever else is in it, http.client passes the frames of its chunks on as text, and knows no end of them.
        coding = raw.headers.get("Transfer-Encoding", "chunked")
        if coding.lower() != "chunked":
            raise _incomplete(f"it was sent in the transfer coding {coding!r}, which cannot be unpacked")
        with bounded(raw, self._deadline, self._cancellation):
            while chunk := self._available(raw):
                self.bytes += len(chunk)
                yield chunk

    def _available(self, raw: urllib3.HTTPResponse) -> bytes:
        """The next bytes as they arrive, however long their chunk is, so that the deadline is looked at between them;
        none at the end."""
        self._check_goes_on()
        try:
            chunk = raw.read1(_READ_BYTES, decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            self._check_goes_on()
            raise _incomplete(f"the connection broke: {error}") from error
        self._check_goes_on()
        return chunk

    def _check_goes_on(self) -> None:
        """A connection that was broken off here may look like one that ended by itself."""
        if self._cancellation.is_set:
            raise _incomplete("reading it was given up")
        self._deadline.check("the export had arrived")

    def _inflate(self, chunk: bytes) -> Iterator[bytes]:
        """The text of a chunk, seen as it passes."""
        if not self._is_packed:
            self._received.see(chunk)
            yield chunk
            return
        for start in range(0, len(chunk), _INFLATE_BYTES):
            packed = chunk[start : start + _INFLATE_BYTES]
            while packed:
                packed = yield from self._inflate_member(packed)

    def _inflate_member(self, packed: bytes) -> Generator[bytes, None, bytes]:
        """Inflate, and return what is left when one gzip member ends and another follows."""
        try:
            text = self._inflating.decompress(packed)
        except isal_zlib.error as error:  # type: ignore[misc]  # its stub does not say that it is a class
            raise _incomplete(f"its gzip stream is broken: {error}") from error
        if text:
            self._received.see(text)
            yield text
        if not self._inflating.eof:
            return b""
        rest = self._inflating.unused_data
        if rest:
            self._inflating = isal_zlib.decompressobj(_GZIP)
        return rest

    def _is_empty(self) -> bool:
        """Whether the server said that there is nothing: a connection that ends before the first byte says nothing."""
        return self.bytes == 0 and self._has_marked_end

    def _prove(self) -> None:
        if self._is_packed and not self._inflating.eof and not self._is_empty():
            raise _incomplete("its gzip stream has no end")
        if not self._received.ends_with_newline:
            raise _incomplete("its last line does not end")
        last = self._received.last_line()
        document = _object(last)
        if document is None and last.rstrip(b'" \t').endswith(b"terminated early"):
            raise _incomplete("Mixpanel terminated it early")
        if _ERROR_OBJECT.match(last) if document is None else "error" in document and "event" not in document:
            raise _incomplete(f"it ended with an error: {self._told(last.decode(errors='replace'))[:200]}")
        if not (self._is_packed or self._has_marked_end):
            raise _incomplete(
                "it was sent without a length, without chunks and without gzip, so that nothing proves it"
            )


def _object(line: bytes) -> dict[str, object] | None:
    """The line as a JSON object; None if it is none."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _incomplete(how: str) -> IncompleteExportError:
    return IncompleteExportError(
        f"The export is not whole: {how}. Nothing of it is published; it has to be read again."
    )
