"""The lines of an export as they pass: counted, checked and quoted, and never parsed.

Two readers take them: BigQuery's CSV load and DuckDB's `read_csv`, for both of which a file has one column. Both
split a line at a carriage return and at U+0001 (they need a delimiter, and this is the one they are given), and fail
on bytes that are not UTF-8. A line with such bytes has to be quoted: U+0002, then the line as a JSON string, which
`exports/identified.jinja` reads back.
"""

import codecs
import json
from collections import deque

_UNSAFE = (b"\x00", b"\x01", b"\x02", b"\r")
_BYTE_ORDER_MARK = codecs.BOM_UTF8
_MARK = b"\x02"
# An event has at most 1 MB. A longer line is not an event, and its start is enough to reject it.
_LONGEST = 16 * 1024 * 1024
# More than any notice of failure has.
_TAIL_BYTES = 64 * 1024


class UnsafeBytesError(Exception):
    """The stream holds bytes through which the warehouses' readers would lose a line. Read it again, quoted."""


class SafetyCheck:
    """Checks that bytes can be staged as they are."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_first = True

    def look(self, text: bytes) -> None:
        """Check the next bytes. Raises UnsafeBytesError."""
        # The mark may arrive one byte at a time, and no line of an export starts with its first byte.
        starts_with_mark = self._is_first and text.startswith(_BYTE_ORDER_MARK[:1])
        self._is_first = False
        if starts_with_mark or any(unsafe in text for unsafe in _UNSAFE) or not self._is_utf8(text):
            raise UnsafeBytesError

    def _is_utf8(self, text: bytes) -> bool:
        if text.isascii() and not self._decoder.getstate()[0]:
            return True
        try:
            self._decoder.decode(text)
        except UnicodeDecodeError:
            return False
        return True


class Observer:
    """Counts lines, measures the longest and keeps the last."""

    def __init__(self) -> None:
        self.lines = 0
        self.longest_line = 0
        self._open_bytes = 0
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0

    def see(self, text: bytes) -> None:
        """Take note of the next bytes."""
        if text:
            self._count(text)
            self._keep(text)

    def last_line(self) -> bytes:
        """Return the last line that is not blank, without its end; empty if no notice of failure is that long."""
        line = b"".join(self._tail).rstrip().rpartition(b"\n")[2]
        return line if len(line) < _TAIL_BYTES else b""

    @property
    def ends_with_newline(self) -> bool:
        """True if the last byte so far ended a line, and if there was no byte."""
        return not self._tail or self._tail[-1].endswith(b"\n")

    def _count(self, text: bytes) -> None:
        # `replace` searches a machine word at a time; `count` looks at every byte and takes twice as long.
        ended = len(text) - len(text.replace(b"\n", b""))
        if not ended:
            self._open_bytes += len(text)
            return
        self.lines += ended
        inner = len(text) if len(text) <= _TAIL_BYTES else max(map(len, text.split(b"\n")))
        self.longest_line = max(self.longest_line, self._open_bytes + text.find(b"\n"), inner)
        self._open_bytes = len(text) - text.rfind(b"\n") - 1

    def _keep(self, text: bytes) -> None:
        self._tail.append(text)
        self._tail_bytes += len(text)
        while self._tail_bytes - len(self._tail[0]) >= _TAIL_BYTES:
            self._tail_bytes -= len(self._tail.popleft())


class Quoter:
    """Takes bytes and returns whole lines: as they are, or quoted where the warehouses' readers would lose them.

    Blank lines and a byte order mark are dropped.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._is_first = True

    def feed(self, text: bytes) -> bytes:
        """Return the lines that end within these bytes, safe to stage."""
        whole, newline, rest = text.rpartition(b"\n")
        if not newline:
            self._rest += text[: max(0, _LONGEST - len(self._rest))]
            return b""
        lines = (bytes(self._rest) + whole).split(b"\n")
        self._rest = bytearray(rest)
        if self._is_first:
            lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
            self._is_first = False
        return b"".join(_safe(line) + b"\n" for line in lines if line.strip())


def _safe(line: bytes) -> bytes:
    try:
        text = line[:_LONGEST].decode()
    except UnicodeDecodeError:
        return _quoted(line[:_LONGEST].decode(errors="replace"))
    return _quoted(text) if any(unsafe in line for unsafe in _UNSAFE) else line[:_LONGEST]


def _quoted(line: str) -> bytes:
    return _MARK + json.dumps(line, ensure_ascii=False).encode()
